"""The spikes of a team's samples: written by the compiled loop, read by it over the delays, and by those who record.

There is one lane for each owner of each sample. A lane is a list of neurons (numbered over all populations) in the
order of the steps, with the place where each step begins; so the lists of the last steps, which the loop reads in
every step, lie side by side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

SLICE = 4096  # steps between two drains, at most
ROOM = 1 << 14  # spikes per lane between two drains, at least


class SpikeLog:
    """``entries`` (lanes, capacity) and ``begins`` (lanes, steps + 1); the first step in them is ``base``.

    ``most`` is the largest number of spikes that a lane can get in one step, ``delay`` the number of steps kept.
    """

    def __init__(self, lanes: int, most: int, delay: int) -> None:
        """No spikes before step 0."""
        self.base = -delay
        self.entries = np.zeros((lanes, ROOM + 2 * most), np.int32)
        self.begins = np.zeros((lanes, delay + SLICE + 1), np.int64)
        self._most, self._delay = most, delay

    @property
    def lanes(self) -> int:
        """The number of lanes."""
        return len(self.entries)

    def make_room(self, step: int) -> int:
        """Forget what is older than the longest delay if room is short; the number of steps that there is room for."""
        now = step - self.base
        full = bool((self.begins[:, now] + self._most >= self.entries.shape[1]).any())
        if full or now + 1 >= self.begins.shape[1]:
            self._keep([self._lane(lane, step - self._delay, step) for lane in range(self.lanes)], step)
        return self.begins.shape[1] - 1 - (step - self.base)

    def spikes(self, lane: int, first: int, last: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Steps and neurons of a lane from step ``first`` to before ``last``, both logged; copies."""
        begins, entries = self._lane(lane, first, last)
        return np.repeat(np.arange(first, last), np.diff(begins)), entries.copy()

    def replace(self, step: int, lanes: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]]) -> None:
        """Let the spikes before ``step`` be those of ``lanes``: ascending steps, all within the delay, and neurons."""
        first = step - self._delay
        kept = [(np.searchsorted(steps, np.arange(first, step + 1)), neurons) for steps, neurons in lanes]
        self._keep(kept, step)

    def _lane(self, lane: int, first: int, last: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        begins = self.begins[lane, first - self.base : last - self.base + 1]
        return begins, self.entries[lane, begins[0] : begins[-1]]

    def _keep(self, lanes: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]], step: int) -> None:
        needed = max(len(entries) for _, entries in lanes) + 2 * self._most + ROOM // 2
        grown = self.entries
        if needed > self.entries.shape[1]:
            grown = np.zeros((len(lanes), 2 * needed), np.int32)
        for lane, (begins, entries) in enumerate(lanes):
            grown[lane, : len(entries)] = entries
            self.begins[lane, : self._delay + 1] = begins - begins[0]
        self.entries = grown
        self.base = step - self._delay
