"""The spike log of a team's samples: written and read by the compiled loop, and read by recording.

There is one lane for each owner of each sample. A lane is a list of neurons (numbered over all populations) in the
order of the steps, with the place where each step begins; so the spikes of the last steps, which the loop reads in
every step, lie side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled
from neurosim.engines.engine import SpikeEvents
from neurosim.engines.layout.blocks import BlockLayout

SLICE = 4096  # steps between two drains, at most
CAPACITY = 1 << 14  # spikes per lane between two drains, at least
BLOCK_BITS = 7  # a neuron's block is its number without the last bits

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lists:
    """The spikes of some populations.

    ``of_block`` is the index of each block's population in the list, or the length of the list if it is not in it;
    ``numbers`` are those of their first neurons.
    """

    of_block: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]

    @classmethod
    def of(cls, layout: BlockLayout, populations: Sequence[int]) -> Lists:
        """The lists of ``populations``."""
        of_block = np.full(layout.first_block[-1], len(populations), np.int64)
        for place, population in enumerate(populations):
            of_block[layout.first_block[population] : layout.first_block[population + 1]] = place
        return cls(of_block, np.array([layout.first_neuron(population) for population in populations], np.int64))


class SpikeLog:
    """``entries`` (lanes, capacity) and ``begins`` (lanes, steps + 1); the first step in them is ``base``.

    Lane k * ``owners`` + owner is that of the k-th of ``samples`` (first, end). ``max_spikes`` is the largest number of
    spikes that a lane can get in one step, ``delay`` the number of steps kept.
    """

    def __init__(self, samples: tuple[int, int], owners: int, max_spikes: int, delay: int) -> None:
        """No spikes before step 0."""
        lanes = (samples[1] - samples[0]) * owners
        self._sample, self._owners = samples[0], owners
        self.base = -delay
        self.entries = np.zeros((lanes, CAPACITY + 2 * max_spikes), np.int32)
        self.begins = np.zeros((lanes, delay + SLICE + 1), np.int64)
        self._max_spikes, self._delay = max_spikes, delay

    @property
    def lanes(self) -> int:
        """The number of lanes."""
        return len(self.entries)

    def reserve(self, step: int) -> int:
        """Drop spikes older than the longest delay if the log is nearly full; the number of steps that it can take."""
        now = step - self.base
        full = bool((self.begins[:, now] + self._max_spikes >= self.entries.shape[1]).any())
        if full or now + 1 >= self.begins.shape[1]:
            self._keep([self._lane(lane, step - self._delay, step) for lane in range(self.lanes)], step)
        return self.begins.shape[1] - 1 - (step - self.base)

    def events(self, first: int, last: int, lists: Lists) -> list[SpikeEvents]:
        """The spikes from step ``first`` to before ``last``, both logged, by the populations of ``lists``."""
        log = self.entries, self.begins, first - self.base, last - self.base
        counts = np.zeros(len(lists.numbers) + 1, np.int64)
        count_spikes(*log, lists.of_block, counts)
        ends = np.cumsum(counts[:-1])
        free = np.append(ends - counts[:-1], -1)
        steps, neurons, samples = (np.empty(counts[:-1].sum(), kind) for kind in (np.int64, np.int32, np.int32))
        sort_spikes(
            *log, self.base, self._owners, self._sample, lists.of_block, lists.numbers, free, steps, neurons, samples
        )
        cuts = [slice(end - count, end) for end, count in zip(ends, counts, strict=False)]
        return [SpikeEvents(steps[cut], neurons[cut], samples[cut]) for cut in cuts]

    def replace(self, step: int, lanes: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]]) -> None:
        """Let the spikes before ``step`` be those of ``lanes``: ascending steps, all within the delay, and neurons."""
        first = step - self._delay
        kept = [(np.searchsorted(steps, np.arange(first, step + 1)), neurons) for steps, neurons in lanes]
        self._keep(kept, step)

    def _lane(self, lane: int, first: int, last: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        begins = self.begins[lane, first - self.base : last - self.base + 1]
        return begins, self.entries[lane, begins[0] : begins[-1]]

    def _keep(self, lanes: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]], step: int) -> None:
        needed = max(len(entries) for _, entries in lanes) + 2 * self._max_spikes + CAPACITY // 2
        grown = self.entries
        if needed > self.entries.shape[1]:
            grown = np.zeros((len(lanes), 2 * needed), np.int32)
        for lane, (begins, entries) in enumerate(lanes):
            grown[lane, : len(entries)] = entries
            self.begins[lane, : self._delay + 1] = begins - begins[0]
        self.entries = grown
        self.base = step - self._delay


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
