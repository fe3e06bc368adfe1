"""Dropout: during training each value is zeroed with probability p, and the others grow by 1 / (1 - p).

Because of that factor ("inverted" dropout) inference needs nothing. Source: Srivastava et al. (2014), JMLR 15:1929.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosim.core.arrays import Array, Params, namespace
from neurosim.core.errors import InputError
from neurosim.core.rng import Draw
from neurosim.layers.layer import Layer
from neurosim.layers.meter import UNMETERED, Meter


@dataclass(frozen=True)
class Dropout(Layer):
    """Zeroes values at random in training and scales the others by 1 / (1 - p); the same draw gives the same mask.

    Parameters
    ----------
    p : float
        The probability of a zero, in [0, 1).

    Raises
    ------
    InputError
        A probability outside [0, 1).

    References
    ----------
    Srivastava et al. (2014), JMLR 15:1929.

    Examples
    --------
    >>> import numpy as np
    >>> Dropout(0.5).fprop({}, np.ones((1, 2)))[0].tolist()  # inference
    [[1.0, 1.0]]
    """

    p: float = 0.5

    elementwise = True

    def __post_init__(self) -> None:
        if not 0.0 <= self.p < 1.0:
            raise InputError(f"dropout.p: expected a probability in [0, 1), got {self.p}")

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """``x`` times a mask of 0 and 1 / (1 - p), which is the cache; ``x`` itself without a draw."""
        if draw is None or self.p == 0.0:
            return x, None
        kept = namespace(x).asarray(draw.below(1.0 - self.p, x.shape))
        mask = kept * x.dtype.type(1.0 / (1.0 - self.p))
        return x * mask, mask

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """``g`` times the mask."""
        return g if cache is None else g * cache
