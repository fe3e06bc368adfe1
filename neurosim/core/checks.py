"""Checks of names, texts, numbers, whole numbers and seeds, for every entry point; what came is shown on one line."""

from __future__ import annotations

from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError

N_SEEDS = 2**64
_MAX_SHOWN = 80  # letters


def shown(value: object) -> str:
    """``value`` as it is shown in an error: on one line, and no long one.

    >>> shown(np.zeros((2, 2)))
    'array([[0., 0.], [0., 0.]])'
    """
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python prints no int as long as that
        text = "a number of thousands of digits"
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 4]} ..."


def check_name(owner: str, name: object) -> str:
    """``name``, if it can name a part of a log; InputError otherwise."""
    if not isinstance(name, str) or not name or name in (".", "..") or "/" in name or "\0" in name:
        raise InputError(f"{owner}: expected a name without '/' that is not empty, '.' or '..', got {shown(name)}")
    return name


def name_of(part: Any) -> Any:
    """The name of a ``part`` of a network, which may be given by its handle or by its name."""
    return getattr(part, "name", part)


def check_number(owner: str, value: Any, least: float | None = None) -> float:
    """``value`` as a finite float, above ``least`` if that is given; InputError otherwise."""
    expected = "a finite number" if least is None else f"a number > {least:g}"
    number = float("nan")
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:  # an int beyond all floats
            number = float("inf")
    if not np.isfinite(number) or (least is not None and not number > least):
        raise InputError(f"{owner}: expected {expected}, got {shown(value)}")
    return number


def real_numbers(owner: str, values: Any, expected: str = "numbers") -> npt.NDArray[np.float64]:
    """``values`` as float64 of any shape; InputError for texts, complex numbers, dates and masked or ragged arrays.

    >>> real_numbers("v", [1, 2.5]).tolist()
    [1.0, 2.5]
    >>> real_numbers("v", "5")
    Traceback (most recent call last):
    neurosim.core.errors.InputError: v: expected numbers, got '5'
    """
    try:
        array = np.asarray(values)
        good = array.dtype.kind in "biuf" or (
            array.dtype.kind == "O" and all(isinstance(value, Real) for value in array.flat)
        )
        if good and not isinstance(values, np.ma.MaskedArray):
            return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(f"{owner}: expected {expected}, got {shown(values)}")


def check_path(owner: str, value: Any) -> Path:
    """``value`` as a path; InputError unless it is a text or a path."""
    if not isinstance(value, str | PathLike):
        raise InputError(f"{owner}: expected a path, got {shown(value)}")
    return Path(value)


def check_text(owner: str, value: object) -> str:
    """``value``, if it is a text; InputError otherwise."""
    if not isinstance(value, str):
        raise InputError(f"{owner}: expected a text, got {shown(value)}")
    return value


def whole_number(owner: str, value: Any, least: int, most: int | None = None) -> int:
    """``value`` as an int, if it is one of ``least`` .. ``most`` (None: no limit); InputError otherwise.

    >>> whole_number("batch", True, 1)
    Traceback (most recent call last):
    neurosim.core.errors.InputError: batch: expected a whole number >= 1, got True
    """
    if not is_whole(value) or value < least or (most is not None and value > most):
        span = f">= {least}" if most is None else f"from {least} to {most}"
        raise InputError(f"{owner}: expected a whole number {span}, got {shown(value)}")
    return int(value)


def check_seed(owner: str, seed: Any) -> int:
    """``seed`` as an int; InputError unless it is a whole number in [0, 2^64)."""
    if not is_whole(seed) or not 0 <= seed < N_SEEDS:
        raise InputError(f"{owner}: expected a whole number in [0, 2**64), got {shown(seed)}")
    return int(seed)


def is_whole(value: Any) -> bool:
    """Whether ``value`` is an int, of Python or NumPy, and no bool."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
