from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from neurosim.report.statistics import Estimate, estimate, paired

numbers = st.lists(st.floats(-10, 10), min_size=2, max_size=12)


def test_mean_deviation_and_interval_of_three_values_are_those_computed_by_hand() -> None:
    e = estimate([0.94, 0.96, 0.98])  # sd = 0.02; t(0.975, 2) = 4.30265 of a printed table
    assert [e.n, e.mean, e.sd] == pytest.approx([3, 0.96, 0.02])
    half = 4.30265 * 0.02 / math.sqrt(3)
    assert [e.low, e.high] == pytest.approx([0.96 - half, 0.96 + half], abs=1e-7)


@given(numbers, st.sampled_from([0.8, 0.95, 0.99]))
def test_the_interval_of_a_mean_is_that_of_scipy(values: list[float], level: float) -> None:
    if np.ptp(values) < 1e-6:
        return
    mine = estimate(values, level)
    theirs = stats.ttest_1samp(values, 0.0).confidence_interval(level)
    assert [mine.low, mine.high] == pytest.approx([theirs.low, theirs.high], abs=1e-9)


@given(numbers)
def test_the_paired_interval_is_that_of_scipys_paired_test(values: list[float]) -> None:
    others = np.linspace(0.0, 1.0, len(values)) ** 2
    if np.ptp(np.array(values) - others) < 1e-6:
        return
    mine = paired(dict(enumerate(values)), dict(enumerate(others.tolist())))
    theirs = stats.ttest_rel(values, others).confidence_interval(0.95)
    assert [mine.low, mine.high] == pytest.approx([theirs.low, theirs.high], abs=1e-9)


def test_pairing_goes_by_seed_and_not_by_position() -> None:
    assert paired({5: 0.9, 3: 0.7}, {3: 0.6, 5: 0.8}) == estimate([0.9 - 0.8, 0.7 - 0.6])


def test_a_seed_that_one_side_lacks_or_knows_as_nan_is_left_out() -> None:
    e = paired({0: 0.9, 1: 0.8, 2: math.nan, 3: None, 4: 0.5}, {0: 0.8, 2: 0.7, 3: 0.7, 4: None})
    assert e.n == 1
    assert e.mean == pytest.approx(0.1)


@pytest.mark.parametrize("values", [[], [None], [math.nan, math.inf]])
def test_of_nothing_everything_but_the_number_is_unknown(values: list[float | None]) -> None:
    e = estimate(values)
    assert e.n == 0
    assert all(math.isnan(v) for v in (e.mean, e.sd, e.low, e.high))


def test_of_one_value_only_the_mean_is_known() -> None:
    e = estimate([0.5])
    assert (e.n, e.mean) == (1, 0.5)
    assert all(math.isnan(v) for v in (e.sd, e.low, e.high))


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert estimate([0.25, 0.25]) == Estimate(2, 0.25, 0.0, 0.25, 0.25)
