"""Times in ms as whole numbers of steps: rounding, and the check of times that must be multiples of the time step."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.core.checks import check_number
from neurosim.core.errors import InputError

MS_PER_S = 1000.0
SLACK = 1e-9  # of a step: 0.3 ms / 0.1 ms is 2.9999999999999996 in binary, and 0.15 / 0.1 lies below 1.5
MAX_STEPS = 2**53  # whole numbers up to it are exact in float64
_TOLERANCE = 1e-6  # of a step, for times that must be multiples


def to_steps(ms: Any, dt: float) -> Any:
    """``ms`` (a number or an array) in steps of ``dt`` ms, rounded half up: floor(ms / dt + 1/2 + 1e-9), float64.

    >>> to_steps([0.14, 0.15, 0.25], 0.1).tolist()
    [1.0, 2.0, 3.0]
    """
    with np.errstate(over="ignore"):
        return np.floor(np.asarray(ms, np.float64) / dt + 0.5 + SLACK)


def whole_steps(owner: str, ms: Any, dt: float, least: int = 1) -> int:
    """The number of steps of ``dt`` in ``ms``, which must be a multiple of it and at least ``least`` steps.

    >>> whole_steps("run.ms", 0.3, 0.1)
    3
    >>> whole_steps("run.ms", 0.25, 0.1)
    Traceback (most recent call last):
    neurosim.core.errors.InputError: run.ms: expected a multiple of dt = 0.1 ms, got 0.25 ms
    """
    time = check_number(owner, ms)
    steps = to_steps(time, dt)
    if steps < least:
        raise InputError(f"{owner}: expected at least {least * dt:g} ms, got {time:g} ms")
    if steps > MAX_STEPS:
        raise InputError(f"{owner}: expected at most {MAX_STEPS * dt:g} ms (2^53 steps), got {time:g} ms")
    if not abs(time / dt - steps) <= _TOLERANCE:
        raise InputError(f"{owner}: expected a multiple of dt = {dt:g} ms, got {time:g} ms")
    return int(steps)
