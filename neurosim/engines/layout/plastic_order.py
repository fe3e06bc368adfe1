"""The order of the synapses of a plastic part: by source, then delay, then canonical order; and by target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled

Ints = npt.NDArray[np.int64]
Steps = npt.NDArray[np.int32]
Delays = npt.NDArray[Any]  # uint8 or uint16

_U64 = np.uint64


@dataclass(frozen=True, eq=False)
class Places:
    """The canonical numbers of a part's synapses, in the order of the part: ``numbers`` (n,).

    With ``numbers`` None they are the columns ``first`` .. ``first`` + ``width`` - 1 of a matrix (sources,
    ``targets``), which is many times faster.
    """

    numbers: Steps | None
    targets: int = 1
    first: int = 0
    width: int = 1

    @classmethod
    def of(cls, numbers: Ints, targets: int, first: int, width: int) -> Places:
        """Those of ``numbers``, as a matrix if they are one."""
        begins = numbers.reshape(-1, width)[:, :1] if width and len(numbers) % width == 0 else numbers[:0, np.newaxis]
        rows = np.arange(len(begins))[:, np.newaxis] * targets + first
        regular = np.array_equal(begins, rows) and np.array_equal(numbers, (rows + np.arange(width)).ravel())
        return cls(None, targets, first, width) if regular and len(numbers) else cls(numbers.astype(np.int32))

    def take(self, canonical: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The part's of ``canonical`` (..., all synapses), (..., n)."""
        if self.numbers is not None:
            return canonical[..., self.numbers]
        found = self._matrix(canonical)
        return found.reshape(*found.shape[:-2], found.shape[-2] * self.width)

    def put(self, canonical: npt.NDArray[Any], values: npt.NDArray[Any]) -> None:
        """Write the part's ``values`` (..., n) into ``canonical`` (..., all synapses)."""
        if self.numbers is not None:
            canonical[..., self.numbers] = values
        else:
            rows = self._matrix(canonical)
            rows[:] = values.reshape(rows.shape)

    def _matrix(self, canonical: npt.NDArray[Any]) -> npt.NDArray[Any]:
        rows = canonical.reshape(*canonical.shape[:-1], canonical.shape[-1] // self.targets, self.targets)
        return rows[..., self.first : self.first + self.width]


@compiled
def count_segments(row_ptr: Ints, post: Steps, delay: Delays, bin_of: Ints, first: int, targets: int, delays: int,
                   offsets: Ints) -> None:  # fmt: skip
    """``offsets`` (sources * delays + 1,) = where each segment of the targets ``first`` .. + ``targets`` begins.

    ``bin_of`` is the number of each of the ``delays`` that occur.
    """
    offsets[:] = 0
    for source in range(row_ptr.shape[0] - 1):
        for s in range(_U64(row_ptr[source]), _U64(row_ptr[source + 1])):
            if first <= post[s] < first + targets:
                offsets[source * delays + bin_of[_U64(delay[s])] + 1] += 1
    for g in range(1, offsets.shape[0]):
        offsets[g] += offsets[g - 1]


@compiled
def sort_part(row_ptr: Ints, post: Steps, delay: Delays, bin_of: Ints, first: int, targets: int, delays: int,
              offsets: Ints, order: Ints, places: Steps) -> bool:  # fmt: skip
    """The canonical number and the target (from ``first`` on) of each synapse of a part, in its own order.

    Returns whether every segment has all targets in their order, or none.
    """
    free = offsets.copy()
    full = True
    for source in range(row_ptr.shape[0] - 1):
        for s in range(_U64(row_ptr[source]), _U64(row_ptr[source + 1])):
            if first <= post[s] < first + targets:
                g = source * delays + bin_of[_U64(delay[s])]
                at = free[g]
                free[g] = at + 1
                order[at] = np.int64(s)
                places[at] = post[s] - first
                full = full and at - offsets[g] == post[s] - first
    for g in range(offsets.shape[0] - 1):
        size = offsets[g + 1] - offsets[g]
        full = full and (size == 0 or size == targets)
    return full


@compiled
def by_target(offsets: Ints, places: Steps, column_at: Ints, column: Steps, column_segment: Steps) -> None:
    """List the synapses of each target, and their segments: from ``column_at[j]`` (targets + 1,) on."""
    column_at[:] = 0
    for at in range(places.shape[0]):
        column_at[places[at] + 1] += 1
    for j in range(1, column_at.shape[0]):
        column_at[j] += column_at[j - 1]
    free = column_at.copy()
    for g in range(offsets.shape[0] - 1):
        for at in range(offsets[g], offsets[g + 1]):
            j = places[at]
            column[free[j]] = at
            column_segment[free[j]] = g
            free[j] += 1
