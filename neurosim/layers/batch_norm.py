"""Batch normalisation: y = gamma xhat + beta with xhat = (x - mean) / sqrt(var + eps), per unit or per channel.

Training takes mean and (biased) variance over the minibatch, inference their running means

    mean <- momentum mean + (1 - momentum) batch mean        var <- the same with the batch variance

which `statistics` returns. The backward pass through the batch, with m entries per unit:

    dx = gamma / (m sigma) * (m g - sum g - xhat sum(g xhat))

Source: Ioffe & Szegedy (2015), arXiv:1502.03167, algorithm 1. The running variance is the biased one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from neurosim.core.arrays import Array, Params, Shape, namespace
from neurosim.core.rng import Draw, Stream
from neurosim.layers.layer import Layer
from neurosim.layers.meter import UNMETERED, Meter


class Normalised(NamedTuple):
    """The cache of the backward pass: ``xhat`` (batch, n, ...), 1 / sigma and, in training, mean and variance (n,)."""

    xhat: Array
    inverse_sigma: Array
    mean: Array | None
    var: Array | None


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Normalises each unit of (batch, n), or each channel of (batch, n, height, width).

    A minibatch with a `Draw` is training, one without is inference. ``gamma`` and ``beta`` are learned; ``mean``
    and ``var`` follow the data.

    Parameters
    ----------
    momentum : float
        The weight of the old running mean and variance at each minibatch.
    eps : float
        Added to the variance.

    References
    ----------
    Ioffe & Szegedy (2015), arXiv:1502.03167, algorithm 1.

    Examples
    --------
    >>> layer = BatchNorm(eps=0.0)
    >>> {name: values.tolist() for name, values in layer.init((1,), Stream(0, "norm"), "float64").items()}
    {'gamma': [1.0], 'beta': [0.0], 'mean': [0.0], 'var': [1.0]}
    """

    momentum: float = 0.9
    eps: float = 1e-5

    @property
    def param_names(self) -> tuple[str, ...]:
        """Names of the parameters, each (n,): two learned, two that follow the data."""
        return ("gamma", "beta", "mean", "var")

    def init(self, shape: Shape, rng: Stream, dtype: str) -> Params:
        """The identity: gamma and var 1, beta and mean 0."""
        n = shape[0]
        start = {"gamma": 1.0, "beta": 0.0, "mean": 0.0, "var": 1.0}
        return {name: np.full(n, value, dtype) for name, value in start.items()}

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """The normalised values; the cache is a `Normalised`."""
        axes = _axes(x)
        mean = params["mean"] if draw is None else x.mean(axis=axes)
        centred = x - _along(mean, x)
        var = params["var"] if draw is None else (centred * centred).mean(axis=axes)
        inverse_sigma = 1 / namespace(x).sqrt(var + self.eps)
        xhat = centred * _along(inverse_sigma, x)
        y = xhat * _along(params["gamma"], x) + _along(params["beta"], x)
        seen = (None, None) if draw is None else (mean, var)
        return y, Normalised(xhat, inverse_sigma, *seen)

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """The gradient for x; in training it also runs through mean and variance."""
        slope = _along(params["gamma"] * cache.inverse_sigma, g)
        if cache.mean is None:
            return g * slope
        axes = _axes(g)
        through_mean = _along(g.mean(axis=axes), g)
        through_var = cache.xhat * _along((g * cache.xhat).mean(axis=axes), g)
        result: Array = slope * (g - through_mean - through_var)
        return result

    def grad(self, cache: Any, g: Array, meter: Meter = UNMETERED) -> Params:
        """The gradients for gamma and beta; mean and var have none."""
        axes = _axes(g)
        return {"gamma": (g * cache.xhat).sum(axis=axes), "beta": g.sum(axis=axes)}

    def statistics(self, params: Params, cache: Any) -> Params:
        """The running mean and variance after this minibatch; nothing at inference."""
        if cache.mean is None:
            return {}
        old, new = self.momentum, 1.0 - self.momentum
        return {"mean": old * params["mean"] + new * cache.mean, "var": old * params["var"] + new * cache.var}


def _axes(x: Array) -> tuple[int, ...]:
    """All axes but that of the units."""
    return (0, *range(2, x.ndim))


def _along(values: Array, x: Array) -> Array:
    """One value per unit, reshaped to broadcast over ``x``."""
    return values.reshape(-1, *(1,) * (x.ndim - 2))
