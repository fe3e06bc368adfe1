"""The stratified split and one-hot targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.core.errors import InputError
from neurosim.datasets.labels import one_hot, validation_split

# of 31 samples of 6 classes one class has 6 at least, so that neither part is empty at any fraction from 0.1 to 0.9
LABELS = st.lists(st.integers(0, 5), min_size=31, max_size=200).map(np.array)


@given(LABELS, st.floats(0.1, 0.9), st.integers(0, 2**64 - 1))
def test_every_sample_is_in_one_part_and_classes_are_shared_out_alike(y: Any, fraction: float, seed: int) -> None:
    train, validation = validation_split(y, fraction, seed)
    assert sorted([*train, *validation]) == list(range(len(y)))
    assert (np.diff(train) > 0).all()
    assert (np.diff(validation) > 0).all()
    for label in range(6):
        wanted = fraction * (y == label).sum()
        assert abs((y[validation] == label).sum() - wanted) <= 0.5 + 1e-9


def test_the_split_depends_on_the_seed_alone() -> None:
    y = np.arange(1000) % 10
    first, again, other = (validation_split(y, 0.2, seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_the_draw_of_a_class_does_not_depend_on_the_other_classes() -> None:
    y = np.arange(1000) % 10
    without = np.where(y == 9, 8, y)
    a, b = (set(validation_split(labels, 0.2, 3)[1].tolist()) for labels in (y, without))
    kept = set(np.flatnonzero(y < 8).tolist())
    assert a & kept == b & kept


def test_every_sample_of_a_class_is_equally_likely_to_be_chosen() -> None:
    """400 seeds, 40 samples, a quarter chosen: counts of mean 100 and standard deviation 8.7; 5 sigma each side."""
    counts = np.zeros(40)
    for seed in range(400):
        counts[validation_split(np.zeros(40, np.int64), 0.25, seed)[1]] += 1
    assert counts.min() > 100 - 43
    assert counts.max() < 100 + 43


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, float("nan")])
def test_a_fraction_outside_zero_to_one_is_refused(fraction: float) -> None:
    with pytest.raises(InputError, match=r"validation_split.fraction: expected a number between 0 and 1"):
        validation_split(np.zeros(10, np.int64), fraction, 0)


@pytest.mark.parametrize("fraction", [0.01, 0.99])
def test_an_empty_part_is_refused(fraction: float) -> None:
    with pytest.raises(InputError, match="leaves both parts samples"):
        validation_split(np.arange(10) % 2, fraction, 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_hot_has_its_one_at_the_label(dtype: Any) -> None:
    y = np.array([2, 0, 1, 2])
    targets = one_hot(y, 4, dtype)
    assert targets.dtype == dtype
    assert (targets == np.eye(4)[y]).all()


@pytest.mark.parametrize("y", [[0, 3], [-1, 0], [[0], [1]], [0.0, 1.0]])
def test_one_hot_refuses_what_is_no_label(y: Any) -> None:
    with pytest.raises(InputError, match=r"one_hot.y: expected"):
        one_hot(np.array(y), 3)
