"""What every layer owes: found in the package by introspection, so that a new one is tested on the day it appears."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import neurosim.layers
from neurosim.core.arrays import Array, Params, Shape, to_host
from neurosim.core.rng import Draw, Stream
from neurosim.layers import AvgPool2d, BatchNorm, Conv2d, Dropout, Elementwise, Flatten, Linear, MaxPool2d
from neurosim.layers.layer import Layer

BATCH = 3
H = 1e-5  # step of the central differences
TOLERANCE = 1e-6  # relative, of a whole tensor
BATCH_NORM_TOLERANCE = 1e-5
DRAW = Draw(Stream(7, "test"), 2)

EXAMPLES: tuple[tuple[Layer, Shape], ...] = (
    (Linear(4), (5,)),
    (Linear(2, bias=False), (3,)),
    (Conv2d(3), (2, 5, 4)),
    (Conv2d(2, kernel=2, stride=2, padding=1, bias=False), (3, 5, 6)),
    (Conv2d(2, kernel=3, stride=2), (1, 6, 6)),
    (MaxPool2d(2), (2, 4, 5)),
    (MaxPool2d(3, stride=2), (1, 6, 6)),
    (AvgPool2d(2), (2, 4, 5)),
    (AvgPool2d(3, stride=2), (1, 6, 6)),
    (Flatten(), (2, 3, 2)),
    (Dropout(0.4), (6,)),
    (Dropout(0.0), (6,)),
    (BatchNorm(), (4,)),
    (BatchNorm(momentum=0.5), (2, 3, 2)),
)


@dataclass(frozen=True)
class Case:
    """A layer, a shape of its samples, and whether a draw says that this is training."""

    layer: Layer
    shape: Shape
    training: bool

    @property
    def draw(self) -> Draw | None:
        """What fprop receives."""
        return DRAW if self.training else None

    @property
    def tolerance(self) -> float:
        """The largest relative error of a gradient."""
        return BATCH_NORM_TOLERANCE if isinstance(self.layer, BatchNorm) else TOLERANCE


def modules() -> list[ModuleType]:
    """The modules of the package."""
    return [
        importlib.import_module(f"neurosim.layers.{module.name}")
        for module in pkgutil.iter_modules(neurosim.layers.__path__)
    ]


def layer_classes() -> set[type]:
    """Every class of the package that is a layer."""
    return {
        found
        for module in modules()
        for _, found in inspect.getmembers(module, inspect.isclass)
        if Layer in found.__mro__[1:] and found.__module__ == module.__name__
    }


def nonlinearities() -> dict[str, Elementwise]:
    """What each function of the package that takes nothing and returns an Elementwise makes."""
    makers: dict[str, Callable[[], Elementwise]] = {
        name: function
        for module in modules()
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if inspect.signature(function).return_annotation == "Elementwise" and not inspect.signature(function).parameters
    }
    return {name: make() for name, make in makers.items()}


def cases() -> Iterator[Any]:
    """Every example in training and at inference."""
    named = [(type(layer).__name__.lower(), layer, shape) for layer, shape in EXAMPLES]
    named += [(name, layer, (2, 3)) for name, layer in nonlinearities().items()]
    for name, layer, shape in named:
        for training in (True, False):
            when = "training" if training else "inference"
            yield pytest.param(Case(layer, shape, training), id=f"{name}-{'x'.join(map(str, shape))}-{when}")


every_case = pytest.mark.parametrize("case", list(cases()))


def spread(shape: Shape, name: str) -> Array:
    """Values at least 0.03 from each other and 0.002 from the kinks at 0 and +-2.5, in random order."""
    n = int(np.prod(shape))
    return 0.03 * (Stream(3, name).permutation(n) - n // 2 + 0.25).reshape(shape)


def prepared(case: Case, xp: ModuleType, dtype: str = "float64") -> tuple[Params, Array, Array]:
    """Parameters, all moved from their initial values, an input, and a gradient for the output."""
    params = case.layer.init(case.shape, Stream(1, "init"), dtype)
    moved = {name: value + 0.2 * Stream(2, name).uniform(value.shape) for name, value in params.items()}
    x = spread((BATCH, *case.shape), "x")
    g = Stream(4, "g").normal((BATCH, *case.layer.output_shape(case.shape)))
    on_device = {name: xp.asarray(value.astype(dtype)) for name, value in moved.items()}
    return on_device, xp.asarray(x.astype(dtype)), xp.asarray(g.astype(dtype))


def numeric_gradient(function: Callable[[], float], at: Array) -> Array:
    """Central differences of ``function`` for each entry of ``at``, which is changed and put back."""
    result = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        before = float(at[index])
        at[index] = before + H
        above = function()
        at[index] = before - H
        result[index] = (above - function()) / (2 * H)
        at[index] = before
    return result


def assert_close(found: Array, expected: Array, tolerance: float) -> None:
    """The error is small against the whole tensor; what is zero in theory is zero to rounding of the differences."""
    error = np.linalg.norm(to_host(found) - expected)
    assert error <= tolerance * np.linalg.norm(expected) + 1e-10 * np.sqrt(expected.size)


def test_every_layer_of_the_package_has_an_example() -> None:
    assert layer_classes() == {type(layer) for layer, _ in EXAMPLES} | {Elementwise}
    assert set(nonlinearities()) >= {"relu", "tanh", "sigmoid", "hard_sigmoid", "clipped"}


@every_case
def test_shapes_are_as_declared(case: Case, xp: ModuleType) -> None:
    params, x, g = prepared(case, xp)
    y, cache = case.layer.fprop(params, x, case.draw)
    assert y.shape == (BATCH, *case.layer.output_shape(case.shape))
    assert case.layer.bprop(params, cache, g).shape == x.shape
    assert {name: value.shape for name, value in case.layer.grad(cache, g).items()}.items() <= {
        name: value.shape for name, value in params.items()
    }.items()


@every_case
def test_a_parameter_follows_either_a_gradient_or_the_data(case: Case, xp: ModuleType) -> None:
    params, x, g = prepared(case, xp)
    _, cache = case.layer.fprop(params, x, case.draw)
    learned, followed = case.layer.grad(cache, g), case.layer.statistics(params, cache)
    assert not set(learned) & set(followed)
    assert set(params) == set(case.layer.param_names)
    assert set(learned) | set(followed) == set(params) if case.training else not followed


@every_case
def test_the_gradient_for_the_input_equals_central_differences(case: Case, xp: ModuleType) -> None:
    params, x, g = prepared(case, xp)
    _, cache = case.layer.fprop(params, x, case.draw)
    found = case.layer.bprop(params, cache, g)
    expected = numeric_gradient(lambda: float((case.layer.fprop(params, x, case.draw)[0] * g).sum()), x)
    assert_close(found, expected, case.tolerance)


@every_case
def test_the_gradients_for_the_parameters_equal_central_differences(case: Case, xp: ModuleType) -> None:
    params, x, g = prepared(case, xp)
    _, cache = case.layer.fprop(params, x, case.draw)
    for name, found in case.layer.grad(cache, g).items():
        expected = numeric_gradient(lambda: float((case.layer.fprop(params, x, case.draw)[0] * g).sum()), params[name])
        assert_close(found, expected, case.tolerance)


@every_case
def test_the_precision_is_kept(case: Case, xp: ModuleType) -> None:
    params, x, g = prepared(case, xp, "float32")
    y, cache = case.layer.fprop(params, x, case.draw)
    results = {
        **case.layer.init(case.shape, Stream(0, "init"), "float32"),
        "output": y,
        "input": case.layer.bprop(params, cache, g),
        **{f"gradient of {name}": value for name, value in case.layer.grad(cache, g).items()},
        **{f"next {name}": value for name, value in case.layer.statistics(params, cache).items()},
    }
    assert {name: value.dtype for name, value in results.items()} == dict.fromkeys(results, np.dtype("float32"))


@every_case
def test_nothing_given_is_changed_and_twice_is_the_same(case: Case, xp: ModuleType) -> None:
    params, x, g = prepared(case, xp)
    given = [x, g, *params.values()]
    before = [to_host(value).copy() for value in given]
    runs = []
    for _ in range(2):
        y, cache = case.layer.fprop(params, x, case.draw)
        for _ in range(2):  # a cache may be used again
            results = [y, case.layer.bprop(params, cache, g), *case.layer.grad(cache, g).values()]
            results += case.layer.statistics(params, cache).values()
            runs.append([to_host(value).tobytes() for value in results])
    assert runs[1:] == runs[:-1]
    assert [to_host(value).tobytes() for value in given] == [value.tobytes() for value in before]


@every_case
def test_an_elementwise_layer_keeps_places_apart(case: Case, xp: ModuleType) -> None:
    params, x, _ = prepared(case, xp)
    before = to_host(case.layer.fprop(params, x, case.draw)[0]).copy()
    place = (1,) + (0,) * len(case.shape)
    x[place] = 1.7
    changed = np.argwhere(to_host(case.layer.fprop(params, x, case.draw)[0]) != before).tolist()
    assert not case.layer.elementwise or changed in ([], [list(place)])


@pytest.mark.parametrize(("layer", "shape"), EXAMPLES)
def test_synapses_have_weights_with_axes_pre_and_post(layer: Layer, shape: Shape) -> None:
    w = layer.init(shape, Stream(0, "init"), "float64").get("w")
    assert layer.synaptic == (w is not None)
    assert w is None or w.shape[:2] == (shape[0], layer.output_shape(shape)[0])
