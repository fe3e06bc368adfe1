"""Standard normal numbers from random words, one each, with the operations of `neurosim.core.rng.normal_quantile`.

Source: Wichura (1988), Applied Statistics 37:477, algorithm AS 241.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled, inlined
from neurosim.core.portable_math import portable_log
from neurosim.core.rng import _CENTRE, _FAR_TAIL, _TAIL

_ABOVE_CENTRE, _BELOW_CENTRE = _CENTRE
_ABOVE_TAIL, _BELOW_TAIL = _TAIL
_ABOVE_FAR, _BELOW_FAR = _FAR_TAIL


@compiled
def normals(words: npt.NDArray[np.uint32], out: npt.NDArray[Any]) -> None:
    """Fill ``out`` (n,) with the normal quantiles of (word + 1/2) / 2^32, computed in float64 and rounded."""
    for j in range(out.shape[0]):
        out[j] = normal_quantile((np.float64(words[j]) + 0.5) * 2.0**-32)


@compiled
def normal_quantile(p: float) -> float:
    """The standard normal quantile of ``p`` in (0, 1)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        x = 0.180625 - q * q  # 0.425^2
        return q * (_polynomial(_ABOVE_CENTRE, x) / _polynomial(_BELOW_CENTRE, x))
    r = math.sqrt(-portable_log(p if q < 0 else 1.0 - p))
    if r <= 5.0:
        tail = _polynomial(_ABOVE_TAIL, r - 1.6) / _polynomial(_BELOW_TAIL, r - 1.6)
    else:
        tail = _polynomial(_ABOVE_FAR, r - 5.0) / _polynomial(_BELOW_FAR, r - 5.0)
    return -tail if q < 0 else tail


@inlined
def _polynomial(coefficients: Any, x: float) -> float:
    value = 0.0
    for k in range(7, -1, -1):
        value = value * x + coefficients[k]
    return value
