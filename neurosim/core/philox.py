"""Random words (Philox 4x32-10) and normal numbers for compiled code, bit for bit those of `neurosim.core.rng`.

Neurons: blocks of 128. Counter = (32 block + lane, step, stream, sample); word w of lane l belongs to neuron
32 w + l of its block. Synapses: counter = (row, draw, stream, 0); word w of draw d belongs to synapse 4 d + w of
the row, which is `neurosim.core.rng.Stream.words` with the axes exchanged. Key = (low, high) half of the seed.

Loops run over a number of counters that is not known when compiling: with a small known one LLVM unrolls the loop
before it sees the vector in it, and a word costs eight times as much.

Sources: Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", section 3; Wichura (1988),
Applied Statistics 37:477, algorithm AS 241 (normal quantile).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled, inlined
from neurosim.core.portable_math import portable_log
from neurosim.core.rng import CENTRE, FAR_TAIL, TAIL

Words = npt.NDArray[np.uint32]

_U32, _U64 = np.uint32, np.uint64
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)  # Salmon et al., table 2
_W0, _W1 = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)  # golden ratio and sqrt(3) - 1, in 32 bits
_HALF = np.uint64(32)
_ABOVE_CENTRE, _BELOW_CENTRE = CENTRE  # of AS 241, see `normal_quantile`
_ABOVE_TAIL, _BELOW_TAIL = TAIL
_ABOVE_FAR, _BELOW_FAR = FAR_TAIL


@inlined
def philox(
    c0: np.uint32, c1: np.uint32, c2: np.uint32, c3: np.uint32, k0: np.uint32, k1: np.uint32
) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32]:
    """The four words of one counter under one key; every argument is an uint32."""
    for _ in range(10):
        p0 = _M0 * _U64(c0)
        p1 = _M1 * _U64(c2)
        n0 = _U32(p1 >> _HALF) ^ c1 ^ k0
        n2 = _U32(p0 >> _HALF) ^ c3 ^ k1
        c1 = _U32(p1)
        c3 = _U32(p0)
        c0 = n0
        c2 = n2
        k0 = _U32(k0 + _W0)
        k1 = _U32(k1 + _W1)
    return _U32(c0), c1, _U32(c2), c3


@compiled
def neuron_words(
    out: Words, first_block: int, step: int, stream: np.uint32, sample: np.uint32, k0: np.uint32, k1: np.uint32
) -> None:
    """Fill ``out`` (128 n,) with one word for each neuron of the n blocks from ``first_block`` on."""
    for block in range(out.shape[0] // 128):
        start = block * 128
        w0, w1 = out[start : start + 32], out[start + 32 : start + 64]
        w2, w3 = out[start + 64 : start + 96], out[start + 96 : start + 128]
        base = _U32((first_block + block) * 32)
        for lane in range(32):
            w0[lane], w1[lane], w2[lane], w3[lane] = philox(
                _U32(base + _U32(lane)), _U32(step), _U32(stream), _U32(sample), _U32(k0), _U32(k1)
            )


@compiled
def synapse_words(out: Words, row: int, draw: int, stream: np.uint32, k0: np.uint32, k1: np.uint32) -> None:
    """Fill ``out`` (n,) with the words of ``row`` from those of ``draw`` on: 4 a draw."""
    whole = out.shape[0] // 4
    for i in range(whole):
        out[4 * i], out[4 * i + 1], out[4 * i + 2], out[4 * i + 3] = philox(
            _U32(row), _U32(draw + i), _U32(stream), _U32(0), _U32(k0), _U32(k1)
        )
    if 4 * whole < out.shape[0]:
        last = philox(_U32(row), _U32(draw + whole), _U32(stream), _U32(0), _U32(k0), _U32(k1))
        for j in range(out.shape[0] - 4 * whole):
            out[4 * whole + j] = last[j]


@compiled
def row_words(
    out: Words, start: npt.NDArray[np.int64], first_row: int, stream: np.uint32, k0: np.uint32, k1: np.uint32
) -> None:
    """Fill ``out[start[i] : start[i + 1]]`` with one word for each synapse of row ``first_row + i``."""
    for i in range(start.shape[0] - 1):
        synapse_words(out[start[i] : start[i + 1]], first_row + i, 0, stream, k0, k1)


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
