"""States that are kept during a run: the kernel `watch` copies those that are due into rings of moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.rng import NEURON_BLOCK
from neurosim.engines.engine import WatchedState
from neurosim.engines.layout.columns import Part
from neurosim.engines.layout.neurons import Memory

Array = npt.NDArray[Any]

WATCH_BYTES = 1 << 26  # of states between two drains, and
_MAX_STEPS = 4096  # since a drain copies the whole buffer, however few moments are new


@dataclass(frozen=True, eq=False)
class Rings:
    """For each state that is ``wanted``, ``moments`` that the ring holds of a sample, and its ``begin`` in the buffer;
    ``steps``: how many can pass between two drains."""

    wanted: tuple[WatchedState, ...]
    moments: tuple[int, ...]
    begins: tuple[int, ...]
    steps: int
    batch: int

    def moments_of(self, number: int, buffer: Array, first: int, last: int) -> Array:
        """The moments after step ``first`` until step ``last``, (moments, batch, neurons), out of the ``buffer``."""
        each, held = self.wanted[number], self.moments[number]
        ring = buffer[self.begins[number] : self.begins[number + 1]].reshape(held, self.batch, len(each.neurons))
        return ring[np.arange(first // each.every + 1, last // each.every + 1) % held]


def rings_of(memory: Memory, wanted: Sequence[WatchedState], batch: int) -> tuple[Rings, dict[str, Array]]:
    """The rings for ``wanted`` and the arrays of the kernel, by the names of the structure."""
    itemsize = memory.state.itemsize
    per_step = sum(itemsize * batch * len(each.neurons) / each.every for each in wanted)
    steps = max(1, int(min(_MAX_STEPS, WATCH_BYTES / per_step))) if per_step else _MAX_STEPS
    first = {part.population: row for part, row in zip(memory.members, memory.parts, strict=True)}
    work, watches, places, begins = [], [], [np.zeros(0, np.int64)], [0]
    held = [steps // each.every + 1 for each in wanted]
    for number, (each, moments) in enumerate(zip(wanted, held, strict=True)):
        row = first[each.population]
        work += [(number, k) for k in range(0, len(each.neurons), NEURON_BLOCK)]
        watches.append((each.every, sum(map(len, places)), len(each.neurons), begins[-1], moments))
        places.append(row[Part.STATE] + each.row * row[Part.COUNT] + each.neurons)
        begins.append(begins[-1] + moments * batch * len(each.neurons))
    arrays: dict[str, Array] = {
        "watch_work": np.array(work, np.int32).reshape(-1, 2),
        "watches": np.array(watches, np.int64).reshape(-1, 5),
        "watch_places": np.concatenate(places),
        "watched": np.zeros(begins[-1], memory.state.dtype),
    }
    return Rings(tuple(wanted), tuple(held), tuple(begins), steps, batch), arrays
