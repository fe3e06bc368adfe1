"""Logarithm and exponential for compiled code in basic operations and bit moves: the same bits on every machine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled, inlined

_SQRT_HALF = float(np.sqrt(0.5))
_LN2_HIGH, _LN2_REST = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # ln 2; the first 33 bits, the rest
_MANTISSA, _BELOW_ONE = np.uint64((1 << 52) - 1), np.uint64(1022 << 52)
_MANTISSA_BITS = np.uint64(52)
_SMALLEST_EXPONENT = -708.0  # exp of less is not a normal number


@inlined
def portable_log(x: float) -> float:
    """The natural logarithm of a normal positive ``x``: the same operations as `neurosim.core.rng.portable_log`."""
    bits = np.float64(x).view(np.uint64)
    m = np.uint64((bits & _MANTISSA) | _BELOW_ONE).view(np.float64)
    e = np.float64(np.int64(bits >> _MANTISSA_BITS) - 1022)
    low = m < _SQRT_HALF
    m = 2.0 * m if low else m
    e = e - 1.0 if low else e
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    series = (1.0 / 23) * q
    series = (series + 1.0 / 21) * q
    series = (series + 1.0 / 19) * q
    series = (series + 1.0 / 17) * q
    series = (series + 1.0 / 15) * q
    series = (series + 1.0 / 13) * q
    series = (series + 1.0 / 11) * q
    series = (series + 1.0 / 9) * q
    series = (series + 1.0 / 7) * q
    series = (series + 1.0 / 5) * q
    series = (series + 1.0 / 3) * q
    return e * _LN2_HIGH + (2.0 * s + (2.0 * s * series + e * _LN2_REST))


@inlined
def portable_exp(x: float) -> float:
    """The exponential of ``x`` <= 709 within 2 units in the last place; 0 below -708.

    x = k ln 2 + r with |r| <= ln 2 / 2; exp r by its series to r^13, whose next term is below 2^-57.
    """
    k = np.floor(x * 1.4426950408889634 + 0.5)  # 1 / ln 2
    r = (x - k * _LN2_HIGH) - k * _LN2_REST
    series = 1.0 + r * (1.0 / 13)
    series = 1.0 + r * (1.0 / 12) * series
    series = 1.0 + r * (1.0 / 11) * series
    series = 1.0 + r * (1.0 / 10) * series
    series = 1.0 + r * (1.0 / 9) * series
    series = 1.0 + r * (1.0 / 8) * series
    series = 1.0 + r * (1.0 / 7) * series
    series = 1.0 + r * (1.0 / 6) * series
    series = 1.0 + r * (1.0 / 5) * series
    series = 1.0 + r * (1.0 / 4) * series
    series = 1.0 + r * (1.0 / 3) * series
    series = 1.0 + r * 0.5 * series
    series = 1.0 + r * series
    power = np.uint64((np.int64(max(k, -1022.0)) + 1023) << 52).view(np.float64)
    return series * power if x > _SMALLEST_EXPONENT else 0.0


@compiled
def exp_of(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """`portable_exp` of each entry of ``x`` (n,)."""
    out = np.empty_like(x)
    for i in range(x.shape[0]):
        out[i] = portable_exp(x[i])
    return out


@compiled
def log_of(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """`portable_log` of each entry of ``x`` (n,)."""
    out = np.empty_like(x)
    for i in range(x.shape[0]):
        out[i] = portable_log(x[i])
    return out
