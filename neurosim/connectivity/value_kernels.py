"""Compiled: random words to weights and delays, by the tables of `neurosim.connectivity.values`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled, inlined

Words = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float32]

_F32, _U32, _U64 = np.float32, np.uint32, np.uint64
_MIDDLE = np.uint32(1 << 31)
_FIRST_CELL = np.uint64(1023 << 8)  # exponent and 8 bits of the number 1.0
_CELL_BITS = np.uint64(44)  # what follows them in a float64
_REST = np.uint64((1 << 23) - 1)  # the 23 bits after the cell's, all that a 32-bit number can have left
_REST_BITS = np.uint64(21)
_UNIT = np.float32(2.0**-23)
_ABOVE = np.uint64(8192)  # cells of one side


@inlined
def _interpolated(word: np.uint32, base: Floats, slope: Floats) -> np.float32:
    above = word >= _MIDDLE
    count = _U32(~word) if above else word
    bits = np.float64(_U64(2) * _U64(count) + _U64(1)).view(np.uint64)  # twice the distance from the end, exactly
    cell = _U64((bits >> _CELL_BITS) - _FIRST_CELL) + (_ABOVE if above else _U64(0))
    return _F32(base[cell] + slope[cell] * (_F32(_U32((bits >> _REST_BITS) & _REST)) * _UNIT))


@compiled
def to_weights(words: Words, base: Floats, slope: Floats, low: np.float32, high: np.float32, out: Floats) -> None:
    """``out`` = the value of each word; ``base`` and ``slope`` (16384,) hold both sides."""
    for j in range(words.shape[0]):
        x = _interpolated(words[j], base, slope)
        x = low if x < low else x
        out[j] = high if x > high else x


@compiled
def to_steps(
    words: Words, base: Floats, slope: Floats, low: np.float32, high: np.float32, out: npt.NDArray[np.uint16]
) -> None:
    """``out`` = the value of each word rounded half up, whole numbers ``low`` .. ``high``."""
    for j in range(words.shape[0]):
        x = _interpolated(words[j], base, slope) + _F32(0.5)
        x = low if x < low else x
        x = high if x > high else x
        out[j] = np.uint16(np.int32(x))
