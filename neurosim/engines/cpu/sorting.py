"""Compiled: the spikes of a log, lane by lane, to lists by population that ascend by (step, sample, neuron)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

BLOCK_BITS = 7  # a neuron's block is its number without the last bits


@compiled
def count_spikes(entries: Int32s, begins: Int64s, first: int, last: int, list_of: Int64s, counts: Int64s) -> None:
    """Add to ``counts`` the spikes of steps ``first`` .. ``last`` - 1 of the log by the list of their block."""
    for lane in range(entries.shape[0]):
        for i in range(begins[lane, first], begins[lane, last]):
            counts[list_of[entries[lane, i] >> BLOCK_BITS]] += 1


@compiled
def sort_spikes(
    entries: Int32s,
    begins: Int64s,
    first: int,
    last: int,
    base: int,
    owners: int,
    sample: int,
    list_of: Int64s,
    number: Int64s,
    free: Int64s,
    steps: Int64s,
    neurons: Int32s,
    samples: Int32s,
) -> None:
    """Write each spike that `count_spikes` counted to the next free place of its list, ``free[list]``; -1: nowhere.

    Lane owners * k + owner is that of sample ``sample`` + k. Within a step and sample, owners have ascending neurons of
    each population. ``number`` is that of the first neuron of each list, ``base`` the step that the log begins with.
    """
    for now in range(first, last):
        for lane in range(entries.shape[0]):
            for i in range(begins[lane, now], begins[lane, now + 1]):
                neuron = np.int64(entries[lane, i])
                chosen = list_of[neuron >> BLOCK_BITS]
                place = free[chosen]
                if place >= 0:
                    steps[place] = base + now
                    neurons[place] = np.int32(neuron - number[chosen])
                    samples[place] = np.int32(sample + lane // owners)
                    free[chosen] = place + 1
