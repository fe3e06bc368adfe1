"""Weights and delays before sampling: one constant, a table of quantiles, or a number for each synapse.

The table turns a random 32-bit word into a value. A word counts from its nearer end, 0 or 2^32 - 1: with h that
count, p = (h + 1/2) / 2^32 is the probability beyond it. Cells are 256 to each halving of p, with a straight line
in each: the error is largest at the ends of the centre, below 2e-6 standard deviations for a normal distribution,
and the tails are kept to the last word.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.distributions import Distribution
from neurosim.core.errors import InputError
from neurosim.core.time_steps import SLACK, to_steps

Floats = npt.NDArray[np.float32]

HALVINGS = 32
CELLS = 256  # per halving of p: the 8 bits after the leading one
MAX_DELAY = 65535  # steps, what 16 bits hold
_MIN_WEIGHT, _MAX_WEIGHT = 1e-30, 1e30  # of the largest |weight|: the grid and its inverse stay within float32


@dataclass(frozen=True)
class Constant:
    """Every synapse has ``value``: a weight, or a delay in steps."""

    value: float


@dataclass(frozen=True, eq=False)
class Table:
    """A distribution as lines over cells of words: ``base`` and ``slope`` (2, 8192), from below and from above.

    Values are clipped to ``low`` .. ``high``; ``rms`` is the root of the mean square.
    """

    base: Floats
    slope: Floats
    low: float
    high: float
    rms: float


@dataclass(frozen=True, eq=False)
class Listed:
    """One value per synapse, in canonical order."""

    values: npt.NDArray[np.float32] | npt.NDArray[np.uint16]


Values: TypeAlias = Constant | Table | Listed
Tables: TypeAlias = dict[tuple[Distribution, float], Table]
"""Tables by distribution and factor: a network has many projections and few distributions."""
Matrix: TypeAlias = tuple[int, int]
Source: TypeAlias = float | Distribution | npt.ArrayLike
"""A weight or a delay: a number, a distribution, or one number per synapse."""


def weight_values(weight: Source, owner: str, tables: Tables, matrix: Matrix | None = None) -> Values:
    """The weights before sampling; new tables are added to ``tables``.

    ``matrix`` is the shape (n_pre, n_post) that an array may have instead of one dimension, row after row.

    Raises:
        InputError: numbers that are not finite, or too small or large for float32.
    """
    if isinstance(weight, int | float | np.number):
        value = float(np.float32(weight)) if abs(float(weight)) < _MAX_WEIGHT else float(weight)
        return Constant(_checked_size(value, owner))
    if _is_distribution(weight):
        table = _tabulated(weight, 1.0, tables)
        _checked_size(max(-table.low, table.high), owner)
        return table
    values = _as_numbers(weight, owner, matrix)
    _checked_size(float(np.abs(values).max(initial=0.0)), owner)
    return Listed(values.astype(np.float32))


def delay_values(delay: Source, dt: float, owner: str, tables: Tables, matrix: Matrix | None = None) -> Values:
    """The delays before sampling, in steps of ``dt`` (ms), rounded half up; the others as in `weight_values`.

    A number must be at least dt. A distribution may reach down to dt / 2, which still rounds to one step, as in
    NEST. InputError otherwise, and above 65535 steps.
    """
    if isinstance(delay, int | float | np.number):
        return Constant(int(_whole_steps(np.array([delay], np.float64), dt, owner)[0]))
    if _is_distribution(delay):
        table = _tabulated(delay, 1.0 / dt, tables)
        low, high = (int(to_steps(x, 1.0)) for x in (table.low, table.high))
        if low < 1 or high > MAX_DELAY:
            shortest, longest = table.low * dt, table.high * dt
            raise InputError(
                f"{owner}: expected delays from {0.5 * dt:g} (which rounds to one step of {dt:g} ms) to "
                f"{MAX_DELAY * dt:g} ms, got {shortest:g} to {longest:g} from {delay}; set its low and high"
            )
        return Table(table.base, table.slope, low, high, table.rms)
    return Listed(_whole_steps(_as_numbers(delay, owner, matrix), dt, owner).astype(np.uint16))


def tabulate(distribution: Distribution, factor: float = 1.0) -> Table:
    """The table of ``distribution``, each value times ``factor`` > 0."""
    edges = np.append((2.0 ** np.arange(HALVINGS)[:, None] * (1.0 + np.arange(CELLS) / CELLS)).ravel(), 2.0**HALVINGS)
    p = edges * 2.0 ** -(HALVINGS + 1)  # edges are in units of half a word
    ends = np.stack((distribution.from_below(p), distribution.from_above(p))) * factor
    base, slope = ends[:, :-1], np.diff(ends, axis=1)
    square = base * base + base * slope + slope * slope / 3.0  # mean square of a line over its cell
    low, high = (bound * factor for bound in distribution.bounds)
    return Table(
        base.astype(np.float32),
        slope.astype(np.float32),
        max(low, float(ends[0, 0])),
        min(high, float(ends[1, 0])),
        math.sqrt(float((square * np.diff(p)).sum())),
    )


def largest(values: Values) -> float:
    """The largest absolute value that can occur."""
    if isinstance(values, Constant):
        return abs(values.value)
    if isinstance(values, Table):
        return float(max(abs(np.float32(values.low)), abs(np.float32(values.high))))
    return float(np.abs(values.values).max(initial=0.0))


def least(values: Values) -> float:
    """The least value that can occur; 0 if there is none."""
    if isinstance(values, Constant):
        return values.value
    if isinstance(values, Table):
        return float(np.float32(values.low))
    return float(values.values.min()) if values.values.size else 0.0


def root_mean_square(values: Values) -> float:
    """The root of the mean square."""
    if isinstance(values, Constant):
        return abs(values.value)
    if isinstance(values, Table):
        return values.rms
    return float(np.sqrt(np.mean(values.values.astype(np.float64) ** 2))) if values.values.size else 0.0


def possible_delays(values: Values) -> npt.NDArray[np.int64]:
    """The delays in steps that can occur, ascending."""
    if isinstance(values, Constant):
        return np.array([values.value], np.int64)
    if isinstance(values, Table):
        return np.arange(int(values.low), int(values.high) + 1, dtype=np.int64)
    return np.unique(values.values).astype(np.int64)


def _tabulated(distribution: Distribution, factor: float, tables: Tables) -> Table:
    key = (distribution, factor)
    try:
        known = tables.get(key)
    except TypeError:  # a distribution that has no hash
        return tabulate(distribution, factor)
    return known or tables.setdefault(key, tabulate(distribution, factor))


def _is_distribution(source: object) -> TypeGuard[Distribution]:
    return isinstance(source, Distribution) and not isinstance(source, type)


def _as_numbers(source: object, owner: str, matrix: Matrix | None) -> npt.NDArray[np.float64]:
    try:
        values = np.asarray(source, np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
        source = repr(source) if isinstance(source, type) else type(source).__name__
    if values.shape == matrix:
        values = values.ravel()
    if values.ndim != 1 or isinstance(source, str):
        shape = f"shape {values.shape}" if values.ndim != 1 else source
        kinds = "a number, a distribution or one number per synapse"
        kinds += f", as shape {matrix} or in one dimension" if matrix else ""
        remedy = "" if matrix or values.ndim < 2 else "; a matrix [pre, post] suits AllToAll with autapses"
        raise InputError(f"{owner}: expected {kinds}, got {shape}{remedy}")
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise InputError(f"{owner}: expected finite numbers, got {values[bad[0]]} for synapse {bad[0]}")
    return values


def _checked_size(size: float, owner: str) -> float:
    if not (size == 0 or _MIN_WEIGHT <= abs(size) <= _MAX_WEIGHT):
        raise InputError(f"{owner}: expected 0 or a magnitude from {_MIN_WEIGHT:g} to {_MAX_WEIGHT:g}, got {size}")
    return size


def _whole_steps(delay: npt.NDArray[np.float64], dt: float, owner: str) -> npt.NDArray[np.float64]:
    steps = to_steps(delay, dt)
    bad = np.flatnonzero(~((delay / dt >= 1.0 - SLACK) & (steps <= MAX_DELAY)))
    if bad.size:
        remedy = "shorten it or choose a longer dt" if steps[bad[0]] > 1 else "lengthen it or choose another dt"
        raise InputError(
            f"{owner}: expected a delay from {dt:g} (one step) to {MAX_DELAY * dt:g} ms, got {delay[bad[0]]:g} ms"
            f"; {remedy}"
        )
    return np.asarray(steps)
