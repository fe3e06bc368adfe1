"""Temporal-derivative synapses against the closed window of one pair, integrals along dense trains, and pair STDP."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from neurosim.connectivity import AllToAll
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.rules import PairSTDP, TemporalDerivativeSynapse, TracedDerivativeSynapse
from neurosim.simulation.network import Network
from neurosim.simulation.sources import SpikeTimes
from runs.stdp_emergence import derivative, difference, pairing

Reals = npt.NDArray[np.float64]
DT = 0.5  # ms
LAGS = np.concatenate([np.arange(-120.0, 0.0, 4.5), [-0.5, 0.0, 0.5], np.arange(1.5, 120.0, 4.5)])


def window(lag: Reals, tau_p: float, tau_f: float, tau_s: float) -> Reals:
    """The integral of x q for one pair; x and the traces in q = f - s have unit area, their time constants may be 0.

    At lag 0 the presynaptic spike comes first.
    """
    after, before = np.maximum(lag, 0.0), np.minimum(lag, 0.0)
    up = np.exp(-after / tau_p) * (1 / (tau_p + tau_f) - 1 / (tau_p + tau_s)) if tau_p else np.zeros_like(lag)
    fast = np.exp(before / tau_f) / (tau_p + tau_f) if tau_f else 0.0
    return np.where(lag >= 0, up, fast - np.exp(before / tau_s) / (tau_p + tau_s))


@pytest.mark.parametrize(
    ("rule", "taus", "scale"),
    [
        (TemporalDerivativeSynapse(w_max=1.0, w_min=-1.0, eta=0.7), (0.0, 10.0, 200.0), 0.7),
        (TracedDerivativeSynapse(w_max=1.0, w_min=-1.0, eta=0.7), (20.0, 10.0, 200.0), 0.7),
        (difference(16.8, 10.0, 200.0), (16.8, 10.0, 200.0), 16.8),
        (derivative(16.8, 33.7), (16.8, 0.0, 33.7), 16.8),
    ],
    ids=["at spikes", "traced", "integral of x q", "integral of x ds"],
)
def test_one_pair_leaves_the_closed_window(rule: SynapticRule, taus: tuple[float, float, float], scale: float) -> None:
    changes = pairing([rule], LAGS, DT)[0]
    assert np.abs(changes).max() > 0.01
    np.testing.assert_allclose(changes, scale * window(LAGS, *taus), rtol=0, atol=1e-9)


def weight_after(rule: SynapticRule, pre: Reals, post: Reals, ms: float) -> float:
    """What has become of a weight of 0 after ``ms``; spikes arrive and are made at the ends of these steps."""
    net = Network()
    net.population("pre", 1, SpikeTimes(pre * DT, np.zeros(len(pre), int)))
    net.population("kicks", 1, SpikeTimes(post * DT, np.zeros(len(post), int)))
    net.population("post", 1, NeuronModel("kick : 1, input\ni : 1, input\nspike when kick > 0.5"))
    net.connect("kicks", "post", AllToAll(), to="kick", weight=1.0, delay=DT)
    synapse = net.connect("pre", "post", AllToAll(), to="i", weight=0.0, delay=DT, rule=rule)
    simulation = net.compile(DT, backend="reference", precision="float64")
    simulation.run(ms)
    return float(simulation.get(synapse, "w")[0])


@pytest.fixture
def trains() -> tuple[Reals, Reals]:
    """Irregular spikes of both neurons in steps, 80 Hz; some in the same step."""
    rng = np.random.default_rng(5)
    pre, post = (np.sort(rng.choice(np.arange(4, 1000), 40, replace=False)).astype(float) for _ in range(2))
    assert set(pre) & set(post)
    return pre, post


def traces(spikes: Reals, tau: float, steps: int) -> Reals:
    """The unit-area trace in ms at the end of each step, by filtering a train of zeros and ones."""
    found, now = np.zeros(steps), 0.0
    train = np.bincount(spikes.astype(int), minlength=steps)
    for step in range(steps):
        now = now * np.exp(-DT / tau) + train[step] / tau
        found[step] = now
    return found


def test_at_spikes_the_change_is_the_difference_of_two_filtered_trains(trains: tuple[Reals, Reals]) -> None:
    pre, post = trains
    rule = TemporalDerivativeSynapse(w_max=9.0, w_min=-9.0, eta=0.3, tau_f=8.0, tau_s=90.0)
    q = traces(post, 8.0, 1100) - traces(post, 90.0, 1100)
    before = q - np.bincount(post.astype(int), minlength=1100) * (1 / 8.0 - 1 / 90.0)  # its own step comes later
    assert weight_after(rule, pre, post, 1000.0) == pytest.approx(0.3 * before[pre.astype(int)].sum(), rel=1e-11)


def test_a_trace_makes_it_the_integral_over_the_whole_train(trains: tuple[Reals, Reals]) -> None:
    """Simpson's rule in each step, for traces that are read at its start, middle and end."""
    pre, post = trains
    x, steps = traces(pre, 15.0, 2400), 2400
    total = 0.0
    for tau, sign in ((8.0, 1.0), (90.0, -1.0)):
        product = sign * x * traces(post, tau, steps)
        rate = 1 / 15.0 + 1 / tau
        total += DT / 6 * np.sum(product * (1 + 4 * np.exp(-rate * DT / 2) + np.exp(-rate * DT)))
    rule = TracedDerivativeSynapse(w_max=9.0, w_min=-9.0, eta=0.3, tau_p=15.0, tau_f=8.0, tau_s=90.0)
    assert weight_after(rule, pre, post, 1000.0) == pytest.approx(0.3 * total, rel=1e-6)


def test_without_smoothing_it_becomes_pair_stdp_of_zero_area_with_order_one(trains: tuple[Reals, Reals]) -> None:
    """The integral of x tau_s ds: a_plus = tau_s / (tau_p + tau_s) / tau_p, a_minus = 1 / (tau_p + tau_s)."""
    tau_p, tau_s = 16.8, 33.7
    plus, minus = tau_s / (tau_p + tau_s) / tau_p, 1 / (tau_p + tau_s)
    assert plus * tau_p == pytest.approx(minus * tau_s)
    pair = PairSTDP(w_max=9.0, w_min=-9.0, a_plus=plus, a_minus=minus, tau_plus=tau_p, tau_minus=tau_s)
    limit = weight_after(pair, *trains, 1000.0)
    errors = []
    for tau_f in (0.002, 0.001):  # ms: far below a step, so that no trace reaches the next
        rule = TracedDerivativeSynapse(w_max=9.0, w_min=-9.0, eta=1.0, tau_p=tau_p, tau_f=tau_f, tau_s=tau_s)
        errors.append(abs(weight_after(rule, *trains, 1000.0) - limit))
    assert abs(limit) > 100 * errors[0]
    assert errors[0] / errors[1] == pytest.approx(2.0, rel=1e-2)


def test_a_steady_rate_teaches_nothing_and_a_rising_one_what_its_slope_says() -> None:
    """For slow changes q is (tau_s - tau_f) dr/dt; 500 presynaptic spikes average over the ripple of regular trains."""
    rule = TracedDerivativeSynapse(w_max=99.0, w_min=-99.0, eta=1.0, tau_f=10.0, tau_s=40.0)
    probes = np.arange(1200.0, 1700.0)  # one per step, long after the onset and before the end
    steady = np.arange(4.0, 2000.0, 10.0)
    slope, start = 1e-4, 0.05  # spikes per ms per ms, per ms
    count = np.arange(1, int(start * 1000.0 + slope / 2 * 1000.0**2))
    rising = np.round((-start + np.sqrt(start**2 + 2 * slope * count)) / slope / DT)  # where the integral of r is whole
    still, change = (weight_after(rule, probes, post, 1000.0) / len(probes) for post in (steady, rising))
    assert change == pytest.approx((40.0 - 10.0) * slope, rel=0.1)
    assert abs(still) < 0.01 * change


def test_at_spikes_a_steady_rate_leaves_half_a_step_of_drift() -> None:
    """The sum over lags of the window falls short of its integral, 0, by half a step of its limit at 0-."""
    rule = TemporalDerivativeSynapse(w_max=99.0, w_min=-99.0, eta=1.0, tau_f=10.0, tau_s=40.0)
    drift = weight_after(rule, np.arange(1200.0, 1700.0), np.arange(4.0, 2000.0, 10.0), 1000.0) / 500
    assert drift == pytest.approx(-0.2 * DT / 2 * (1 / 10.0 - 1 / 40.0), rel=0.02)


@pytest.mark.parametrize(("lag", "bound"), [(5.0, 1.0), (-60.0, -0.5)])
def test_weights_stay_within_their_bounds(lag: float, bound: float) -> None:
    rule = TracedDerivativeSynapse(w_max=1.0, w_min=-0.5, eta=500.0)
    assert pairing([rule], [lag])[0, 0] == bound


def test_the_defaults_are_a_tenth_and_the_fifth_of_a_second() -> None:
    values = TemporalDerivativeSynapse(w_max=4.0).values
    assert (values["tau_f"], values["tau_s"], values["eta"], values["w_min"]) == (10.0, 200.0, 0.2, 0.0)
    assert TracedDerivativeSynapse(w_max=4.0).values["tau_p"] == 20.0
