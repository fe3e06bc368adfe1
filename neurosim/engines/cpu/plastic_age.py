"""What the events of all rules have in common: the time that has passed since something was written."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.core.jit import compiled

CLOCK = 1 << 30  # the phase after those of signals

_I32, _U64 = np.int32, np.uint64


@compiled
def age(table: Any, now: Any, then: Any) -> Any:
    """Where the decay from step ``then`` to step ``now`` stands in ``table``, which ends with 0 for all later ones.

    Steps are int32 and may wrap around. What is not yet known in ``now`` is a first entry, which has not decayed.
    """
    steps = _I32(now - then)
    last = _I32(table.shape[0] - 1)
    steps = steps if steps > _I32(0) else _I32(0)
    return _U64(steps if steps < last else last)


@compiled
def first_from(steps: Any, step: int) -> int:
    """How many of ``steps``, ascending, lie before ``step``."""
    low, high = 0, steps.shape[0]
    while low < high:
        middle = (low + high) // 2
        if steps[middle] < step:
            low = middle + 1
        else:
            high = middle
    return low
