"""Initial states of a population: a number, one per neuron, or a distribution, sampled by counter."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.distributions import Distribution
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream


def initial_values(owner: str, given: Any, stream: Stream, size: int) -> npt.NDArray[np.float64]:
    """Initial values (size,) from ``given``; a distribution of `neurosim.connectivity` is sampled from ``stream``.

    Raises:
        InputError: a number that is not finite, or an array of another shape.
    """
    if isinstance(given, Distribution) and not isinstance(given, type):
        return _drawn(given, stream.uniform(size))
    try:
        values = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{owner}: expected a number, an array or a distribution, got {given!r}") from None
    if values.shape not in ((), (size,)):
        raise InputError(f"{owner}: expected a number or an array of shape ({size},), got shape {values.shape}")
    if not np.isfinite(values).all():
        raise InputError(f"{owner}: expected finite numbers, got {values[~np.isfinite(values)].flat[0]}")
    return np.broadcast_to(values, (size,)).copy()


def _drawn(distribution: Distribution, p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The quantiles of ``p``, each from the nearer end, where a distribution keeps its precision."""
    values, low = np.empty_like(p), p <= 0.5
    values[low] = distribution.from_below(p[low])
    values[~low] = distribution.from_above(1.0 - p[~low])
    return values
