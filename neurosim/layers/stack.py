"""Stacks of layers: a network of rates as a list of named layers over one flat tree of parameters.

Nothing here has hidden state: parameters are a dict from "layer.name" to array, `fprop` returns what the way
back needs, random numbers come from an addressed `Draw`. Two nodes with the same ``shares`` use the same
parameters (tied weights, unrolled time).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from neurosim.core.arrays import Array, Params, Shape
from neurosim.core.errors import InputError
from neurosim.core.rng import Draw, Stream
from neurosim.layers.layer import Batch, Layer
from neurosim.layers.losses import Loss
from neurosim.layers.meter import UNMETERED, Meter


@dataclass(frozen=True)
class Node:
    """A layer with its name; ``shares`` names the parameters it uses (default: its own name)."""

    name: str
    layer: Layer
    shares: str | None = None

    @cached_property
    def owner(self) -> str:
        """The name under which this node's parameters are kept."""
        return self.shares or self.name

    @cached_property
    def _param_names(self) -> dict[str, str]:
        """The full name of each parameter by its short one."""
        return {key: f"{self.owner}.{key}" for key in self.layer.param_names}

    def params(self, tree: Params) -> Params:
        """This node's parameters by their short names ("w", "b")."""
        return dict(zip(self._param_names, map(tree.__getitem__, self._param_names.values()), strict=True))

    def fprop(self, tree: Params, x: Array, draw: Draw | None, meter: Meter) -> tuple[Array, Any]:
        """The layer's output and cache."""
        return self.layer.fprop(self.params(tree), x, draw and self._draw(draw), meter)

    def bound(self, tree: Params, draw: Draw | None) -> Callable[[Array], tuple[Array, Any]]:
        """`fprop` as a function of ``x`` alone, for a pass that repeats it; its products are not counted."""
        return partial(self.layer.fprop, self.params(tree), draw=draw and self._draw(draw))

    def _draw(self, draw: Draw) -> Draw | None:
        return draw.child(self.name) if self.layer.uses_draw else None

    def grad(self, cache: Any, g: Array, meter: Meter) -> Params:
        """The gradients for this node's parameters, by their full names."""
        if not self._param_names:
            return {}
        return {self._param_names[key]: value for key, value in self.layer.grad(cache, g, meter).items()}


@dataclass(frozen=True)
class Group:
    """A synapse group: one node with weights, and the nodes that turn its sums into the rates of its units."""

    synapses: Node
    transfer: tuple[Node, ...]

    @property
    def name(self) -> str:
        """The name of the node with weights."""
        return self.synapses.name

    @property
    def weight(self) -> str:
        """The full name of the weight array."""
        return f"{self.synapses.owner}.w"


@dataclass(frozen=True)
class Stack:
    """A feedforward network: ``nodes`` in order, fed with samples of shape ``input_shape``.

    The units of a layer are named after the node that feeds them; the last group is the output.

    >>> from neurosim.layers import Linear, tanh
    >>> net = Stack((2,), (Node("hidden", Linear(4)), Node("tanh", tanh()), Node("output", Linear(1))))
    >>> [group.name for group in net.groups], net.output_shape
    (['hidden', 'output'], (1,))
    """

    input_shape: Shape
    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        names = [node.name for node in self.nodes]
        if len(set(names)) != len(names):
            raise InputError(f"stack.nodes: expected different names, got {names}; tie weights with shares=")

    def shapes(self) -> Iterator[tuple[Node, Shape]]:
        """Each node with the shape of one sample at its input."""
        shape = self.input_shape
        for node in self.nodes:
            yield node, shape
            shape = node.layer.output_shape(shape)

    @cached_property
    def output_shape(self) -> Shape:
        """The shape of one sample's scores."""
        shape = self.input_shape
        for node in self.nodes:
            shape = node.layer.output_shape(shape)
        return shape

    def init(self, rng: Stream, dtype: str = "float32") -> Params:
        """Fresh parameters on the host, drawn from ``rng``'s child of each owner's name."""
        tree: Params = {}
        for node, shape in self.shapes():
            if node.owner not in {name.rpartition(".")[0] for name in tree}:
                values = node.layer.init(shape, rng.child(node.owner), dtype)
                tree |= {f"{node.owner}.{key}": value for key, value in values.items()}
        return tree

    @cached_property
    def entry(self) -> tuple[Node, ...]:
        """The nodes before the first weights."""
        count = next((i for i, node in enumerate(self.nodes) if node.layer.synaptic), len(self.nodes))
        return self.nodes[:count]

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The synapse groups from the input to the output."""
        starts = [i for i, node in enumerate(self.nodes) if node.layer.synaptic]
        ends = [*starts, len(self.nodes)][1:]
        return tuple(Group(self.nodes[i], self.nodes[i + 1 : j]) for i, j in zip(starts, ends, strict=True))

    @property
    def aligned(self) -> tuple[str, ...]:
        """The names of all groups."""
        return tuple(group.name for group in self.groups)

    @property
    def active(self) -> tuple[str, ...]:
        """The names of the hidden groups."""
        return self.aligned[:-1]

    @property
    def spiking(self) -> Mapping[str, int]:
        """None: rates are no spikes."""
        return {}

    def network(self, params: Params, backend: str = "auto") -> RateNetwork:
        """This stack with its parameters, which are where it computes; nothing is left to a ``backend``."""
        return RateNetwork(self, params)

    def gradient(self, params: Params, batch: Batch, loss: Loss) -> Params:
        """The negative gradient of ``loss``, summed over a minibatch, at inference."""
        scores, caches = self.fprop(params, batch.x)
        return self.gradients(params, caches, loss.error(scores, batch.targets))

    def fprop(
        self, tree: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED
    ) -> tuple[Array, list[Any]]:
        """The scores for ``x`` (batch, ...) and the caches of all nodes; ``draw`` None means inference.

        Raises:
            TypeError: ``x`` and the parameters differ in dtype, so that one of them would be promoted silently.
        """
        _check_dtype(tree, x)
        caches = []
        x = x.reshape(len(x), *self.input_shape)
        for node, last_of_group in zip(self.nodes, self._ends_of_hidden_groups, strict=True):
            x, cache = node.fprop(tree, x, draw, meter)
            caches.append(cache)
            if last_of_group:
                meter.activity(last_of_group, x)
        return x, caches

    def gradients(self, tree: Params, caches: list[Any], g: Array, meter: Meter = UNMETERED) -> Params:
        """The gradients for all parameters, from ``g``, the gradient for the scores; shared ones are summed."""
        result: Params = {}
        first = len(self.entry)
        for i in range(len(self.nodes) - 1, first - 1, -1):
            node, cache = self.nodes[i], caches[i]
            for name, value in node.grad(cache, g, meter).items():
                result[name] = result[name] + value if name in result else value
            if i > first:
                g = node.layer.bprop(node.params(tree), cache, g, meter)
        return result

    def statistics(self, tree: Params, caches: list[Any]) -> Params:
        """New values of the parameters that follow the data (running means), by their full names."""
        return {
            f"{node.owner}.{key}": value
            for i, node in self._adaptive
            for key, value in node.layer.statistics(node.params(tree), caches[i]).items()
        }

    @cached_property
    def _adaptive(self) -> tuple[tuple[int, Node], ...]:
        """The nodes with parameters that follow the data, and their places."""
        nodes = enumerate(self.nodes)
        return tuple((i, node) for i, node in nodes if type(node.layer).statistics is not Layer.statistics)

    @cached_property
    def _ends_of_hidden_groups(self) -> tuple[str | None, ...]:
        marks: list[str | None] = [None] * len(self.nodes)
        end = len(self.entry)
        for group in self.groups[:-1]:
            end += 1 + len(group.transfer)
            marks[end - 1] = group.name
        return tuple(marks)


@dataclass(frozen=True)
class RateNetwork:
    """A stack with its parameters, which a study changes in place."""

    spec: Stack
    params: Params


def scaled_normal(rng: Stream, shape: Shape, scale: float, dtype: str) -> Array:
    """Normal numbers of standard deviation ``scale``, drawn in float64 and rounded to ``dtype``."""
    return (scale * rng.normal(shape)).astype(dtype)


def _check_dtype(tree: Params, x: Array) -> None:
    expected = next(iter(tree.values()), x).dtype
    if x.dtype != expected:
        raise TypeError(f"stack.fprop: expected x of dtype {expected}, as the parameters, got {x.dtype}; use x.astype")
