"""The fully connected layer y = x w + b, with w[pre, post]."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.core.arrays import Array, Params, Shape
from neurosim.core.errors import InputError
from neurosim.core.rng import Draw, Stream
from neurosim.layers.layer import Layer, scaled_normal
from neurosim.layers.meter import UNMETERED, Meter


@dataclass(frozen=True)
class Linear(Layer):
    """Units that are each connected to all inputs.

    Weights are normal with standard deviation ``gain / sqrt(n_in)``, biases zero.

    Parameters
    ----------
    n_out : int
        The number of units.
    bias : bool
        Whether each unit has a bias.
    gain : float
        Scale of the initial weights: 1, or sqrt 2 before a ReLU.

    References
    ----------
    LeCun et al. (1998), "Efficient BackProp", section 4.6; He et al. (2015), equation 10 (gain).

    Examples
    --------
    >>> Linear(10).output_shape((64,))
    (10,)
    """

    n_out: int
    bias: bool = True
    gain: float = 1.0

    synaptic = True
    uses_draw = False

    @property
    def param_names(self) -> tuple[str, ...]:
        """Names of the parameters: w (n_in, n_out) and b (n_out,)."""
        return ("w", "b") if self.bias else ("w",)

    def output_shape(self, shape: Shape) -> Shape:
        """(n_out,); the input must be flat."""
        if len(shape) != 1:
            raise InputError(f"linear: expected flat samples, got shape {shape}; put Flatten before it")
        return (self.n_out,)

    def init(self, shape: Shape, rng: Stream, dtype: str) -> Params:
        """Fresh w and b."""
        n_in = math.prod(shape)
        params = {"w": scaled_normal(rng, (n_in, self.n_out), self.gain / math.sqrt(n_in), dtype)}
        if self.bias:
            params["b"] = np.zeros(self.n_out, dtype)
        return params

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """(batch, n_in) -> (batch, n_out); the cache is ``x``."""
        y = meter.matmul("forward", x, params["w"])
        if self.bias:
            y += params["b"]
        return y, x

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """The gradient for x."""
        return meter.matmul("feedback", g, params["w"].T)

    def grad(self, cache: Any, g: Array, meter: Meter = UNMETERED) -> Params:
        """The gradients for w and b."""
        grads = {"w": meter.matmul("plasticity", cache.T, g)}
        if self.bias:
            grads["b"] = g.sum(axis=0)
        return grads
