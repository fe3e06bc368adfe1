"""The regression against kernels that were planted, the kernel promised against its differential equation, and the
observed network against the rule that trains it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.linalg import expm

from neurosim.core.arrays import Params
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.layers.layer import Batch
from neurosim.networks import SpikingMlp
from neurosim.networks.spiking_mlp import SpikingNetwork
from neurosim.simulation.simulation import Simulation
from runs.emergence_config import PROTOCOLS, Trained, load_protocols
from runs.stdp_emergence import promised
from runs.trained_window import BEFORE, CLASSES, NET, RULE, Observed, driven, fit, grid, lagged, observe, regressed

Reals = npt.NDArray[np.float64]
STEPS = 40
HOW = Trained(
    epochs=1, samples=1, trials=1, inputs=1, bin=5, ahead=20, ridge=1e-9, shuffles=4, seed=0
)  # the first four are of the network


def trains(rng: np.random.Generator, trials: int, units: int) -> Reals:
    return (rng.random((trials, units, STEPS)) < 0.2).astype(float)


def by_pairs(kernel: Reals, lags: Reals, pre: Reals, more: Reals) -> Reals:
    """The change (trials, inputs, hidden), pair by pair, of a kernel that is linear between ``lags`` but jumps at 0."""
    change = np.zeros((len(pre), pre.shape[1], more.shape[1]))
    for trial, i, early in np.argwhere(pre):
        for j, late in np.argwhere(more[trial]):
            lag = late - early
            side = lags < 0 if lag <= 0 else lags >= 0
            if lag <= HOW.ahead:
                change[trial, i, j] += more[trial, j, late] * np.interp(lag, lags[side], kernel[side])
    return change


def planted(trials: int = 30) -> tuple[Observed, Reals, Reals]:
    """Spikes at random, what a random kernel makes of them, that kernel and its lags."""
    rng = np.random.default_rng(2)
    pre, more = trains(rng, trials, 3), trains(rng, trials, 4) - trains(rng, trials, 4)
    lags, _ = grid(STEPS, HOW.bin, HOW.ahead)
    kernel = rng.normal(size=len(lags))
    kernel[lags == 20] = 0.0  # the last lag that counts
    return Observed(pre, more, by_pairs(kernel, lags, pre, more)), kernel, lags


def compiled(params: Params, batch: int) -> tuple[SpikingNetwork, Simulation]:
    """The network with these parameters, and the simulation in which its synapses learn, a set for each sample."""
    network = NET.build(params["hidden1.w"].shape[:1], CLASSES).network(params)
    return network, network.compile(batch, RULE.synapses, "sample")


def test_pairs_are_counted_by_lag() -> None:
    rng = np.random.default_rng(1)
    pre, post = trains(rng, 1, 3)[0], trains(rng, 1, 4)[0] - trains(rng, 1, 4)[0]
    counts = np.zeros((3, 4, 2 * STEPS - 1))
    for i, early in np.argwhere(pre):
        for j, late in np.argwhere(post):
            counts[i, j, late - early + STEPS - 1] += post[j, late]
    assert lagged(pre, post).tolist() == counts.tolist()


def test_a_kernel_that_was_planted_is_found_again() -> None:
    observed, kernel, lags = planted()
    found = regressed(observed, HOW)
    assert found.lags.tolist() == lags.tolist() == [*range(-40, 0, 5), BEFORE, *range(0, 21, 5)]
    np.testing.assert_allclose(found.kernel[1:], kernel[1:], rtol=0, atol=1e-5)  # no pair is as far as the first lag
    assert found.explained > 1 - 1e-9


def test_spikes_of_other_trials_and_units_explain_nothing() -> None:
    """Of 12 columns and 12 x 60 rows, which share spikes, chance explains some percent."""
    observed, kernel, _ = planted(trials=60)
    found = regressed(observed, HOW)
    assert found.explained_shuffled.max() < 0.1
    assert np.abs(found.shuffled[:, 1:]).max() < 0.5 * np.abs(kernel).max()
    assert len({tuple(each) for each in found.shuffled}) == HOW.shuffles


def test_ridge_draws_the_kernel_toward_zero() -> None:
    observed, _, _ = planted()
    bins = grid(STEPS, HOW.bin, HOW.ahead)[1]
    sizes = [np.linalg.norm(fit(observed, bins, ridge)[0]) for ridge in (1e-9, 1e-1, 1e1, 1e9)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 1e-6


def test_what_is_promised_is_a_trace_less_its_slow_copy() -> None:
    """df/dt = -f / tau_f, ds/dt = (f - s) / tau_s, from f = 1, s = 0 on."""
    flow = np.array([[-1 / NET.tau_f, 0.0], [1 / RULE.tau_s, -1 / RULE.tau_s]])
    for lag in (BEFORE, -3.0, -40.0, -150.0):
        fast, slow = expm(-lag * flow)[:, 0]
        assert promised(np.array(lag)) == pytest.approx(fast - slow, rel=1e-9)
    assert promised(np.array([0.0, 5.0])).tolist() == [0.0, 0.0]


def shown() -> tuple[SpikingMlp, dict[str, npt.NDArray[np.float32]], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    network = SpikingMlp(hidden=(12,))
    params = network.build((20,), 3).init(Stream(4, "init"))
    rng = np.random.default_rng(5)
    x = rng.random((6, 20)).astype("float32")
    return network, params, x, np.eye(3, dtype="float32")[rng.integers(3, size=6)]


def test_what_is_observed_is_what_the_rule_learns_from() -> None:
    network, params, x, targets = shown()
    spec, one_sided = network.build((20,), 3), replace(RULE, centred=False)
    learned = one_sided.direction(spec.network(params), one_sided.init(spec, Stream(0, "rule")), Batch(x, targets))[0]
    change = driven(*compiled(params, len(x)), x, targets, 1.0)[2].sum(axis=0)
    expected = np.asarray(learned["hidden1.w"], float) * one_sided.beta * one_sided.drive * len(x) / 2  # ms per spike
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(change, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def test_changes_of_the_network_are_sums_over_pairs() -> None:
    """By the closed form in continuous time, of which steps of 1 ms leave some percent; its sum over a drive each."""
    _, params, x, targets = shown()
    seen = observe(params, x, targets)
    assert seen.pre.shape[2] == seen.more.shape[2] == RULE.drive
    steps = seen.pre.shape[2]
    lag = np.arange(1 - steps, steps)
    kernel = promised(np.where(lag == 0, BEFORE, lag))
    summed = np.array([lagged(pre, more) @ kernel for pre, more in zip(seen.pre, seen.more, strict=True)])
    assert np.abs(summed).max() > 10
    np.testing.assert_allclose(seen.change, summed, rtol=0, atol=0.05 * np.abs(summed).max())


def test_the_first_state_is_the_same_for_both_signs_and_only_hidden_spikes_differ() -> None:
    _, params, x, targets = shown()
    network, simulation = compiled(params, len(x))
    toward, away, again = (driven(network, simulation, x, targets, sign) for sign in (1.0, -1.0, 1.0))
    assert toward[0].tolist() == away[0].tolist()
    assert toward[1].tolist() != away[1].tolist()
    assert toward[1][..., :2].tolist() == away[1][..., :2].tolist()  # the drive needs a step to come down
    assert all(first.tobytes() == second.tobytes() for first, second in zip(toward, again, strict=True))


def test_spikes_that_are_kept_are_those_that_change_a_synapse() -> None:
    """Inputs that fire once in a drive or not at all, so that each step counts, the first and the last."""
    params = SpikingMlp(hidden=(12,)).build((200,), 3).init(Stream(4, "init"))
    x = np.random.default_rng(6).uniform(0.005, 0.02, (6, 200)).astype("float32")
    pre, _, change = driven(*compiled(params, len(x)), x, np.eye(3, dtype="float32")[[0, 1, 2] * 2], 1.0)
    assert pre[..., 0].sum() > 0
    assert pre[..., -1].sum() > 0
    assert (pre.sum(axis=2) == 0).sum() > 100
    assert change.any(axis=2).tolist() == pre.any(axis=2).tolist()


def test_a_protocol_that_makes_no_sense_is_refused_in_one_line(tmp_path: Path) -> None:
    text = PROTOCOLS.read_text(encoding="utf-8")
    for before, after, complaint in (
        ("\nepochs = 2", "\nepochs = 0", "trained.epochs: expected a number >= 1, got 0"),
        ("\nridge =", "\nridges =", "trained: expected one of .*, got 'ridges'; did you mean 'ridge'"),
    ):
        wrong = tmp_path / "wrong.toml"
        wrong.write_text(text.replace(before, after), encoding="utf-8")
        with pytest.raises(InputError, match=complaint):
            load_protocols(wrong)
