"""Random words to targets, against the same rule in Python's whole numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neurosim.connectivity.builders import FixedOutDegree
from neurosim.connectivity.row_kernels import spread
from neurosim.connectivity.row_sources import per_log
from neurosim.connectivity.synapses import build
from neurosim.core.philox import row_words
from neurosim.core.rng import philox4x32, stream_id

QUARTER_REFUSED = 3 << 29  # 2^32 mod n is 2^30: of four words one is refused
KEY = (np.uint32(5), np.uint32(0))


def drawn(n: int, rows: int, size: int, skip: bool = False) -> tuple[np.ndarray, np.ndarray]:
    start = np.arange(rows + 1, dtype=np.int64) * size
    words, post = np.empty(rows * size, np.uint32), np.empty(rows * size, np.int32)
    row_words(words, start, 2, np.uint32(7), *KEY)
    spread(words, start, 2, n, skip, np.uint32(8), *KEY, post)
    return words.reshape(rows, size), post.reshape(rows, size)


def test_a_refused_word_gives_way_to_the_first_fit_one_of_its_own_counter() -> None:
    words, post = drawn(QUARTER_REFUSED, rows=3, size=400)
    refused = 0
    for row in range(3):
        for j in range(400):
            candidates = [int(words[row, j])]
            candidates += philox4x32(np.array([2 + row, j, 8, 0], np.uint32), (5, 0)).tolist()
            fit = [w for w in candidates if (w * QUARTER_REFUSED) % 2**32 >= 2**32 % QUARTER_REFUSED]
            refused += fit[0] != candidates[0]
            assert post[row, j] == (fit[0] * QUARTER_REFUSED) >> 32
    assert refused > 200


def test_numbers_are_equally_likely_where_words_are_refused() -> None:
    _, post = drawn(QUARTER_REFUSED, rows=4, size=50_000)
    # without refusal, of each three numbers two have three words and one has two
    assert stats.chisquare(np.bincount(post.ravel() % 3)).pvalue > 1e-3
    assert stats.kstest(post.ravel() / QUARTER_REFUSED, "uniform").pvalue > 1e-3


def test_a_row_may_leave_out_its_own_number() -> None:
    _, all_numbers = drawn(4, rows=3, size=300)
    _, others = drawn(4, rows=3, size=300, skip=True)
    for i in range(3):
        assert (others[i] == np.where(all_numbers[i] >= 2 + i, all_numbers[i] + 1, all_numbers[i])).all()


def test_a_row_s_targets_have_the_address_row_draw_stream() -> None:
    synapses = build(FixedOutDegree(10), 5, 1000, 1.0, 1.0, dt=0.1, seed=9, name="a")
    for row in range(5):
        counters = np.array([[row, draw, stream_id("a/target"), 0] for draw in range(3)], np.uint32)
        words = philox4x32(counters, (9, 0)).reshape(-1)[:10].tolist()
        assert synapses.post[10 * row :][:10].tolist() == sorted((word * 1000) >> 32 for word in words)


@pytest.mark.parametrize("p", [1e-12, 9.9e-5, 1.1e-4, 0.3, 0.999])
def test_the_length_of_a_gap_is_exact_for_small_probabilities(p: float) -> None:
    assert per_log(p) == pytest.approx(1.0 / np.log1p(-p), rel=1e-12)
