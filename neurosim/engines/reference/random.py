"""The random word of each neuron in each step: which counter, which lane, which word.

Neurons go in blocks of 128. The counter (32 block + lane, step, stream, sample) yields four words, and word w of lane l
belongs to neuron 32 w + l of the block, so that 32 lanes of a vector unit store neighbouring neurons.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurosim.core.rng import NEURON_BLOCK, normal_quantile, philox4x32, stream_id

_LANES = NEURON_BLOCK // 4  # a counter yields 4 words
_MASK = 0xFFFFFFFF


def neuron_words(seed: int, stream: str, step: int, sample: int, n: int) -> npt.NDArray[np.uint32]:
    """The words of ``n`` neurons in one step, uint32 (n,)."""
    blocks = -(-n // NEURON_BLOCK)
    counter = np.empty((blocks * _LANES, 4), np.uint32)
    counter[:, 0] = np.arange(len(counter), dtype=np.uint32)
    counter[:, 1:] = step & _MASK, stream_id(stream), sample
    words = philox4x32(counter, (seed & _MASK, seed >> 32))
    return words.reshape(blocks, _LANES, 4).transpose(0, 2, 1).reshape(-1)[:n]


def neuron_normals(seed: int, stream: str, step: int, sample: int, n: int) -> npt.NDArray[np.float64]:
    """Standard normal numbers of ``n`` neurons in one step, from one word each: the quantile of (word + 1/2) / 2^32."""
    return normal_quantile((neuron_words(seed, stream, step, sample, n).astype(np.float64) + 0.5) * 2.0**-32)
