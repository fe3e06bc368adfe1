"""From images to flat samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from neurosim.arrays import Array
from neurosim.meter import UNMETERED, Meter
from neurosim.protocols import Layer, Params, Shape
from neurosim.rng import Draw


@dataclass(frozen=True)
class Flatten(Layer):
    """Samples of any shape as vectors, last axis fastest."""

    def output_shape(self, shape: Shape) -> Shape:
        """(number of values,)."""
        return (math.prod(shape),)

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """(batch, ...) -> (batch, n); the cache is the input's shape."""
        return x.reshape(len(x), math.prod(x.shape[1:])), x.shape

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """``g`` in the input's shape."""
        return g.reshape(cache)
