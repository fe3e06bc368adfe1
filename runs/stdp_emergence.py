"""The window of spike timing that emerges from learning by rates of change, measured in two ways, and its figure.

Pairing: one spike before and one behind each synapse, at many lags; the rules know products of traces only.
Ramps: rates rise or fall, spikes are random, the change is the rate's slope; afterwards it is sorted by spike times.

    python runs/stdp_emergence.py      writes runs/figures/stdp_emergence.png, in about half a minute
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from neurosim.connectivity import OneToOne
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.network import Network
from neurosim.neurons import Parrot
from neurosim.sources import Poisson, SpikeTimes

Reals = npt.NDArray[np.float64]
PICTURE = Path(__file__).parent / "figures" / "stdp_emergence.png"
PRE, POST, FAST, SLOW = 16.8, 33.7, 10.0, 200.0  # ms; traces with the time constants of data, and of the neuron's rates
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

RATE, REACH, BIN = 20.0, 102, 5  # Hz; the longest lag and the width of a bin in ms
RELAY = """
i : 1, input
dslope/dt = 0 : 1     # how fast the rate changes, as a part of the fastest change
spike when i > 0
"""
BY_SLOPE = "on pre: send w; w = w + slope_post * one\none = 1.0 : w"


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
    known to it. In a tie of nearest spikes, none counts. Source: the simulation of Bengio et al. (2015),
    arXiv:1509.05936.
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
    return _sorted(simulation.get(synapses, "w"), np.rint(times).astype(np.int64) - (REACH + 2), trial)


def _sorted(change: Reals, lag: npt.NDArray[np.int64], trial: npt.NDArray[Any]) -> Windows:
    """The changes of the trials by the lag of each spike, ``lag`` in ms of ``trial``."""
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
