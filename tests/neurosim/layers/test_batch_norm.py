"""Batch normalisation against its closed form."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from neurosim.core.arrays import Array, Params, to_host
from neurosim.core.rng import Draw, Stream
from neurosim.layers import BatchNorm, Linear, Node, Stack

DRAW = Draw(Stream(0, "test"), 0)


def case(xp: ModuleType, shape: tuple[int, ...]) -> tuple[Params, Array]:
    """Parameters with gamma 2 and beta 3 for 4 units, and an input whose mean and variance are neither 0 nor 1."""
    params = BatchNorm().init(shape[1:], Stream(0, "init"), "float64")
    params |= {"gamma": np.full(4, 2.0), "beta": np.full(4, 3.0)}
    x = 5.0 + 3.0 * Stream(1, "x").normal(shape)
    return {name: xp.asarray(value) for name, value in params.items()}, xp.asarray(x)


@pytest.mark.parametrize("shape", [(50, 4), (10, 4, 3, 5)])
def test_in_training_each_unit_has_mean_beta_and_deviation_gamma(xp: ModuleType, shape: tuple[int, ...]) -> None:
    params, x = case(xp, shape)
    y = to_host(BatchNorm(eps=1e-12).fprop(params, x, DRAW)[0])
    axes = (0, *range(2, len(shape)))
    np.testing.assert_allclose(y.mean(axis=axes), 3.0, rtol=1e-12)
    np.testing.assert_allclose(y.std(axis=axes), 2.0, rtol=1e-12)  # NumPy's std is the biased one


def test_at_inference_the_running_means_are_used(xp: ModuleType) -> None:
    params, x = case(xp, (5, 4))
    params |= {"mean": xp.asarray(np.arange(4.0)), "var": xp.asarray(np.array([1.0, 4.0, 9.0, 16.0]))}
    y = to_host(BatchNorm(eps=0.5).fprop(params, x)[0])
    expected = 2.0 * (to_host(x) - np.arange(4)) / np.sqrt(np.array([1.5, 4.5, 9.5, 16.5])) + 3.0
    np.testing.assert_allclose(y, expected, rtol=1e-12)


def test_running_means_approach_the_data_by_a_tenth_per_minibatch(xp: ModuleType) -> None:
    params, x = case(xp, (50, 4))
    layer = BatchNorm()
    for _ in range(3):
        _, cache = layer.fprop(params, x, DRAW)
        params |= layer.statistics(params, cache)
    left = 0.9**3
    data = to_host(x)
    np.testing.assert_allclose(to_host(params["mean"]), (1 - left) * data.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(to_host(params["var"]), left + (1 - left) * data.var(axis=0), rtol=1e-12)


def test_the_stack_names_statistics_in_full_and_gives_them_no_gradient() -> None:
    stack = Stack((3,), (Node("hidden", Linear(4)), Node("norm", BatchNorm()), Node("output", Linear(2))))
    params = stack.init(Stream(0, "init"), "float64")
    _, caches = stack.fprop(params, Stream(0, "x").normal((5, 3)), DRAW)
    assert set(stack.statistics(params, caches)) == {"norm.mean", "norm.var"}
    learned = set(stack.gradients(params, caches, np.ones((5, 2))))
    assert learned == set(params) - {"norm.mean", "norm.var"}


def test_a_shift_of_the_input_is_taken_out(xp: ModuleType) -> None:
    """The gradient for x sums to 0 over the batch, and so does its product with the normalised values."""
    params, x = case(xp, (50, 4))
    layer = BatchNorm(eps=1e-12)
    _, cache = layer.fprop(params, x, DRAW)
    dx = layer.bprop(params, cache, xp.asarray(Stream(2, "g").normal((50, 4))))
    np.testing.assert_allclose(to_host(dx.sum(axis=0)), 0.0, atol=1e-12)
    np.testing.assert_allclose(to_host((dx * cache.xhat).sum(axis=0)), 0.0, atol=1e-10)
