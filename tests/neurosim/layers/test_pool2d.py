"""Pooling by hand: small images whose answer can be read off."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from neurosim.core.arrays import to_host
from neurosim.core.errors import InputError
from neurosim.layers import AvgPool2d, MaxPool2d

IMAGE = np.array([[[[1.0, 2.0, 5.0], [4.0, 3.0, 6.0], [7.0, 8.0, 9.0]]]])


def test_the_maximum_of_each_window(xp: ModuleType) -> None:
    assert to_host(MaxPool2d(2, stride=1).fprop({}, xp.asarray(IMAGE))[0]).tolist() == [[[[4, 6], [8, 9]]]]


def test_the_mean_of_each_window(xp: ModuleType) -> None:
    assert to_host(AvgPool2d(2, stride=1).fprop({}, xp.asarray(IMAGE))[0]).tolist() == [[[[2.5, 4], [5.5, 6.5]]]]


@pytest.mark.parametrize("layer", [MaxPool2d(2), AvgPool2d(2)])
def test_rows_that_do_not_fill_a_window_are_left_out(layer: MaxPool2d | AvgPool2d, xp: ModuleType) -> None:
    y, cache = layer.fprop({}, xp.asarray(IMAGE))
    assert y.shape == (1, 1, 1, 1)
    assert to_host(layer.bprop({}, cache, y))[0, 0, 2].tolist() == [0, 0, 0]


def test_of_equal_maxima_the_first_receives_the_gradient(xp: ModuleType) -> None:
    x = xp.asarray(np.array([[[[0.0, 3.0], [3.0, 3.0]]]]))
    layer = MaxPool2d(2)
    y, cache = layer.fprop({}, x)
    assert to_host(layer.bprop({}, cache, 2 * y)).tolist() == [[[[0, 6], [0, 0]]]]


def test_overlapping_windows_add_their_gradients(xp: ModuleType) -> None:
    layer = MaxPool2d(2, stride=1)
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1.0  # the maximum of all four windows
    y, cache = layer.fprop({}, xp.asarray(x))
    assert to_host(layer.bprop({}, cache, y))[0, 0, 1].tolist() == [0, 4, 0]


def test_windows_larger_than_the_image_are_refused() -> None:
    with pytest.raises(InputError, match="max_pool2d: expected images of at least 4 x 4, got 3 x 3"):
        MaxPool2d(4).output_shape((1, 3, 3))


@pytest.mark.parametrize(("size", "stride", "field"), [(0, None, "size"), (2, 0, "stride")])
def test_sizes_below_one_are_refused(size: int, stride: int | None, field: str) -> None:
    with pytest.raises(InputError, match=rf"avg_pool2d\.{field}: expected a whole number >= 1, got 0"):
        AvgPool2d(size, stride)
