"""Checks of names, numbers, whole numbers and seeds, for every entry point."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.core.errors import InputError

N_SEEDS = 2**64


def check_name(owner: str, name: object) -> str:
    """``name``, if it can name a part of a log; InputError otherwise."""
    if not isinstance(name, str) or not name or name in (".", "..") or "/" in name or "\0" in name:
        raise InputError(f"{owner}: expected a name without '/' that is not empty, '.' or '..', got {name!r}")
    return name


def name_of(part: Any) -> Any:
    """The name of a ``part`` of a network, which may be given by its handle or by its name."""
    return getattr(part, "name", part)


def check_number(owner: str, value: Any, least: float | None = None) -> float:
    """``value`` as a finite float, above ``least`` if that is given; InputError otherwise."""
    expected = "a finite number" if least is None else f"a number > {least:g}"
    good = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not good or not np.isfinite(value) or (least is not None and not value > least):
        raise InputError(f"{owner}: expected {expected}, got {value!r}")
    return float(value)


def whole_number(owner: str, value: Any, least: int, most: int | None = None) -> int:
    """``value`` as an int, if it is one of ``least`` .. ``most`` (None: no limit); InputError otherwise.

    >>> whole_number("batch", True, 1)
    Traceback (most recent call last):
    neurosim.core.errors.InputError: batch: expected a whole number >= 1, got True
    """
    if not is_whole(value) or value < least or (most is not None and value > most):
        span = f">= {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{owner}: expected a whole number {span}, got {value!r}")
    return int(value)


def check_seed(owner: str, seed: Any) -> int:
    """``seed`` as an int; InputError unless it is a whole number in [0, 2^64)."""
    if not is_whole(seed) or not 0 <= seed < N_SEEDS:
        raise InputError(f"{owner}: expected a whole number in [0, 2**64), got {seed!r}")
    return int(seed)


def is_whole(value: Any) -> bool:
    """Whether ``value`` is an int, of Python or NumPy, and no bool."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
