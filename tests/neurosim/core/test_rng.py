"""Random numbers by counter: published vectors, exact arithmetic, and the statistics a user relies on.

Sources: kat_vectors of Random123 1.14 (D. E. Shaw Research); Wichura (1988), Applied Statistics 37:477.
Every statistical test has fixed seeds: it passes or fails for ever.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, localcontext
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from neurosim.core.rng import Stream, normal_quantile, philox4x32, portable_log, stream_id

ONES = 0xFFFFFFFF
PI = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)  # the digits of pi, continued in its key
UNLIKELY = 1e-3


@pytest.mark.parametrize(
    ("rounds", "counter", "key", "words"),
    [
        (7, (0,) * 4, (0, 0), "5f6fb709 0d893f64 4f121f81 4f730a48"),
        (7, (ONES,) * 4, (ONES, ONES), "5207ddc2 45165e59 4d8ee751 8c52f662"),
        (7, PI, (0xA4093822, 0x299F31D0), "4dfccaba 190a87f0 c47362ba b6b5242a"),
        (10, (0,) * 4, (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (10, (ONES,) * 4, (ONES, ONES), "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (10, PI, (0xA4093822, 0x299F31D0), "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_philox_gives_the_published_words(
    rounds: int, counter: tuple[int, ...], key: tuple[int, int], words: str
) -> None:
    got = philox4x32(np.array(counter, np.uint32), key, rounds)
    assert " ".join(f"{word:08x}" for word in got) == words


def test_a_block_of_counters_is_each_counter_alone() -> None:
    counters = np.arange(24, dtype=np.uint32).reshape(2, 3, 4)
    blocks = philox4x32(counters, (1, 2))
    assert all((blocks[i] == philox4x32(counters[i], (1, 2))).all() for i in np.ndindex(2, 3))


def test_a_stream_is_named_by_crc_32() -> None:
    assert stream_id("123456789") == 0xCBF43926  # the check value of CRC-32/ISO-HDLC


def test_the_counter_is_row_draw_stream_sample_under_the_seed() -> None:
    got = Stream(seed=(7 << 32) | 5, name="w", sample=3).words(12, draw=9)
    counters = np.array([[row, 9, stream_id("w"), 3] for row in range(3)], np.uint32)
    assert (got == philox4x32(counters, (5, 7)).reshape(-1)).all()


def test_ten_rounds_are_the_default() -> None:
    assert philox4x32(np.zeros(4, np.uint32), (0, 0))[0] == 0x6627E8D5  # with 7 rounds it is 5f6fb709


@given(few=st.integers(0, 50), more=st.integers(0, 50))
def test_a_longer_row_begins_with_the_shorter(few: int, more: int) -> None:
    stream = Stream(1, "prefix")
    assert (stream.words(few + more)[:few] == stream.words(few)).all()


def test_the_shape_does_not_change_the_numbers() -> None:
    stream = Stream(1, "shape")
    assert (stream.normal((2, 3)).ravel() == stream.normal(6)).all()
    assert stream.uniform(()).shape == ()


def others() -> list[Stream]:
    """Streams that differ in one address part each."""
    return [Stream(0, "a"), Stream(1, "a"), Stream(2**32, "a"), Stream(0, "b"), Stream(0, "a").child("a")] + [
        Stream(0, "a", sample) for sample in (1, 2)
    ]


def rows() -> list[npt.NDArray[np.float64]]:
    """Normal numbers of all those streams, and of two further draws of the first."""
    return [s.normal(4096) for s in others()] + [others()[0].normal(4096, draw) for draw in (1, 2)]


def test_streams_of_another_seed_name_sample_or_draw_share_no_number() -> None:
    assert all(np.intersect1d(a, b).size == 0 for a, b in combinations(rows(), 2))


def test_streams_of_another_seed_name_sample_or_draw_are_uncorrelated() -> None:
    worst = min(stats.pearsonr(a, b).pvalue for a, b in combinations(rows(), 2))
    assert worst > UNLIKELY / 36  # 36 pairs


def test_a_child_is_named_after_its_parents_and_keeps_seed_and_sample() -> None:
    assert Stream(5, "init", 2).child("hidden").child("w") == Stream(5, "init/hidden/w", 2)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_outside_64_bits_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=r"rng\.seed: expected .* got"):
        Stream(seed, "x")


@pytest.mark.parametrize(("word", "expected"), [(0, 2.0**-53), (ONES, 1 - 2.0**-53)])
def test_uniform_stays_off_0_and_1_at_the_extreme_words(
    monkeypatch: pytest.MonkeyPatch, word: int, expected: float
) -> None:
    monkeypatch.setattr(Stream, "words", lambda self, n, draw=0: np.full(n, word, np.uint32))
    assert Stream(0, "x").uniform(1)[0] == expected
    assert np.isfinite(Stream(0, "x").normal(1)[0])


def test_uniform_is_uniform() -> None:
    assert stats.kstest(Stream(1, "ks").uniform(20_000), "uniform").pvalue > UNLIKELY


def test_uniform_fills_its_low_bits_too() -> None:
    """Over many streams: one stream alone falls below `UNLIKELY` once in a thousand (seed 1 does)."""
    cells = [(Stream(seed, "bits").uniform(2048) * 2.0**52).astype(np.int64) % 16 for seed in range(200)]
    chances = [stats.chisquare(np.bincount(cell, minlength=16)).pvalue for cell in cells]
    assert stats.kstest(chances, "uniform").pvalue > UNLIKELY


def test_normal_is_normal() -> None:
    assert stats.kstest(Stream(1, "ks").normal(20_000), "norm").pvalue > UNLIKELY


@pytest.mark.parametrize("p", [0.0, 1e-3, 0.3, 1.0])
def test_below_is_true_with_probability_p(p: float) -> None:
    hits = int(Stream(1, "below").below(p, (100, 200)).sum())
    assert stats.binomtest(hits, 20_000, p).pvalue > UNLIKELY


@given(n=st.integers(0, 300), draw=st.integers(0, 2**32 - 1))
def test_a_permutation_holds_every_index_once(n: int, draw: int) -> None:
    assert sorted(Stream(1, "permutation").permutation(n, draw)) == list(range(n))


def test_all_24_orders_of_4_are_equally_likely() -> None:
    stream = Stream(1, "permutation")
    seen = Counter(tuple(stream.permutation(4, draw).tolist()) for draw in range(4800))
    assert len(seen) == 24
    assert stats.chisquare(list(seen.values())).pvalue > UNLIKELY


def probabilities() -> npt.NDArray[np.float64]:
    """Points in the centre, in both tails, at their seams and at the ends that `uniform` can reach."""
    halves = 2.0 ** -np.arange(2, 54)
    seams = np.array([0.075, 0.925, np.exp(-25.0), 1 - np.exp(-25.0)])
    near = np.concatenate([np.nextafter(seams, 0), seams, np.nextafter(seams, 1)])
    return np.concatenate([np.linspace(0.001, 0.999, 600), halves, 1 - halves, 0.5 + halves[:-1], near])


def exact_error(p: float, x: float) -> float:
    """How far, relatively, ``x`` lies from the normal quantile of ``p``: (Phi(x) - p) / (phi(x) x), to 40 digits.

    Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/(3 5) + ...), Abramowitz & Stegun 26.2.11.
    """
    with localcontext() as context:
        context.prec = 60
        z, root_two_pi = Decimal(x), Decimal("2.50662827463100050241576528481104525300698674060993831662992")
        density = (-z * z / 2).exp() / root_two_pi
        term = total = z
        odd = 1
        while abs(term) > Decimal("1e-50"):
            odd += 2
            term *= z * z / odd
            total += term
        return float((Decimal("0.5") + density * total - Decimal(p)) / (density * z))


def test_normal_quantile_is_exact_to_1e_15() -> None:
    p = probabilities()
    assert max(abs(exact_error(float(a), float(b))) for a, b in zip(p, normal_quantile(p), strict=True)) < 1e-15


def test_normal_quantile_agrees_with_scipy() -> None:
    p = probabilities()
    np.testing.assert_allclose(normal_quantile(p), special.ndtri(p), rtol=1e-15)


def test_normal_quantile_gives_wichuras_check_values() -> None:
    got = normal_quantile(np.array([0.5, 0.25, 0.001, 1e-20]))
    expected = [0.0, -0.6744897501960817, -3.090232306167814, -9.262340089798408]
    np.testing.assert_allclose(got, expected, rtol=1e-15)


def test_portable_log_is_within_2_units_in_the_last_place() -> None:
    seam = np.sqrt(0.5) * 2.0 ** np.arange(-3, 4)
    magnitudes = np.exp(np.linspace(-700, 700, 1001))
    x = np.concatenate([magnitudes, np.linspace(0.5, 2.0, 2000), seam, np.nextafter(seam, 0), [5e-324, 1.7e308]])
    exact = [Decimal(float(value)).ln() for value in x]
    error = [abs(Decimal(float(got)) - want) for got, want in zip(portable_log(x), exact, strict=True)]
    assert all(e <= 2 * Decimal(float(np.spacing(abs(float(w))))) for e, w in zip(error, exact, strict=True))


def test_the_log_of_1_is_0() -> None:
    assert portable_log(np.array([1.0]))[0] == 0.0
