"""A data set in memory: what is refused, the scaling, and that it stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.datasets.dataset import Dataset, scaled
from neurosim.datasets.records import Splits


def make(**changes: Any) -> Dataset:
    arrays: dict[str, Any] = {
        "x_train": np.zeros((3, 2, 2), np.float32),
        "y_train": np.array([0, 1, 1]),
        "x_test": np.ones((1, 2, 2), np.float32),
        "y_test": np.array([0]),
    }
    fields = {"name": "toy", "n_classes": 2, "source": "memory", "sha256": {}, "licence": "none"}
    return Dataset(**{**fields, **arrays, **changes})


def test_a_sound_set_knows_its_sample_shape() -> None:
    assert make().sample_shape == (2, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_train": np.zeros((3, 2, 2))}, "toy.train: expected float32 samples"),
        ({"y_test": np.array([0], np.int32)}, "toy.test: expected float32 samples and int64 labels"),
        ({"y_train": np.array([0, 1])}, "toy.train: expected samples"),
        ({"x_test": np.ones((1, 4), np.float32)}, r"toy.x_test: expected samples of shape \(2, 2\), got \(4,\)"),
        ({"x_train": np.zeros((0, 2, 2), np.float32), "y_train": np.zeros(0, np.int64)}, "at least one sample"),
        ({"x_train": np.full((3, 2, 2), np.nan, np.float32)}, "toy.train: expected finite values"),
        ({"x_test": np.full((1, 2, 2), -np.inf, np.float32)}, "toy.test: expected finite values"),
        ({"y_train": np.array([0, 1, 2])}, "toy.train: expected labels from 0 to 1, got 0 to 2"),
        ({"y_train": np.array([0, 1, -1])}, "toy.train: expected labels from 0 to 1, got -1 to 1"),
    ],
)
def test_an_unsound_set_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(**change)


def test_one_nan_among_many_values_is_found() -> None:
    x = np.zeros((3, 2, 2), np.float32)
    x[1, 0, 1] = np.nan
    with pytest.raises(InputError, match="finite"):
        make(x_train=x)


def test_the_arrays_cannot_be_changed() -> None:
    data = make()
    with pytest.raises(ValueError, match="read-only"):
        data.x_train[0] = 1


def test_scaling_divides_by_white_and_keeps_zeros() -> None:
    x = np.array([[[0, 51, 255]]], np.uint8)
    y = np.array([1], np.uint8)
    x_train, y_train, _, _ = scaled(Splits(x, y, x, y), 255, None)
    assert x_train.tolist() == [[[0.0, np.float32(0.2), 1.0]]]
    assert x_train.dtype == np.float32
    assert y_train.dtype == np.int64
