"""The window of spike timing in a trained network: the changes of its synapses, regressed on the lags of its spikes.

A spiking perceptron learns digits by `neurosim.rules.TemporalDerivativeSpiking`. Then samples are shown again, the
readout is driven toward a class and away from it, and three things are kept: the spikes of the inputs, those of hidden
units, and the change that each synapse between them made. The rule being linear in postsynaptic spikes,

    change(toward) + change(away) = sum over pairs of K(lag) of the drive toward - the same of the drive away

for each synapse and sample, where `open` is 1 and -1. What the traces held when the gate opened is the same in both and
drops out. K is found by ridge regression on the histogram of lags; the rule promises, over the jump of a spike,

    K(lag) = (tau_s exp(lag / tau_f) - tau_f exp(lag / tau_s)) / (tau_s - tau_f)    lag < 0,    0 after it.

The target is the class of another sample: what it has learned hardly drives a trained network. The recipe counts
pairs in bins. A drive shifts spikes by less than a bin, which whole counts do not see, so a pair counts at the two
nearest lags of the grid, in proportion. Lags are those of emission: a spike arrives one step later, and finds the
traces as they were at the begin of that step.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from neurosim.core.arrays import Params
from neurosim.core.rng import Stream
from neurosim.datasets import load, one_hot
from neurosim.learning.defaults import default_settings
from neurosim.learning.training import Samples, Training
from neurosim.networks import SpikingMlp
from neurosim.networks.spiking_mlp import DT, INTERVAL, SpikingNetwork
from neurosim.rules import TemporalDerivativeSpiking
from neurosim.simulation.simulation import Simulation
from runs.emergence_config import Trained

Reals = npt.NDArray[np.float64]
CLASSES = 10
BEFORE = -1e-9  # ms; the lag on the near side of the jump at 0
RULE = TemporalDerivativeSpiking()
NET = SpikingMlp()


class Observed(NamedTuple):
    """By trial, during the drive: spikes of inputs ``pre`` (trials, inputs, steps); of hidden units ``more``
    (trials, hidden, steps), those of the drive toward less those of the drive away; ``change`` (trials, inputs,
    hidden), of both drives, in units of what one spike adds to a trace."""

    pre: Reals
    more: Reals
    change: Reals


class Regressed(NamedTuple):
    """Change by ``lags`` (n,) in ms: the ``kernel`` (n,), and ``shuffled`` (shuffles, n), the same with hidden spikes
    of other trials and units; and the part of the squared change that the kernel accounts for, ``explained``, or that a
    shuffled one does, ``explained_shuffled`` (shuffles,)."""

    lags: Reals
    kernel: Reals
    shuffled: Reals
    explained: float
    explained_shuffled: Reals


def trained_window(how: Trained) -> Regressed:
    """Train, observe, regress."""
    data = load("digits")
    x, labels = data.x_train.astype("float32"), data.y_train
    settings = default_settings("spiking_mlp", "digits", "temporal_derivative_spiking")
    training = Training(RULE, NET.build(data.sample_shape, CLASSES), settings, how.seed)
    targets = one_hot(labels, CLASSES, "float32")
    training.run(Samples(x, targets, labels).take(np.arange(min(how.samples, len(x)))), how.epochs, lambda _: None)
    shown = Stream(how.seed, "trials").permutation(len(x), 0)[: how.trials]
    others = shown[Stream(how.seed, "targets").permutation(len(shown), 0)]
    observed = observe(training.network.params, x[shown].reshape(len(shown), -1), targets[others])
    inputs = np.sort(Stream(how.seed, "inputs").permutation(observed.pre.shape[1], 0)[: how.inputs])
    return regressed(Observed(observed.pre[:, inputs], observed.more, observed.change[:, inputs]), how)


def observe(params: Params, x: npt.NDArray[Any], targets: npt.NDArray[Any]) -> Observed:
    """The drives toward ``targets`` (n, classes) and away from them, of a network that is shown ``x`` (n, inputs)."""
    network = NET.build(x.shape[1:], CLASSES).network(params)
    simulation = network.compile(len(x), RULE.synapses, "sample")
    pre, toward, plus = driven(network, simulation, x, targets, 1.0)
    _, away, minus = driven(network, simulation, x, targets, -1.0)
    return Observed(pre, toward - away, (plus + minus) / _jump())


def driven(
    network: SpikingNetwork, simulation: Simulation, x: npt.NDArray[Any], targets: npt.NDArray[Any], sign: float
) -> tuple[Reals, ...]:
    """Spikes of inputs and of hidden units (n, units, steps) in a drive of this ``sign``, and the change that each
    synapse between them made (n, inputs, hidden). All begins anew, from the same state for both signs."""
    network.settle(simulation, {"output": network.params["output.w"].T}, x, RULE)
    simulation.set("output", "target", targets)
    network.drive(simulation, sign, RULE)
    change = np.asarray(simulation.get("to_hidden1", "change"), np.float64)
    hidden = simulation.get("hidden1", "bias").shape[-1]
    trains = (_trains(simulation, name, size) for name, size in (("input", x.shape[1]), ("hidden1", hidden)))
    return (*trains, change.reshape(len(x), x.shape[1], hidden))


def regressed(observed: Observed, how: Trained) -> Regressed:
    """The kernel of ``observed``, and what is left of it where hidden spikes are of other trials and units."""
    trials, hidden, steps = observed.more.shape
    lags, bins = grid(steps, how.bin, how.ahead)
    kernel, explained = fit(observed, bins, how.ridge)
    shuffled = []
    for k in range(how.shuffles):
        order = Stream(how.seed, "shuffled trials").permutation(trials, k)
        units = Stream(how.seed, "shuffled units").permutation(hidden, k)
        shuffled.append(fit(observed._replace(more=observed.more[order][:, units]), bins, how.ridge))
    kernels, parts = zip(*shuffled, strict=True)
    return Regressed(lags, kernel, np.array(kernels), explained, np.array(parts))


def grid(steps: int, width: int, ahead: int) -> tuple[Reals, Reals]:
    """Lags (n,) in ms, ``width`` apart, with one on each side of 0; and bins (2 steps - 1, n): how much a pair of each
    lag, from 1 - steps to steps - 1, counts at each of them. Beyond ``ahead`` it counts at none."""
    lag = np.arange(1 - steps, steps) * DT
    early, late = -np.arange(0.0, steps + width, width)[::-1], np.arange(0.0, ahead + width, width)
    sides = [np.array([np.interp(lag, side, one) for one in np.eye(len(side))]).T for side in (early, late)]
    bins = np.hstack([sides[0] * (lag <= 0)[:, np.newaxis], sides[1] * ((lag > 0) & (lag <= ahead))[:, np.newaxis]])
    return np.concatenate([early[:-1], [BEFORE], late]), bins


def fit(observed: Observed, bins: Reals, ridge: float) -> tuple[Reals, float]:
    """The kernel (n,) by which pairs sorted into ``bins`` (2 steps - 1, n) make the change, and the part explained.

    A row is a synapse in a trial, over its number of presynaptic spikes, with which the rounding of lags grows.
    """
    products, along, square = np.zeros((bins.shape[1],) * 2), np.zeros(bins.shape[1]), 0.0
    for pre, more, change in zip(*observed, strict=True):
        fires = pre.any(axis=1)
        weight = 1.0 / pre[fires].sum(axis=1)[:, np.newaxis, np.newaxis]
        rows = (weight * (lagged(pre[fires], more) @ bins)).reshape(-1, bins.shape[1])
        goal = (weight[..., 0] * change[fires]).ravel()
        products, along, square = products + rows.T @ rows, along + goal @ rows, square + goal @ goal
    kernel = np.linalg.solve(products + ridge * np.trace(products) / len(along) * np.eye(len(along)), along)
    return kernel, float((2 * kernel @ along - kernel @ products @ kernel) / square)


def lagged(pre: Reals, post: Reals) -> Reals:
    """The sum over pairs by lag, post less pre: (inputs, hidden, 2 steps - 1), from trains (units, steps)."""
    steps = pre.shape[1]
    length = 2 ** math.ceil(math.log2(2 * steps))
    early, late = np.fft.rfft(pre, length), np.fft.rfft(post, length)
    found = np.fft.irfft(np.conj(early)[:, np.newaxis] * late, length)
    return np.rint(found[..., np.arange(1 - steps, steps)])  # counts, where the transform leaves 1e-13


def _trains(simulation: Simulation, name: str, size: int) -> Reals:
    """The spikes of the drive (n, size, steps); a spike of the step before it arrives in it, one of its last does not.
    A hidden unit's spike of the step before it is the same for both signs."""
    found = simulation.spikes(name)
    steps = round(RULE.drive / DT)
    step = np.rint(found.times / DT).astype(np.int64) - (round(simulation.time / DT) - steps)
    inside = (step >= 0) & (step < steps)
    trains = np.zeros((simulation.batch, size, steps))
    trains[found.samples[inside], found.neurons[inside], step[inside]] = 1.0
    return trains


def _jump() -> float:
    """What one spike adds to a trace; 1 is the largest rate."""
    return INTERVAL * -math.expm1(-DT / NET.tau_f)
