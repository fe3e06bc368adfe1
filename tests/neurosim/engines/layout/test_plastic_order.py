"""A part's synapses are found among the canonical ones by their numbers, however these are written down."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.engines.layout.plastic_order import Places


@given(sources=st.integers(1, 5), cuts=st.lists(st.integers(0, 6), min_size=2, max_size=2), variables=st.integers(0, 3))
def test_the_columns_of_a_full_matrix_are_those_that_their_numbers_say(
    sources: int, cuts: list[int], variables: int
) -> None:
    first, last = sorted(cuts)
    numbers = (np.arange(sources)[:, np.newaxis] * 6 + np.arange(first, last)).ravel()
    places = Places.of(numbers, 6, first, last - first)
    assert (places.numbers is None) == (last > first)
    check(places, numbers, 6 * sources, variables)


@pytest.mark.parametrize(
    ("numbers", "width"),
    [([0, 1, 4, 5, 2, 3], 2), ([0, 1, 3, 2], 2), ([1, 2, 4, 5], 2), ([2, 0, 1], 3), ([0, 1, 2], 2), ([], 0), ([3], 1)],
)
def test_others_go_by_their_numbers(numbers: list[int], width: int) -> None:
    own = np.array(numbers, np.int64)
    places = Places.of(own, 3, 0, width)
    assert places.numbers is not None
    check(places, own, 6, 2)


def check(places: Places, numbers: npt.NDArray[np.int64], count: int, variables: int) -> None:
    canonical = np.random.default_rng(1).random((2, variables, count))
    assert np.array_equal(places.take(canonical), canonical[..., numbers])
    expected = canonical.copy()
    values = np.random.default_rng(2).random((2, variables, len(numbers)))
    expected[..., numbers] = values
    places.put(canonical, values)
    assert np.array_equal(canonical, expected)
