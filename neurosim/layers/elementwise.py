"""Nonlinearities, each written once as a function and its derivative in terms of the output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from neurosim.core.arrays import Array, Params, namespace
from neurosim.core.errors import one_of
from neurosim.core.rng import Draw
from neurosim.layers.layer import Layer
from neurosim.layers.meter import UNMETERED, Meter


@dataclass(frozen=True)
class Elementwise(Layer):
    """y = function(x), with dy/dx = derivative(y); the cache is y."""

    function: Callable[[Array], Array]
    derivative: Callable[[Array], Array]

    elementwise = True
    uses_draw = False

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """The function of each entry."""
        y = self.function(x)
        return y, y

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """``g`` times the derivative."""
        return g * self.derivative(cache)


def relu() -> Elementwise:
    """max(x, 0); the derivative at 0 is 0."""
    return Elementwise(lambda x: namespace(x).maximum(x, 0), lambda y: y > 0)


def tanh() -> Elementwise:
    """The hyperbolic tangent."""
    return Elementwise(lambda x: namespace(x).tanh(x), lambda y: 1 - y * y)


def sigmoid() -> Elementwise:
    """1 / (1 + exp(-x)), as (1 + tanh(x / 2)) / 2, which cannot overflow."""
    return Elementwise(lambda x: 0.5 * (1 + namespace(x).tanh(0.5 * x)), lambda y: y * (1 - y))


def hard_sigmoid() -> Elementwise:
    """clip(0.2 x + 0.5, 0, 1) (Courbariaux, Bengio & David 2015, BinaryConnect, use slope 1/2; Keras 0.2)."""
    return Elementwise(
        lambda x: namespace(x).clip(0.2 * x + 0.5, 0, 1),
        lambda y: ((y > 0) & (y < 1)) * y.dtype.type(0.2),
    )


def clipped() -> Elementwise:
    """clip(x, 0, 1): the rate of an integrate-and-fire unit with soft reset, in units of its largest."""
    return Elementwise(
        lambda x: namespace(x).clip(x, 0, 1),
        lambda y: ((y > 0) & (y < 1)) * y.dtype.type(1),
    )


def activation(name: str) -> Elementwise:
    """The nonlinearity called ``name``: relu, tanh, sigmoid, hard_sigmoid or clipped.

    Raises:
        InputError: an unknown name.
    """
    known = {"relu": relu, "tanh": tanh, "sigmoid": sigmoid, "hard_sigmoid": hard_sigmoid, "clipped": clipped}
    if name not in known:
        raise one_of("activation", name, known)
    return known[name]()
