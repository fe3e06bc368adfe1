"""Checks of names, numbers and seeds, for every entry point: one line says what was expected."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.core.errors import InputError


def check_name(owner: str, name: object) -> str:
    """``name``, if it can name a part of a log; InputError otherwise."""
    if not isinstance(name, str) or not name or name in (".", "..") or "/" in name or "\0" in name:
        raise InputError(f"{owner}: expected a name without '/' that is not empty, '.' or '..', got {name!r}")
    return name


def check_number(owner: str, value: Any, least: float | None = None) -> float:
    """``value`` as a finite float, above ``least`` if that is given; InputError otherwise."""
    expected = "a finite number" if least is None else f"a number > {least:g}"
    good = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not good or not np.isfinite(value) or (least is not None and not value > least):
        raise InputError(f"{owner}: expected {expected}, got {value!r}")
    return float(value)


LARGEST_SEED = 2**64


def check_seed(owner: str, seed: Any) -> int:
    """``seed`` as an int; InputError unless it is a whole number in [0, 2^64)."""
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or not 0 <= seed < LARGEST_SEED:
        raise InputError(f"{owner}: expected a whole number in [0, 2**64), got {seed!r}")
    return int(seed)
