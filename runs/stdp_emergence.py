"""The window of spike timing that emerges from learning by rates of change, measured in three ways, and its figure.

Pairing: one spike before and one behind each synapse, at many lags; the rules know products of traces only.
Ramps: rates rise or fall, spikes are random, the change is the rate's slope; afterwards it is sorted by spike times.
Trained: in a network that learned digits, changes are regressed on the lags of its spikes; see runs/trained_window.py.
Numbers are in runs/configs/stdp_emergence.toml. What the figure shows, and what it does not, is said in
runs/notebooks/stdp_emergence.py.

    python runs/stdp_emergence.py      writes runs/figures/stdp_emergence.png, in about a minute
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neurosim.connectivity import OneToOne
from neurosim.core.time_steps import MS_PER_S
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.neurons import Parrot
from neurosim.rules import TemporalDerivativeSynapse
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson, SpikeTimes

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the checkout, which holds runs

from runs.emergence_config import load_protocols
from runs.trained_window import NET, RULE, Regressed, trained_window

Reals = npt.NDArray[np.float64]
PICTURE = Path(__file__).parent / "figures" / "stdp_emergence.png"
PROTOCOLS = load_protocols()
PRE, POST = PROTOCOLS.pairs.tau_p, PROTOCOLS.pairs.tau_m  # ms; as exponentials fitted to the data of Bi & Poo (1998)
UP, DOWN = 0.777, -0.273  # their amplitudes, as they are commonly quoted
FAST, SLOW = PROTOCOLS.pairs.tau_f, PROTOCOLS.pairs.tau_s  # ms; both estimates of the rate
LATE = 500.0  # ms after the last spike: what traces of 20 and 200 ms still do to a weight is below 1e-12

TRACES = """
dx/dt = -x / tau_p : 1, pre
ds/dt = -s / tau_s : 1, post
on pre: send w; x = x + 1
eta = 1.0 : w
tau_p : ms
tau_s : ms
"""
DERIVATIVE = f"""{TRACES}
on post:  w = w + eta * x; s = s + 1      # the integral of x ds: the jump of s,
every dt: w = w - eta * x * s * decayed   # and its decay during the next step
decayed = (1 - exp(-dt / tau_p - dt / tau_s)) * tau_p / (tau_p + tau_s) : 1
"""
DIFFERENCE = f"""{TRACES}
df/dt = -f / tau_f : 1, post
on post:  s = s + 1; f = f + 1
every dt: w = w + eta * x * (f * fast - s * slow)   # the integral of x (f / tau_f - s / tau_s) over the next step
fast = (1 - exp(-dt / tau_p - dt / tau_f)) * tau_p / (tau_p + tau_f) : 1
slow = (1 - exp(-dt / tau_p - dt / tau_s)) * tau_p / (tau_p + tau_s) : 1
tau_f : ms
"""

TRIALS, RATE = PROTOCOLS.ramps.trials, PROTOCOLS.ramps.rate  # Hz
REACH, BIN = PROTOCOLS.ramps.reach, PROTOCOLS.ramps.bin  # the longest lag and the width of a bin in ms
RELAY = """
i : 1, input
dslope/dt = 0 : 1     # how fast the rate changes, as a part of the fastest change
spike when i > 0
"""
BY_SLOPE = "on pre: send w; w = w + slope_post * one\none = 1.0 : w"


class Pairs(NamedTuple):
    """Changes by ``lags`` (n,) in ms, as `derivative`, `difference` and `at_spikes` make them."""

    lags: Reals
    derivative: Reals
    difference: Reals
    at_spikes: Reals


class Windows(NamedTuple):
    """By ``lags`` (bins,) in ms: the ``mean`` slope where there is a postsynaptic spike; and the slopes of the trials
    whose ``nearest`` spike is there, added up, per trial and ms. Each with its standard error, in units of the
    fastest slope, RATE / REACH; ``variance`` is that of the slopes in these units."""

    lags: Reals
    mean: Reals
    mean_error: Reals
    nearest: Reals
    nearest_error: Reals
    variance: float


def derivative(tau_p: float = PRE, tau_s: float = POST) -> SynapticRule:
    """The change is the integral of x ds, step by step; traces jump to 1 at spikes."""
    return SynapticRule(DERIVATIVE, name="derivative", w_min=-1.0, w_max=1.0, tau_p=tau_p, tau_s=tau_s)


def difference(tau_p: float = PRE, tau_f: float = FAST, tau_s: float = SLOW) -> SynapticRule:
    """The change is the integral of x (f / tau_f - s / tau_s), step by step; traces jump to 1 at spikes."""
    return SynapticRule(DIFFERENCE, name="difference", w_min=-1.0, w_max=1.0, tau_p=tau_p, tau_f=tau_f, tau_s=tau_s)


def at_spikes(tau_f: float = FAST, tau_s: float = SLOW) -> SynapticRule:
    """The change is f / tau_f - s / tau_s at a presynaptic spike, in 1/ms."""
    return TemporalDerivativeSynapse(w_min=-1.0, w_max=1.0, eta=1.0, tau_f=tau_f, tau_s=tau_s)


def pairs(spacing: float = PROTOCOLS.pairs.spacing) -> Pairs:
    """What the three rules make of one pair of spikes, every ``spacing`` ms from -100 to 100 ms and close to 0."""
    lags = np.unique([*np.arange(-100.0, 100.0 + spacing, spacing), -0.5, 0.5])
    return Pairs(lags, *pairing([derivative(), difference(), at_spikes()], lags))


def pairing(rules: Sequence[SynapticRule], lags: npt.ArrayLike, dt: float = 0.5) -> Reals:
    """How much each rule changes a weight of 0 when the postsynaptic spike comes ``lags`` (n,) in ms later: (rules, n).

    Lags are multiples of ``dt``; the presynaptic spike counts from its arrival, and comes first at lag 0.
    """
    late = np.asarray(lags, np.float64)
    start = max(0.0, -late.min()) + 2 * dt
    neurons = np.arange(len(late))
    net = Network()
    net.population("pre", len(late), SpikeTimes(np.full(len(late), start), neurons))
    net.population("kicks", len(late), SpikeTimes(start + late, neurons))
    net.population("post", len(late), Parrot())
    net.connect("kicks", "post", OneToOne(), weight=1.0, delay=dt)
    synapses = [net.connect("pre", "post", OneToOne(), weight=0.0, delay=dt, rule=rule) for rule in rules]
    simulation = net.compile(dt, backend="reference", precision="float64")
    simulation.run(dt * np.ceil((start + max(0.0, late.max()) + LATE) / dt))
    return np.array([simulation.get(each, "w") for each in synapses])


def ramps(trials: int, seed: int = 0) -> Windows:
    """Trials with rates RATE + slope x lag behind a synapse whose presynaptic spike comes at lag 0.

    Slopes are spread evenly, so that their mean is 0. The synapse changes by the slope; what it is sorted by is not
    known to it. Source: the simulation of Bengio et al. (2015), arXiv:1509.05936.
    """
    slopes = np.linspace(-1.0, 1.0, trials)
    neurons = np.arange(trials)
    net = Network(seed)
    net.population("source", trials, Poisson())
    net.population("post", trials, NeuronModel(RELAY, name="relay"), initial={"slope": slopes})
    net.population("pre", trials, SpikeTimes(np.full(trials, REACH + 1.0), neurons))
    net.connect("source", "post", OneToOne(), weight=1.0)
    rule = SynapticRule(BY_SLOPE, name="by_slope", w_min=-1.0, w_max=1.0)
    synapses = net.connect("pre", "post", OneToOne(), weight=0.0, rule=rule)
    net.record("post", "spikes")
    simulation = net.compile(dt=1.0, backend="reference", precision="float64", seed=seed)
    for lag in range(-REACH, REACH + 1):
        simulation.set("source", "rate", RATE * (1.0 + slopes * lag / REACH))
        simulation.run(1.0)
    simulation.set("source", "rate", 0.0)
    simulation.run(1.0)
    times, trial, _ = simulation.spikes("post")
    return by_lag(simulation.get(synapses, "w"), np.rint(times).astype(np.int64) - (REACH + 2), trial)


def by_lag(change: Reals, lag: npt.NDArray[np.int64], trial: npt.NDArray[Any]) -> Windows:
    """The changes of the trials, ``change`` (trials,), sorted by the lag in ms of each spike, ``lag`` of ``trial``.

    Every bin needs a spike. In a tie of nearest spikes, none counts. Spikes of one trial are not independent, and
    count as one towards the error.
    """
    lags = np.arange(-REACH + BIN // 2, REACH, BIN)
    place = (lag + REACH) // BIN
    count = _table(trial, place, len(change), len(lags))
    order = np.lexsort((np.abs(lag), trial))
    ahead = np.diff(trial[order], prepend=-1) != 0
    distance = np.abs(lag[order])
    alone = np.append((np.diff(distance) != 0) | (np.diff(trial[order]) != 0), True)
    nearest = _table(trial[order][ahead & alone], place[order][ahead & alone], len(change), len(lags))
    spikes, width = count.sum(axis=0), len(change) * BIN
    mean = change @ count / spikes
    spread = np.array([np.sum((each * (change - m)) ** 2) for each, m in zip(count.T, mean, strict=True)])
    total = change @ nearest
    square = change**2 @ nearest - total**2 / len(change)
    return Windows(
        lags.astype(np.float64),
        mean,
        np.sqrt(spread) / spikes,
        total / width,
        np.sqrt(square) / width,
        float(np.mean(change**2)),
    )


def _table(trial: npt.NDArray[Any], place: npt.NDArray[np.int64], trials: int, bins: int) -> Reals:
    """The number of spikes by trial and bin."""
    return np.bincount(trial * np.int64(bins) + place, minlength=trials * bins).reshape(trials, bins).astype(np.float64)


def window(lag: Reals, tau_p: float, tau_f: float, tau_s: float) -> Reals:
    """The integral of x (f - s) for one pair, as `neurosim.rules.TracedDerivativeSynapse` writes it; 0 is allowed as
    tau_p (no presynaptic trace) and as tau_f (the derivative of the slow trace alone). The presynaptic spike comes
    first at lag 0."""
    after, before = np.maximum(lag, 0.0), np.minimum(lag, 0.0)
    up = np.exp(-after / tau_p) * (1 / (tau_p + tau_f) - 1 / (tau_p + tau_s)) if tau_p else 0.0
    fast = np.exp(before / tau_f) / (tau_p + tau_f) if tau_f else 0.0
    return np.where(lag >= 0, up, fast - np.exp(before / tau_s) / (tau_p + tau_s))


def zero_area_fit(lag: Reals) -> Reals:
    """Another fit to the data of Bi & Poo (1998), over its factor: Abarbanel et al. (2002), PNAS 99:10132."""
    tau_plus, tau_minus, eta = 10.2, 28.6, 4.0  # ms, ms, 1
    up, down = 1 / (1 / tau_plus + eta / tau_minus), 1 / (eta / tau_plus + 1 / tau_minus)
    after, before = np.maximum(lag, 0.0), np.minimum(lag, 0.0)
    late = up * np.exp(-after / tau_plus) - down * np.exp(-eta * after / tau_plus)
    early = up * np.exp(eta * before / tau_minus) - down * np.exp(before / tau_minus)
    return np.where(lag > 0, late, early)


def promised(lag: Reals) -> Reals:
    """`window` at presynaptic spikes with the constants of the trained network, over the jump of a spike."""
    tau_f, tau_s = NET.tau_f, RULE.tau_s
    return window(lag, 0.0, tau_f, tau_s) * tau_f * tau_s / (tau_s - tau_f)


def expected(lag: Reals, variance: float) -> tuple[Reals, Reals]:
    """What `Windows` has as mean and as nearest, to first order in a bin's probability of a spike."""
    mean, rate = variance * lag / REACH, RATE / MS_PER_S
    return mean, mean * rate * np.exp(-2 * rate * np.abs(lag))


def draw(figure: Figure, paired: Pairs, ramped: Windows, trained: Regressed) -> None:
    """Fill the figure: what was measured as dots, closed forms as lines, fits to data as dashes."""
    grid = figure.subplots(2, 3, sharex=True)
    sharp, smooth, network, mean, nearest, control = grid.flat
    line = np.linspace(-100.0, 100.0, 2000)  # an even number: none at 0
    exponentials = np.where(line > 0, np.exp(-line / PRE), DOWN / UP * np.exp(line / POST))
    fit = zero_area_fit(line)
    for axes, values, taus, color, label in (
        (sharp, paired.derivative, (PRE, 0.0, POST), "C0", "measured (dots),\nclosed form"),
        (smooth, paired.difference, (PRE, FAST, SLOW), "C1", "with presynaptic trace"),
        (smooth, paired.at_spikes, (0.0, FAST, SLOW), "C2", "at presynaptic spikes"),
    ):
        axes.plot(paired.lags, values / values.max(), f"{color}.", label=label)
        axes.plot(line, window(line, *taus) / window(paired.lags, *taus).max(), color, lw=1)
    dashed = {"color": "black", "ls": "--", "lw": 1.5, "alpha": 0.6}
    sharp.plot(line, exponentials, label="exponential fits\n(data: Bi & Poo 1998)", **dashed)
    smooth.plot(line, fit / fit.max(), label="fit of zero area\n(Abarbanel et al. 2002)", **dashed)
    sharp.set(title="pairs: derivative of one trace", ylabel="change / largest")
    smooth.set(title="pairs: fast minus slow trace")
    both = zip(expected(line, ramped.variance), (mean, nearest), strict=True)
    measured = (ramped.mean, ramped.mean_error), (ramped.nearest, ramped.nearest_error)
    for (exact, axes), (values, errors) in zip(both, measured, strict=True):
        axes.errorbar(ramped.lags, values, errors, fmt="C3.", label="measured,\nstandard error")
        axes.plot(line, exact, "C3", lw=1, label="expected")
        axes.set(xlabel="postsynaptic minus presynaptic spike (ms)")
    mean.set(title="ramps: given a spike at that lag", ylabel="mean change / largest")
    nearest.set(title="ramps: given the nearest spike", ylabel="change per trial and ms / largest")
    draw_trained(network, control, trained)
    for axes in grid.flat:
        axes.axhline(0.0, color="0.7", lw=0.8, zorder=0)
        axes.axvline(0.0, color="0.7", lw=0.8, zorder=0)
        axes.legend(fontsize="small", frameon=False)


def draw_trained(network: Axes, control: Axes, trained: Regressed) -> None:
    """The kernel of the trained network, and what is left of it when spikes are shuffled, on one scale."""
    line = np.linspace(-100.0, 100.0, 2000)
    network.plot(trained.lags, trained.kernel, "C4.", label="regressed")
    network.plot(line, promised(line), "C4", lw=1, label="closed form,\nat presynaptic spikes")
    control.plot(trained.lags, trained.shuffled.T, "0.8", lw=0.8)
    control.plot([], [], "0.8", lw=0.8, label="regressed, each shuffle")
    control.plot(trained.lags, trained.shuffled.mean(axis=0), "C4.", label="their mean")
    network.set(title="trained network", ylabel="change / jump of a spike", ylim=(-0.55, 1.1))
    control.set(title="its hidden spikes shuffled", ylabel="change / jump of a spike", ylim=(-0.55, 1.1))
    control.set(xlabel="postsynaptic minus presynaptic spike (ms)")


def main() -> None:
    """Measure and draw."""
    figure = Figure(figsize=(14.0, 7.0), layout="constrained")
    draw(figure, pairs(), ramps(TRIALS), trained_window(PROTOCOLS.trained))
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
