"""Stacks: the chain rule through many layers, tied weights, and the border."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.core.arrays import Params
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.layers import Conv2d, Flatten, Linear, MaxPool2d, Node, Stack, relu, tanh

H = 1e-5


def directional(stack: Stack, params: Params, x: np.ndarray, g: np.ndarray, along: Params) -> float:
    """The central difference of sum(scores g) along a direction in parameter space."""

    def value(side: float) -> float:
        moved = {name: values + side * H * along[name] for name, values in params.items()}
        return float((stack.fprop(moved, x)[0] * g).sum())

    return (value(1) - value(-1)) / (2 * H)


def assert_gradient_is_exact(stack: Stack, x: np.ndarray) -> None:
    """Along ten random directions in the space of all parameters."""
    params = stack.init(Stream(0, "init"), "float64")
    scores, caches = stack.fprop(params, x)
    g = Stream(1, "g").normal(scores.shape)
    gradients = stack.gradients(params, caches, g)
    for draw in range(10):
        along = {name: Stream(2, name).normal(values.shape, draw) for name, values in params.items()}
        found = sum(float((gradients[name] * along[name]).sum()) for name in params)
        assert found == pytest.approx(directional(stack, params, x, g, along), rel=1e-6)


def test_the_gradient_of_a_convolutional_stack_is_exact() -> None:
    stack = Stack(
        (2, 6, 6),
        (
            Node("conv1", Conv2d(3, 3, padding=1)),
            Node("relu1", relu()),
            Node("pool1", MaxPool2d(2)),
            Node("conv2", Conv2d(4, 2)),
            Node("tanh2", tanh()),
            Node("flatten", Flatten()),
            Node("output", Linear(3)),
        ),
    )
    assert_gradient_is_exact(stack, Stream(3, "x").normal((4, 2, 6, 6)))


def test_tied_weights_sum_their_gradients() -> None:
    tied = Stack((3,), (Node("a", Linear(3)), Node("f", tanh()), Node("b", Linear(3), shares="a")))
    assert_gradient_is_exact(tied, Stream(3, "x").normal((4, 3)))


def test_tied_weights_are_the_sum_of_what_two_free_copies_get() -> None:
    def stack(shares: str | None) -> Stack:
        return Stack((3,), (Node("a", Linear(3)), Node("f", tanh()), Node("b", Linear(3), shares=shares)))

    tied = stack("a").init(Stream(0, "init"), "float64")
    free = tied | {"b.w": tied["a.w"], "b.b": tied["a.b"]}
    x, g = Stream(3, "x").normal((4, 3)), Stream(4, "g").normal((4, 3))
    summed = stack("a").gradients(tied, stack("a").fprop(tied, x)[1], g)
    apart = stack(None).gradients(free, stack(None).fprop(free, x)[1], g)
    assert set(tied) == {"a.w", "a.b"}
    for key in ("w", "b"):
        np.testing.assert_allclose(summed[f"a.{key}"], apart[f"a.{key}"] + apart[f"b.{key}"], rtol=1e-12)


@pytest.mark.parametrize(("given", "of_params"), [("float64", "float32"), ("float32", "float64"), ("uint8", "float32")])
def test_mixed_precisions_are_refused(given: str, of_params: str) -> None:
    stack = Stack((3,), (Node("output", Linear(2)),))
    params = stack.init(Stream(0, "init"), of_params)
    with pytest.raises(TypeError, match=f"expected x of dtype {of_params}, as the parameters, got {given}"):
        stack.fprop(params, np.ones((1, 3), given))


def test_the_whole_way_stays_in_float32() -> None:
    stack = Stack((1, 4, 4), (Node("c", Conv2d(2)), Node("r", relu()), Node("f", Flatten()), Node("o", Linear(2))))
    params = stack.init(Stream(0, "init"), "float32")
    scores, caches = stack.fprop(params, np.ones((2, 16), np.float32))
    gradients = stack.gradients(params, caches, scores)
    assert {values.dtype for values in (scores, *params.values(), *gradients.values())} == {np.dtype("float32")}


def test_flat_and_shaped_samples_are_the_same() -> None:
    stack = Stack((1, 2, 3), (Node("f", Flatten()), Node("o", Linear(2))))
    params = stack.init(Stream(0, "init"), "float64")
    x = Stream(1, "x").normal((5, 1, 2, 3))
    assert stack.fprop(params, x)[0].tobytes() == stack.fprop(params, x.reshape(5, 6))[0].tobytes()


def test_two_nodes_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="expected different names"):
        Stack((3,), (Node("a", Linear(3)), Node("a", Linear(3))))


def test_dense_layers_on_images_are_refused_with_the_remedy() -> None:
    with pytest.raises(InputError, match=r"linear: expected flat samples, got shape \(1, 4, 4\); put Flatten"):
        assert Stack((1, 4, 4), (Node("o", Linear(2)),)).output_shape
