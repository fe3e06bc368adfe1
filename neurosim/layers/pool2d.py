"""Pooling of channel-first images: each window becomes its largest value, or its mean.

Sources: mean, LeCun et al. (1998), Proc. IEEE 86:2278 ("subsampling"); maximum, Scherer, Müller & Behnke (2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neurosim.core.arrays import Array, Params, Shape, namespace
from neurosim.core.checks import whole_number
from neurosim.core.rng import Draw
from neurosim.layers.layer import Layer
from neurosim.layers.meter import UNMETERED, Meter
from neurosim.layers.windows import offsets, window_counts, windows


@dataclass(frozen=True)
class MaxPool2d(Layer):
    """The largest value of each window of images (channels, height, width).

    Where several entries share the maximum, the first of them (row by row) receives the gradient.

    Parameters
    ----------
    size : int
        The side of the square windows, >= 1.
    stride : int, optional
        The distance between windows, >= 1; default: ``size``.

    Raises
    ------
    InputError
        A number that is not whole or too small.

    References
    ----------
    Scherer, Müller & Behnke (2010).

    Examples
    --------
    >>> MaxPool2d().output_shape((4, 8, 8))
    (4, 4, 4)
    """

    size: int = 2
    stride: int | None = None

    def __post_init__(self) -> None:
        _check("max_pool2d", self.size, self.stride)

    def output_shape(self, shape: Shape) -> Shape:
        """(channels, down, across)."""
        return (*shape[:1], *window_counts("max_pool2d", shape, self.size, self.stride or self.size))

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """The maxima; the cache says where each one stood, and the input's shape."""
        view = windows(x, self.size, self.stride or self.size)
        flat = view.reshape(*view.shape[:4], -1)
        place = flat.argmax(axis=-1)
        y = namespace(x).take_along_axis(flat, place[..., None], axis=-1)
        return y[..., 0], (place, x.shape)

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """``g`` where the maximum stood, else 0."""
        place, shape = cache
        result: Array = namespace(g).zeros(shape, g.dtype)
        for k, (down, across) in enumerate(offsets(g.shape[2:], self.size, self.stride or self.size)):
            result[:, :, down, across] += g * (place == k)
        return result


@dataclass(frozen=True)
class AvgPool2d(Layer):
    """The mean of each window of images (channels, height, width).

    Parameters
    ----------
    size : int
        The side of the square windows, >= 1.
    stride : int, optional
        The distance between windows, >= 1; default: ``size``.

    Raises
    ------
    InputError
        A number that is not whole or too small.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998), Proc. IEEE 86:2278 ("subsampling").

    Examples
    --------
    >>> AvgPool2d().output_shape((4, 8, 8))
    (4, 4, 4)
    """

    size: int = 2
    stride: int | None = None

    def __post_init__(self) -> None:
        _check("avg_pool2d", self.size, self.stride)

    def output_shape(self, shape: Shape) -> Shape:
        """(channels, down, across)."""
        return (*shape[:1], *window_counts("avg_pool2d", shape, self.size, self.stride or self.size))

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """The means; the cache is the input's shape."""
        return windows(x, self.size, self.stride or self.size).mean(axis=(4, 5)), x.shape

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """``g`` in equal shares to the entries of each window."""
        result: Array = namespace(g).zeros(cache, g.dtype)
        share = g / self.size**2
        for down, across in offsets(g.shape[2:], self.size, self.stride or self.size):
            result[:, :, down, across] += share
        return result


def _check(owner: str, size: int, stride: int | None) -> None:
    whole_number(f"{owner}.size", size, 1)
    if stride is not None:
        whole_number(f"{owner}.stride", stride, 1)
