"""From images to flat samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from neurosim.core.arrays import Array, Params, Shape
from neurosim.core.rng import Draw
from neurosim.layers.layer import Layer
from neurosim.layers.meter import UNMETERED, Meter


@dataclass(frozen=True)
class Flatten(Layer):
    """Samples of any shape as vectors, last axis fastest.

    Examples
    --------
    >>> Flatten().output_shape((3, 4, 4))
    (48,)
    """

    def output_shape(self, shape: Shape) -> Shape:
        """(number of values,)."""
        return (math.prod(shape),)

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """(batch, ...) -> (batch, n); the cache is the input's shape."""
        return x.reshape(len(x), math.prod(x.shape[1:])), x.shape

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """``g`` in the input's shape."""
        return g.reshape(cache)
