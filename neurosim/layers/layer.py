"""What a layer of a rate network answers, and the minibatch that passes through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from neurosim.core.arrays import Array, Params, Shape
from neurosim.core.rng import Draw, Stream
from neurosim.layers.meter import UNMETERED, Meter


class Layer(Protocol):
    """A differentiable map without state: three functions and a declaration.

    A layer of ours names it as its base, for the answers of a layer without parameters.

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
    """Whether `fprop` looks at the draw: it is given None otherwise, in training too."""

    @property
    def param_names(self) -> tuple[str, ...]:
        """The parameters' names."""
        return ()

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one output sample; ValueError if samples of ``shape`` do not fit."""
        return shape

    def init(self, shape: Shape, rng: Stream, dtype: str) -> Params:
        """Fresh parameters for samples of ``shape``."""
        return {}

    def fprop(self, params: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED) -> tuple[Array, Any]:
        """The output for ``x`` (batch, ...) and a cache; ``draw`` is None at inference."""
        ...

    def bprop(self, params: Params, cache: Any, g: Array, meter: Meter = UNMETERED) -> Array:
        """The gradient for x, given ``g``, the gradient for the output."""
        ...

    def grad(self, cache: Any, g: Array, meter: Meter = UNMETERED) -> Params:
        """The gradients for the parameters."""
        return {}

    def statistics(self, params: Params, cache: Any) -> Params:
        """New values of parameters that follow the data instead of a gradient (running means)."""
        return {}


@dataclass(frozen=True)
class Batch:
    """A minibatch: inputs (batch, ...), targets (batch, n_out), the draw of this step, and the meter."""

    x: Array
    targets: Array
    draw: Draw | None = None
    meter: Meter = UNMETERED
