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
    """y = function(x), with dy/dx = derivative(y).

    Parameters
    ----------
    function : callable
        Array to array of the same shape.
    derivative : callable
        Its derivative in terms of the output.

    Examples
    --------
    >>> import numpy as np
    >>> layer = Elementwise(lambda x: 2 * x, lambda y: 2 + 0 * y)
    >>> layer.fprop({}, np.array([[1.0, 3.0]]))[0].tolist()
    [[2.0, 6.0]]
    """

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
    """max(x, 0); the derivative at 0 is 0.

    Returns
    -------
    Elementwise
        A layer.
    """
    return Elementwise(lambda x: namespace(x).maximum(x, 0), lambda y: y > 0)


def tanh() -> Elementwise:
    """The hyperbolic tangent.

    Returns
    -------
    Elementwise
        A layer.
    """
    return Elementwise(lambda x: namespace(x).tanh(x), lambda y: 1 - y * y)


def sigmoid() -> Elementwise:
    """1 / (1 + exp(-x)), as (1 + tanh(x / 2)) / 2, which cannot overflow.

    Returns
    -------
    Elementwise
        A layer.
    """
    return Elementwise(lambda x: 0.5 * (1 + namespace(x).tanh(0.5 * x)), lambda y: y * (1 - y))


def hard_sigmoid() -> Elementwise:
    """clip(0.2 x + 0.5, 0, 1), with the slope of Keras 0.2.

    Returns
    -------
    Elementwise
        A layer.

    References
    ----------
    Courbariaux, Bengio & David (2015), BinaryConnect, which has the slope 1/2.
    """
    return Elementwise(
        lambda x: namespace(x).clip(0.2 * x + 0.5, 0, 1),
        lambda y: ((y > 0) & (y < 1)) * y.dtype.type(0.2),
    )


def clipped() -> Elementwise:
    """clip(x, 0, 1): the rate of an integrate-and-fire unit with soft reset, relative to its maximum.

    Returns
    -------
    Elementwise
        A layer.
    """
    return Elementwise(
        lambda x: namespace(x).clip(x, 0, 1),
        lambda y: ((y > 0) & (y < 1)) * y.dtype.type(1),
    )


def activation(name: str) -> Elementwise:
    """A nonlinearity by its name.

    Parameters
    ----------
    name : {"relu", "tanh", "sigmoid", "hard_sigmoid", "clipped"}
        As the function of this module is called.

    Returns
    -------
    Elementwise
        A layer.

    Raises
    ------
    InputError
        An unknown name.

    Examples
    --------
    >>> import numpy as np
    >>> activation("relu").fprop({}, np.array([[-1.0, 2.0]]))[0].tolist()
    [[0.0, 2.0]]
    """
    known = {"relu": relu, "tanh": tanh, "sigmoid": sigmoid, "hard_sigmoid": hard_sigmoid, "clipped": clipped}
    if name not in known:
        raise one_of("activation", name, known)
    return known[name]()
