"""Builders: exact degrees, distributions against scipy at fixed seeds, and what is refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from neurosim.connectivity.builders import (
    AllToAll,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotalNumber,
    OneToOne,
)
from neurosim.connectivity.synapses import Synapses, build, in_degree, out_degree
from neurosim.core.errors import InputError

UNLIKELY = 1e-3  # each statistical test passes or fails for ever; the threshold was set before looking


def joined(builder: Any, n_pre: int, n_post: int, recurrent: bool = False, name: str = "p", seed: int = 1) -> Synapses:
    return build(
        builder, n_pre, n_post, weight=1.0, delay=1.0, dt=0.1, seed=seed, name=name, recurrent=recurrent, threads=2
    )


def chi_square(counts: npt.NDArray[Any], probability: npt.NDArray[Any]) -> float:
    """The p-value of ``counts`` of categories; those expected less than 5 times are one, with what is beyond."""
    common = probability * counts.sum() >= 5
    observed = np.append(counts[common], counts[~common].sum())
    expected = np.append(probability[common], 1.0 - probability[common].sum()) * counts.sum()
    return float(stats.chisquare(observed, expected).pvalue)


def degrees_fit(degrees: npt.NDArray[Any], n: int, p: float) -> float:
    """The p-value of degrees that should be binomial."""
    counts = np.bincount(degrees, minlength=n + 1)
    return chi_square(counts, stats.binom.pmf(np.arange(len(counts)), n, p))


def has_multapses(synapses: Synapses) -> bool:
    pairs = synapses.pre.astype(np.int64) * synapses.n_post + synapses.post
    return len(np.unique(pairs)) < len(pairs)


def autapses(synapses: Synapses) -> int:
    return int((synapses.pre == synapses.post).sum())


def test_one_to_one_joins_equals() -> None:
    synapses = joined(OneToOne(), 5, 5)
    assert synapses.pre.tolist() == synapses.post.tolist() == [0, 1, 2, 3, 4]


def test_all_to_all_joins_every_pair() -> None:
    synapses = joined(AllToAll(), 3, 4)
    assert list(zip(synapses.pre.tolist(), synapses.post.tolist(), strict=True)) == [
        (i, j) for i in range(3) for j in range(4)
    ]


def test_all_to_all_without_autapses_joins_every_other_pair() -> None:
    synapses = joined(AllToAll(allow_autapses=False), 4, 4, recurrent=True)
    assert list(zip(synapses.pre.tolist(), synapses.post.tolist(), strict=True)) == [
        (i, j) for i in range(4) for j in range(4) if i != j
    ]


@pytest.mark.parametrize(
    "builder", [AllToAll(False), FixedProbability(0.5, False), FixedInDegree(3, False), FixedTotalNumber(99, False)]
)
def test_two_populations_have_no_autapses_to_forbid(builder: Any) -> None:
    assert autapses(joined(builder, 5, 5, recurrent=False)) > 0


@pytest.mark.parametrize("p", [0.002, 0.1, 0.7, 0.98])
def test_fixed_probability_gives_binomial_degrees(p: float) -> None:
    synapses = joined(FixedProbability(p), 1000, 800)
    assert degrees_fit(out_degree(synapses), 800, p) > UNLIKELY
    assert degrees_fit(in_degree(synapses), 1000, p) > UNLIKELY
    assert not has_multapses(synapses)


def test_fixed_probability_joins_each_pair_with_its_probability() -> None:
    hits = np.zeros((4, 5), np.int64)
    for seed in range(2000):
        synapses = joined(FixedProbability(0.3), 4, 5, seed=seed)
        hits[synapses.pre, synapses.post] += 1
    z = (hits - 600.0) / np.sqrt(2000 * 0.3 * 0.7)
    assert stats.chi2.sf((z**2).sum(), 20) > UNLIKELY


def test_fixed_probability_gives_geometric_gaps() -> None:
    synapses = joined(FixedProbability(0.05), 1, 200_000)
    gaps = np.diff(synapses.post) - 1
    assert chi_square(np.bincount(gaps), stats.geom.pmf(np.arange(gaps.max() + 1) + 1, 0.05)) > UNLIKELY


def test_fixed_probability_reaches_a_large_population_rarely() -> None:
    synapses = joined(FixedProbability(1e-6), 50, 100_000_000)
    total = len(synapses)
    assert 2 * min(stats.poisson.cdf(total, 5000), stats.poisson.sf(total - 1, 5000)) > UNLIKELY
    assert stats.kstest(synapses.post / 1e8, "uniform").pvalue > UNLIKELY


@pytest.mark.parametrize(("p", "size"), [(0.0, 0), (1.0, 12)])
def test_a_certain_probability_is_exact(p: float, size: int) -> None:
    assert len(joined(FixedProbability(p), 3, 4)) == size


def test_fixed_probability_without_autapses_keeps_the_probability_of_the_others() -> None:
    synapses = joined(FixedProbability(0.2, allow_autapses=False), 1500, 1500, recurrent=True)
    assert autapses(synapses) == 0
    assert degrees_fit(out_degree(synapses), 1499, 0.2) > UNLIKELY
    assert degrees_fit(in_degree(synapses), 1499, 0.2) > UNLIKELY


@pytest.mark.parametrize("multapses", [True, False])
@pytest.mark.parametrize("k", [0, 1, 40, 290])
def test_fixed_in_degree_is_exact(k: int, multapses: bool) -> None:
    synapses = joined(FixedInDegree(k, allow_multapses=multapses), 300, 200)
    assert (in_degree(synapses) == k).all()
    assert multapses or not has_multapses(synapses)


@pytest.mark.parametrize("multapses", [True, False])
@pytest.mark.parametrize("k", [0, 1, 40, 190])
def test_fixed_out_degree_is_exact(k: int, multapses: bool) -> None:
    synapses = joined(FixedOutDegree(k, allow_multapses=multapses), 300, 200)
    assert (out_degree(synapses) == k).all()
    assert multapses or not has_multapses(synapses)


def test_the_other_degrees_of_a_fixed_degree_are_binomial() -> None:
    assert degrees_fit(in_degree(joined(FixedOutDegree(20), 3000, 1000)), 60_000, 1 / 1000) > UNLIKELY
    assert degrees_fit(out_degree(joined(FixedInDegree(20), 1000, 3000)), 60_000, 1 / 1000) > UNLIKELY
    distinct = joined(FixedOutDegree(20, allow_multapses=False), 3000, 1000)
    assert degrees_fit(in_degree(distinct), 3000, 20 / 1000) > UNLIKELY


@pytest.mark.parametrize("k", [2, 3])
def test_every_set_of_different_targets_is_equally_likely(k: int) -> None:
    synapses = joined(FixedOutDegree(k, allow_multapses=False), 20_000, 5)
    sets = Counter(map(tuple, synapses.post.reshape(-1, k).tolist()))
    assert len(sets) == 10
    assert stats.chisquare(list(sets.values())).pvalue > UNLIKELY


@pytest.mark.parametrize("builder", [FixedInDegree, FixedOutDegree])
@pytest.mark.parametrize("multapses", [True, False])
def test_fixed_degrees_without_autapses_draw_the_others_evenly(builder: Any, multapses: bool) -> None:
    synapses = joined(builder(5, allow_autapses=False, allow_multapses=multapses), 11, 11, recurrent=True, seed=3)
    assert autapses(synapses) == 0
    counts = np.zeros((11, 11), np.int64)
    for seed in range(600):
        synapses = joined(builder(5, False, multapses), 11, 11, recurrent=True, seed=seed)
        np.add.at(counts, (synapses.pre, synapses.post), 1)
    others = counts[~np.eye(11, dtype=bool)]
    variance = 0.1 * 0.9 if multapses else 0.5 * 0.5 / 5  # of one of 5 draws: binomial, or half of 10 without repeats
    assert stats.chi2.sf(((others - 300.0) ** 2 / (600 * 5 * variance)).sum(), 110) > UNLIKELY


def test_fixed_total_number_is_exact_and_spreads_over_all_pairs() -> None:
    synapses = joined(FixedTotalNumber(100_000), 30, 40)
    assert len(synapses) == 100_000
    counts = np.zeros((30, 40), np.int64)
    np.add.at(counts, (synapses.pre, synapses.post), 1)
    assert stats.chisquare(counts.ravel()).pvalue > UNLIKELY


def test_fixed_total_number_gives_binomial_degrees() -> None:
    synapses = joined(FixedTotalNumber(200_001), 3000, 2000)
    assert degrees_fit(out_degree(synapses), 200_001, 1 / 3000) > UNLIKELY
    assert degrees_fit(in_degree(synapses), 200_001, 1 / 2000) > UNLIKELY
    assert np.var(out_degree(synapses)) == pytest.approx(200_001 / 3000, rel=0.1)  # binomial; se 2.6 %


def test_fixed_total_number_without_autapses_spreads_over_the_other_pairs() -> None:
    synapses = joined(FixedTotalNumber(50_000, allow_autapses=False), 20, 20, recurrent=True)
    counts = np.zeros((20, 20), np.int64)
    np.add.at(counts, (synapses.pre, synapses.post), 1)
    assert np.diag(counts).sum() == 0
    assert stats.chisquare(counts[~np.eye(20, dtype=bool)]).pvalue > UNLIKELY


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FixedProbability(1.5), "FixedProbability.p: expected a probability in [0, 1], got 1.5"),
        (lambda: FixedProbability(-0.1), "FixedProbability.p: expected a probability in [0, 1], got -0.1"),
        (lambda: FixedProbability(float("nan")), "FixedProbability.p: expected a probability in [0, 1], got nan"),
        (lambda: FixedInDegree(-1), "FixedInDegree.k: expected a whole number >= 0, got -1"),
        (lambda: FixedOutDegree(2.5), "FixedOutDegree.k: expected a whole number >= 0, got 2.5"),  # type: ignore[arg-type]
        (lambda: FixedTotalNumber(-3), "FixedTotalNumber.n: expected a whole number >= 0, got -3"),
        (lambda: joined(OneToOne(), 3, 4), "projection 'p': OneToOne expected populations of one size, got 3 and 4"),
        (
            lambda: joined(FixedInDegree(4, allow_multapses=False), 3, 9),
            "projection 'p': expected at most 3 different sources, got 4; allow_multapses or lower it",
        ),
        (
            lambda: joined(FixedOutDegree(3, False, False), 3, 3, recurrent=True),
            "projection 'p': expected at most 2 different targets, got 3; allow_multapses or lower it",
        ),
        (
            lambda: joined(FixedTotalNumber(3, False), 1, 1, recurrent=True),
            "projection 'p': expected targets besides the neuron itself, got none; allow_autapses",
        ),
        (
            lambda: joined(AllToAll(), 0, 4),
            "projection 'p'.n_pre: expected a population of 1 to 2147483647 neurons, got 0",
        ),
        (
            lambda: joined(AllToAll(), 4, 0),
            "projection 'p'.n_post: expected a population of 1 to 2147483647 neurons, got 0",
        ),
        (
            lambda: joined(AllToAll(), 4, 3, recurrent=True),
            "projection 'p'.recurrent: expected populations of one size, got 4 and 3",
        ),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_line(make: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        make()
    assert str(error.value) == message


@pytest.mark.parametrize(
    "builder",
    [FixedTotalNumber(10**12), FixedOutDegree(10**9), FixedInDegree(10**9), AllToAll(), FixedProbability(0.9)],
)
def test_a_trillion_synapses_are_refused_before_they_are_drawn(builder: Any) -> None:
    with pytest.raises(
        InputError, match=r"^projection 'p': expected at most .* bytes .* got .*e\+\d+ synapses that need"
    ):
        joined(builder, 2_000_000, 2_000_000)


def test_nothing_else_to_join_is_no_error_where_chance_decides() -> None:
    assert len(joined(FixedProbability(0.5, allow_autapses=False), 1, 1, recurrent=True)) == 0
