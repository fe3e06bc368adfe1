"""Times in ms as whole numbers of steps, checked once, at the border."""

from __future__ import annotations

from typing import Any

from neurosim.core.checks import check_number
from neurosim.core.errors import InputError

_TOLERANCE = 1e-6  # of a step: 0.3 ms is 2.9999999999999996 steps of 0.1 ms


def whole_steps(owner: str, ms: Any, dt: float, least: int = 1) -> int:
    """The number of steps of ``dt`` in ``ms``, at least ``least``.

    >>> whole_steps("run.ms", 0.3, 0.1)
    3
    >>> whole_steps("run.ms", 0.25, 0.1)
    Traceback (most recent call last):
    neurosim.core.errors.InputError: run.ms: expected a multiple of dt = 0.1 ms, got 0.25 ms
    """
    given = check_number(owner, ms)
    steps = round(given / dt)
    if steps < least:
        raise InputError(f"{owner}: expected at least {least * dt:g} ms, got {given:g} ms")
    if abs(given / dt - steps) > _TOLERANCE:
        raise InputError(f"{owner}: expected a multiple of dt = {dt:g} ms, got {given:g} ms")
    return steps


MS_PER_S = 1000.0
