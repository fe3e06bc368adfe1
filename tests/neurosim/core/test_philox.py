"""Philox for compiled code against the NumPy generator, which has its own published vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.core.philox import neuron_words, normals, row_words, synapse_words
from neurosim.core.rng import NEURON_BLOCK, Stream, normal_quantile, philox4x32, stream_id

WORD = st.integers(0, 2**32 - 1)


@settings(max_examples=50, deadline=None)
@given(
    block=st.integers(0, 2**27 - 4), step=WORD, stream=WORD, sample=WORD, key=st.tuples(WORD, WORD), n=st.integers(0, 3)
)
def test_word_w_of_lane_l_belongs_to_neuron_32_w_plus_l_of_its_block(
    block: int, step: int, stream: int, sample: int, key: tuple[int, int], n: int
) -> None:
    out = np.empty(n * NEURON_BLOCK, np.uint32)
    neuron_words(out, block, step, np.uint32(stream), np.uint32(sample), np.uint32(key[0]), np.uint32(key[1]))
    for neuron in range(n * NEURON_BLOCK):
        which, place = divmod(neuron, NEURON_BLOCK)
        word, lane = divmod(place, 32)
        counter = np.array([32 * (block + which) + lane, step, stream, sample], np.uint32)
        assert out[neuron] == philox4x32(counter, key)[word]


@settings(max_examples=50, deadline=None)
@given(row=WORD, draw=st.integers(0, 2**31), stream=WORD, key=st.tuples(WORD, WORD), n=st.integers(0, 70))
def test_word_w_of_draw_d_belongs_to_synapse_4_d_plus_w_of_its_row(
    row: int, draw: int, stream: int, key: tuple[int, int], n: int
) -> None:
    out = np.empty(n, np.uint32)
    synapse_words(out, row, draw, np.uint32(stream), np.uint32(key[0]), np.uint32(key[1]))
    counters = np.array([[row, draw + d, stream, 0] for d in range(-(-n // 4))], np.uint32).reshape(-1, 4)
    assert (out == philox4x32(counters, key).reshape(-1)[:n]).all()


@pytest.mark.parametrize("seed", [5, (7 << 32) | 5])
def test_rows_are_those_of_the_stream_with_row_and_draw_exchanged(seed: int) -> None:
    stream = Stream(seed, "a")
    start = np.array([0, 7, 7, 20], np.int64)
    out = np.empty(20, np.uint32)
    row_words(out, start, 3, np.uint32(stream_id("a")), np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32))
    for i in range(3):
        for j in range(start[i + 1] - start[i]):
            row = 3 + i
            assert out[start[i] + j] == stream.words(4 * (row + 1), draw=j // 4)[4 * row + j % 4]


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_normal_numbers_have_the_bits_of_the_quantile_function(precision: str) -> None:
    ends = [0, 1, 2, 3, 100, 2**31 - 1, 2**31, 2**32 - 3, 2**32 - 1, 59, 60, 321_000_000, 323_000_000]
    words = np.append(np.array(ends, np.uint32), np.random.default_rng(1).integers(0, 2**32, 20_000, np.uint32))
    found = np.empty(len(words), precision)
    normals(words, found)
    assert np.array_equal(found, normal_quantile((words + 0.5) * 2.0**-32).astype(precision))
