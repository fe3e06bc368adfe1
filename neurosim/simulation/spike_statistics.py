"""Statistics of spike trains: rates, irregularity, correlation, cost; and a hash to compare them.

Spikes are two arrays (n_spikes,): ``times`` in ms, ascending, and the ``neurons`` 0 .. size - 1 that fired, as
`neurosim.runlog.recorded.Spikes` has them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from neurosim.engines.engine import SpikeEvents

Floats = npt.NDArray[np.float64]
MIN_SPIKES = 3  # for two intervals, the least with a variance


def firing_rates(times: Floats, neurons: npt.NDArray[np.integer], size: int, start: float, stop: float) -> Floats:
    """The rate of each neuron in Hz, (size,), in (start, stop].

    >>> firing_rates(np.array([1.0, 2.0, 300.0]), np.array([0, 1, 1]), 3, 0.0, 500.0).tolist()
    [2.0, 4.0, 0.0]
    """
    counts = np.bincount(neurons[(times > start) & (times <= stop)], minlength=size)
    return np.asarray(counts * (1e3 / (stop - start)))


def irregularities(times: Floats, neurons: npt.NDArray[np.integer]) -> Floats:
    """The coefficients of variation of the intervals, one for each neuron with three spikes or more.

    >>> irregularities(np.array([1.0, 2.0, 3.0, 5.0]), np.array([4, 4, 4, 4])).round(3).tolist()
    [0.354]
    """
    order = np.argsort(neurons, kind="stable")
    owners, counts = np.unique(neurons, return_counts=True)
    same = np.diff(neurons[order]) == 0
    intervals, of = np.diff(times[order])[same], np.repeat(np.arange(len(owners)), counts - 1)
    n = np.maximum(counts - 1, 1)
    mean = np.bincount(of, intervals, len(owners)) / n
    squares = np.bincount(of, (intervals - mean[of]) ** 2, len(owners)) / n
    enough = counts >= MIN_SPIKES
    return np.asarray(np.sqrt(squares[enough]) / mean[enough])


def correlations(
    times: Floats, neurons: npt.NDArray[np.integer], size: int, start: float, stop: float, bin_width: float = 2.0
) -> Floats:
    """Pearson's correlation of the spike counts in bins, for all pairs of the first ``size`` neurons whose counts vary.

    >>> correlations(np.array([1.0, 1.0, 3.0, 5.0]), np.array([0, 1, 2, 2]), 3, 0.0, 6.0).round(3).tolist()
    [1.0, -1.0, -1.0]
    """
    chosen = (neurons < size) & (times > start) & (times <= stop)
    n_bins = round((stop - start) / bin_width)
    bins = np.ceil((times[chosen] - start) / bin_width - 1e-6).astype(np.int64) - 1  # a spike at an edge ends its bin
    counts = np.zeros((size, n_bins))
    np.add.at(counts, (neurons[chosen], np.clip(bins, 0, n_bins - 1)), 1.0)
    counts = counts[np.ptp(counts, axis=1) > 0]
    upper = np.triu_indices(len(counts), 1)
    return np.asarray(np.corrcoef(counts))[upper] if len(counts) > 1 else np.empty(0)


def ks_distance(a: Floats, b: Floats) -> float:
    """The Kolmogorov-Smirnov distance of two samples: the largest gap between their distribution functions.

    >>> ks_distance(np.array([1.0, 2.0]), np.array([1.5, 2.5, 3.5]))
    0.6666666666666667
    """
    points = np.concatenate((a, b))
    below = [np.searchsorted(np.sort(sample), points, "right") / len(sample) for sample in (a, b)]
    return float(np.abs(below[0] - below[1]).max())


class Traffic(NamedTuple):
    """Of a population, over all samples: ``spikes`` of ``possible`` ones, one for each neuron and step.

    ``events`` are the synapses that the spikes reach, counted when they are sent, ``dense`` those of all neurons in all
    steps: an accumulate each (NeuroBench's effective and dense synaptic operations; Yik et al. 2025).
    """

    spikes: int
    possible: int
    events: int
    dense: int

    @property
    def sparsity(self) -> float:
        """The part of all neurons and steps without a spike; NaN before the first step."""
        return 1.0 - self.spikes / self.possible if self.possible else math.nan


def traffic(neurons: npt.NDArray[Any], fan_out: npt.NDArray[np.int64], steps: int) -> Traffic:
    """The traffic of ``neurons`` (n_spikes,) that spiked in so many ``steps``, those of all samples added up.

    ``fan_out`` (n_neurons,) holds the synapses that leave each neuron.

    >>> traffic(np.array([0, 2, 0]), np.array([5, 7, 1]), steps=10)
    Traffic(spikes=3, possible=30, events=11, dense=130)
    """
    return Traffic(len(neurons), steps * len(fan_out), int(fan_out[neurons].sum()), steps * int(fan_out.sum()))


def spike_hash(events: Sequence[SpikeEvents], firsts: Sequence[int], sample: int) -> str:
    """The SHA-256 of the spikes of one sample of a batch, ``events`` by population.

    It is that of rows (step, neuron), int64, little endian, ascending, where neuron 0 of a population has the number in
    ``firsts``.
    """
    rows = [np.empty((0, 2), np.int64)]
    for spikes, first in zip(events, firsts, strict=True):
        mine = spikes.samples == sample
        rows.append(np.stack((spikes.steps[mine], first + spikes.neurons[mine]), axis=1))
    joined = np.concatenate(rows)
    joined = joined[np.lexsort((joined[:, 1], joined[:, 0]))]
    return hashlib.sha256(np.ascontiguousarray(joined, "<i8").tobytes()).hexdigest()
