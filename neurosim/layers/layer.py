"""The protocol of layers of rate networks, and the minibatch that passes through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from neurosim.core.arrays import Array, Params, Shape
from neurosim.core.rng import Draw, Stream
from neurosim.layers.meter import UNMETERED, Meter


class Layer(Protocol):
    """A differentiable map without state: three functions and a declaration.

    Layers of ours name it as their base, which has the methods of a layer without parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from neurosim.layers import Linear
    >>> layer, params = Linear(1), {"w": np.array([[2.0], [3.0]]), "b": np.array([1.0])}
    >>> y, cache = layer.fprop(params, np.array([[1.0, 10.0]]))
    >>> y.tolist(), layer.bprop(params, cache, np.array([[1.0]])).tolist()
    ([[33.0]], [[2.0, 3.0]])
    >>> {name: g.tolist() for name, g in layer.grad(cache, np.array([[1.0]])).items()}
    {'w': [[1.0], [10.0]], 'b': [1.0]}
    """

    synaptic: ClassVar[bool] = False
    """Whether the layer is a set of synapses: it has a weight ``w`` with axes (pre, post, ...)."""
    elementwise: ClassVar[bool] = False
    """Whether each output depends on the input at the same place alone."""
    uses_draw: ClassVar[bool] = True
    """Whether `fprop` uses the draw; it is None otherwise, in training too."""

    @property
    def param_names(self) -> tuple[str, ...]:
        """The parameters' names."""
        return ()

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one output sample.

        Parameters
        ----------
        shape : tuple of int
            The shape of one input sample.

        Returns
        -------
        tuple of int
            Without the axis of the batch.

        Raises
        ------
        InputError
            Samples of this shape do not fit.
        """
        return shape

    def init(self, shape: Shape, rng: Stream, dtype: str) -> Params:
        """Draw initial parameters.

        Parameters
        ----------
        shape : tuple of int
            The shape of one input sample.
        rng : Stream
            Random numbers.
        dtype : {"float32", "float64"}
            Of the parameters.

        Returns
        -------
        dict of array
            By the names of `param_names`, on the host.
        """
        return {}

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """The output for a minibatch.

        Parameters
        ----------
        params : dict of array
            By the names of `param_names`.
        x : array (batch, ...)
            Inputs.
        draw : Draw, optional
            Random numbers of this step in training; None at inference.
        meter : Meter
            Counts the products.

        Returns
        -------
        y : array (batch, ...)
            Outputs.
        cache : object
            What `bprop`, `grad` and `statistics` need.
        """
        ...

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """The gradient for the input.

        Parameters
        ----------
        params : dict of array
            By the names of `param_names`.
        cache : object
            Of `fprop`.
        g : array (batch, ...)
            The gradient for the output.
        meter : Meter
            Counts the products.

        Returns
        -------
        array (batch, ...)
            Of the input's shape.
        """
        ...

    def grad(self, cache: Any, g: Array, meter: Meter = UNMETERED) -> Params:
        """The gradients for the parameters, summed over the batch.

        Parameters
        ----------
        cache : object
            Of `fprop`.
        g : array (batch, ...)
            The gradient for the output.
        meter : Meter
            Counts the products.

        Returns
        -------
        dict of array
            By name; parameters that `statistics` sets have none.
        """
        return {}

    def statistics(self, params: Params, cache: Any) -> Params:
        """New values of parameters that follow the data instead of a gradient (running means).

        Parameters
        ----------
        params : dict of array
            By the names of `param_names`.
        cache : object
            Of `fprop`.

        Returns
        -------
        dict of array
            By name.
        """
        return {}


@dataclass(frozen=True)
class Batch:
    """A minibatch.

    Parameters
    ----------
    x : array (batch, ...)
        Inputs.
    targets : array (batch, n_out)
        Targets, one-hot for classes.
    draw : Draw, optional
        Random numbers of this step; None at inference.
    meter : Meter
        Counts the products.
    """

    x: Array
    targets: Array
    draw: Draw | None = None
    meter: Meter = UNMETERED


def scaled_normal(rng: Stream, shape: Shape, scale: float, dtype: str) -> Array:
    """Normal numbers of standard deviation ``scale``, drawn in float64 and rounded to ``dtype``."""
    return (scale * rng.normal(shape)).astype(dtype)
