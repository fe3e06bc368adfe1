"""Convolution of channel-first images: y[o] = sum_c x[c] (*) w[c, o] + b[o], where (*) is cross-correlation.

Each place of the output is one row of a product "windows x weights" (im2col), so that the meter counts exactly the
products of the synapses; padding counts as zeros.
Source: LeCun, Bottou, Bengio & Haffner (1998), Proc. IEEE 86:2278; im2col: Chellapilla, Puri & Simard (2006).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.core.arrays import Array, Params, Shape, namespace
from neurosim.core.checks import whole_number
from neurosim.core.rng import Draw, Stream
from neurosim.layers.layer import Layer, scaled_normal
from neurosim.layers.meter import UNMETERED, Meter
from neurosim.layers.windows import offsets, window_counts, windows


@dataclass(frozen=True)
class Conv2d(Layer):
    """Convolution of images (channels, height, width).

    Weights are normal with standard deviation ``gain / sqrt(c_in kernel^2)``, biases zero.

    Parameters
    ----------
    channels : int
        Output channels, >= 1.
    kernel : int
        The side of the square windows, >= 1.
    stride : int
        The distance between windows, >= 1.
    padding : int
        The width of the border of zeros, >= 0.
    bias : bool
        Whether each output channel has a bias.
    gain : float
        Scale of the initial weights, as of `Linear`.

    Raises
    ------
    InputError
        A number that is not whole or too small.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Proc. IEEE 86:2278.

    Examples
    --------
    >>> Conv2d(4, kernel=3, padding=1).output_shape((1, 8, 8))
    (4, 8, 8)
    """

    channels: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    bias: bool = True
    gain: float = 1.0

    synaptic = True
    uses_draw = False

    def __post_init__(self) -> None:
        for name, least in (("channels", 1), ("kernel", 1), ("stride", 1), ("padding", 0)):
            whole_number(f"conv2d.{name}", getattr(self, name), least)

    @property
    def param_names(self) -> tuple[str, ...]:
        """Names of the parameters: w (c_in, c_out, kernel, kernel) and b (c_out,)."""
        return ("w", "b") if self.bias else ("w",)

    def output_shape(self, shape: Shape) -> Shape:
        """(channels, height, width) of the output."""
        border = 2 * self.padding
        padded = (*shape[:1], *(side + border for side in shape[1:]))
        return (self.channels, *window_counts("conv2d", padded, self.kernel, self.stride))

    def init(self, shape: Shape, rng: Stream, dtype: str) -> Params:
        """Fresh w and b."""
        self.output_shape(shape)
        scale = self.gain / math.sqrt(shape[0] * self.kernel**2)
        params = {"w": scaled_normal(rng, (shape[0], self.channels, self.kernel, self.kernel), scale, dtype)}
        if self.bias:
            params["b"] = np.zeros(self.channels, dtype)
        return params

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """(batch, c_in, height, width) -> (batch, c_out, down, across); the cache is ``x``."""
        rows, counts = self._rows(x)
        y = meter.matmul("forward", rows, _as_matrix(params["w"]))
        if self.bias:
            y += params["b"]
        return y.reshape(len(x), *counts, self.channels).transpose(0, 3, 1, 2), x

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """The gradient for x: a sum over the places in the window.

        One product per place, whose factor is a view of w, so that a meter sees which weights are read.
        """
        batch, c_in, height, width = cache.shape
        counts, p = g.shape[2:], self.padding
        errors = self._errors(g)
        padded: Array = namespace(g).zeros((batch, height + 2 * p, width + 2 * p, c_in), g.dtype)
        places = offsets(counts, self.kernel, self.stride)
        for k, (down, across) in enumerate(places):
            w = params["w"][:, :, k // self.kernel, k % self.kernel]
            padded[:, down, across] += meter.matmul("feedback", errors, w.T).reshape(batch, *counts, c_in)
        return padded[:, p : p + height, p : p + width].transpose(0, 3, 1, 2)

    def grad(self, cache: Any, g: Array, meter: Meter = UNMETERED) -> Params:
        """The gradients for w and b."""
        rows, _ = self._rows(cache)
        errors = self._errors(g)
        product = meter.matmul("plasticity", rows.T, errors)
        w = product.reshape(-1, self.kernel, self.kernel, self.channels).transpose(0, 3, 1, 2)
        grads = {"w": namespace(g).ascontiguousarray(w)}
        if self.bias:
            grads["b"] = errors.sum(axis=0)
        return grads

    def _rows(self, x: Array) -> tuple[Array, tuple[int, int]]:
        """The windows of ``x`` as rows (batch * down * across, c_in * kernel^2), and (down, across)."""
        if p := self.padding:
            x = namespace(x).pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        view = windows(x, self.kernel, self.stride)
        counts = view.shape[2], view.shape[3]
        return view.transpose(0, 2, 3, 1, 4, 5).reshape(-1, x.shape[1] * self.kernel**2), counts

    def _errors(self, g: Array) -> Array:
        """``g`` as rows (batch * down * across, c_out)."""
        return g.transpose(0, 2, 3, 1).reshape(-1, self.channels)


def _as_matrix(w: Array) -> Array:
    """(c_in, c_out, kernel, kernel) -> (c_in * kernel^2, c_out)."""
    return w.transpose(0, 2, 3, 1).reshape(-1, w.shape[1])
