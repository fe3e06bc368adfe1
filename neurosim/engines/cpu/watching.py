"""States recorded during a run: the compiled loop copies them at the end of each step that is to be recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled
from neurosim.engines.engine import WatchedState
from neurosim.engines.layout.columns import Part
from neurosim.engines.layout.neurons import Memory

Table = npt.NDArray[np.int64]

EVERY: Final = 0  # steps
PLACE_FROM: Final = 1
PLACE_TO: Final = 2
MOMENT: Final = 3  # the number of steps done at the first moment of the buffer, divided by EVERY
BEGIN: Final = 4  # of the first moment in the buffer
WIDTH: Final = 5  # neurons of a moment of one sample
WANTED: Final = 6
COLUMNS: Final = 7


class Watch(NamedTuple):
    """What owner k copies, rows ``owners[k]`` .. ``owners[k + 1]``: states at ``sources`` to ``targets`` of a moment.

    ``values`` holds, one after the other, (moments, batch, neurons) of all that is wanted.
    """

    rows: Table
    owners: Table
    sources: Table
    targets: Table
    values: npt.NDArray[Any]


@compiled
def keep_states(watch: Watch, owner: int, sample: int, done: int, state: npt.NDArray[Any]) -> None:
    """Copy an owner's states of one sample that are recorded after ``done`` steps."""
    for row in range(watch.owners[owner], watch.owners[owner + 1]):
        each = watch.rows[row]
        if done % each[EVERY] == 0:
            moment = done // each[EVERY] - each[MOMENT]
            begin = each[BEGIN] + (moment * state.shape[0] + sample) * each[WIDTH]
            for k in range(each[PLACE_FROM], each[PLACE_TO]):
                watch.values[begin + watch.targets[k]] = state[sample, watch.sources[k]]


def watch_of(memory: Memory, wanted: Sequence[WatchedState]) -> Watch:
    """The table for ``wanted``, without a buffer for values."""
    rows, owners, sources, targets = [], [], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    place = 0
    for part, where in zip(memory.members, memory.parts, strict=True):
        for number, each in enumerate(wanted):
            if each.population == part.population:
                own = np.flatnonzero((each.neurons >= part.first) & (each.neurons < part.first + part.size))
                sources.append(where[Part.STATE] + each.row * where[Part.COUNT] + each.neurons[own] - part.first)
                targets.append(own)
                rows.append((each.every, place, place + len(own), 0, 0, len(each.neurons), number))
                owners.append(part.owner)
                place += len(own)
    begins = np.searchsorted(owners, np.arange(len(memory.owners) + 1))
    table = np.array(rows, np.int64).reshape(-1, COLUMNS)
    return Watch(table, begins, np.concatenate(sources), np.concatenate(targets), np.zeros(0, memory.state.dtype))


def with_buffer(
    watch: Watch, wanted: Sequence[WatchedState], batch: int, first: int, steps: int
) -> tuple[Watch, list[npt.NDArray[Any]]]:
    """``watch`` for ``steps`` steps from ``first`` on, and views (moments, batch, neurons) for each that is wanted."""
    last = first + steps
    shapes = [(last // each.every - first // each.every, batch, len(each.neurons)) for each in wanted]
    ends = np.cumsum([0, *(math.prod(shape) for shape in shapes)])
    values = np.empty(ends[-1], watch.values.dtype)
    rows = watch.rows.copy()
    rows[:, BEGIN] = ends[rows[:, WANTED]]
    rows[:, MOMENT] = first // rows[:, EVERY] + 1
    views = [values[begin:end].reshape(shape) for (begin, end), shape in zip(pairwise(ends), shapes, strict=True)]
    return watch._replace(rows=rows, values=values), views
