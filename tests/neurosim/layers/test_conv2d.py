"""Convolution against SciPy's correlation, and the counts of its products against a count of synapses."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from scipy.signal import correlate2d

from neurosim.core.arrays import Array, Params, to_host
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.layers import Conv2d
from neurosim.layers.meter import CountingMeter


def by_scipy(layer: Conv2d, params: Params, x: Array) -> Array:
    """The sum over input channels of the valid cross-correlation with the padded image, every stride-th place."""
    p, s = layer.padding, layer.stride
    padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    w, b = params["w"], params["b"]
    return np.array(
        [
            [
                b[o] + sum(correlate2d(image[c], w[c, o], mode="valid")[::s, ::s] for c in range(len(w)))
                for o in range(w.shape[1])
            ]
            for image in padded
        ]
    )


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(1, 1, 0), (3, 1, 0), (3, 1, 1), (2, 2, 0), (3, 2, 1), (5, 3, 2)]
)
def test_convolution_is_the_cross_correlation_of_scipy(xp: ModuleType, kernel: int, stride: int, padding: int) -> None:
    layer = Conv2d(3, kernel, stride, padding)
    params = layer.init((2, 8, 7), Stream(0, "init"), "float64")
    params["b"] = np.array([0.5, -1.0, 2.0])
    x = Stream(1, "x").normal((4, 2, 8, 7))
    y, _ = layer.fprop({name: xp.asarray(value) for name, value in params.items()}, xp.asarray(x))
    np.testing.assert_allclose(to_host(y), by_scipy(layer, params, x), rtol=1e-12, atol=1e-12)
    assert y.shape[1:] == layer.output_shape((2, 8, 7))


def test_each_weight_is_counted_once_per_nonzero_input_that_it_meets() -> None:
    layer = Conv2d(2, 3, padding=1)
    params = {"w": np.ones((1, 2, 3, 3)), "b": np.zeros(2)}
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 0, 0], x[0, 0, 1, 2] = 0.5, 2.5  # a corner is seen by 4 windows, an inner place by 9
    meter = CountingMeter(params={"conv.w": params["w"], "conv.b": params["b"]})
    layer.fprop(params, x, None, meter)
    assert meter.counts["forward"].macs == 2 * (4 + 9)


def test_weights_have_the_spread_that_was_asked_for() -> None:
    w = Conv2d(64, 5, gain=2.0).init((16, 8, 8), Stream(0, "init"), "float64")["w"]
    assert w.shape == (16, 64, 5, 5)
    expected = 2.0 / np.sqrt(16 * 25)
    assert abs(w.std() / expected - 1) < 5 / np.sqrt(2 * w.size)  # five standard errors of a standard deviation
    assert abs(w.mean()) < 5 * expected / np.sqrt(w.size)


@pytest.mark.parametrize(("shape", "named"), [((64,), "images"), ((1, 2, 8), "at least 3 x 3")])
def test_what_is_no_image_or_too_small_is_refused(shape: tuple[int, ...], named: str) -> None:
    with pytest.raises(InputError, match=f"conv2d: expected {'.*' if named[0] == 'a' else ''}{named}"):
        Conv2d(2).output_shape(shape)


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("channels", lambda: Conv2d(0)),
        ("kernel", lambda: Conv2d(1, kernel=0)),
        ("stride", lambda: Conv2d(1, stride=0)),
    ],
)
def test_sizes_below_one_are_refused(field: str, make: Callable[[], Conv2d]) -> None:
    with pytest.raises(InputError, match=rf"conv2d\.{field}: expected a whole number >= 1, got 0"):
        make()


def test_the_way_back_is_seen_to_read_the_forward_weights() -> None:
    layer, w = Conv2d(2, 3), np.ones((1, 2, 3, 3))
    meter = CountingMeter(params={"conv.w": w})
    layer.bprop({"w": w}, np.ones((1, 1, 4, 4)), np.ones((1, 2, 2, 2)), meter)
    assert meter.downward == {"conv.w"}
    assert meter.counts["feedback"].dense == 2 * 9 * 4


def test_the_gradient_is_summed_over_places_and_samples() -> None:
    layer = Conv2d(1, 2)
    x, g = Stream(0, "x").normal((2, 1, 3, 3)), Stream(0, "g").normal((2, 1, 2, 2))
    grads = layer.grad(x, g)
    for i, j in itertools.product(range(2), repeat=2):
        assert grads["w"][0, 0, i, j] == pytest.approx((x[:, 0, i : i + 2, j : j + 2] * g[:, 0]).sum(), rel=1e-12)
    assert grads["b"][0] == pytest.approx(g.sum(), rel=1e-12)
