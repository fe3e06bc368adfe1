"""Stacks of layers: a network of rates as a list of named layers over one flat tree of parameters.

Nothing here has hidden state: parameters are a dict from "layer.name" to array, `fprop` returns the caches of
the backward pass, random numbers come from a `Draw`. Two nodes with the same ``shares`` use the same
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
    """A layer with its name.

    Parameters
    ----------
    name : str
        Unique in its stack.
    layer : Layer
        The layer.
    shares : str, optional
        The name under which its parameters are kept, for tied weights; default: ``name``.
    """

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
        """Select this node's parameters.

        Parameters
        ----------
        tree : dict of array
            All parameters, by full name ("hidden1.w").

        Returns
        -------
        dict of array
            By short name ("w", "b").
        """
        return dict(zip(self._param_names, map(tree.__getitem__, self._param_names.values()), strict=True))

    def fprop(self, tree: Params, x: Array, draw: Draw | None, meter: Meter) -> tuple[Array, Any]:
        """The output of the layer.

        Parameters
        ----------
        tree, x, draw, meter
            As of `Stack.fprop`.

        Returns
        -------
        tuple
            Output and cache, as of `Layer.fprop`.
        """
        return self.layer.fprop(self.params(tree), x, draw and self._draw(draw), meter)

    def bound(self, tree: Params, draw: Draw | None) -> Callable[[Array], tuple[Array, Any]]:
        """Bind parameters and draw, for a pass that is repeated; its products are not counted.

        Parameters
        ----------
        tree, draw
            As of `Stack.fprop`.

        Returns
        -------
        callable
            `fprop` as a function of ``x`` alone.
        """
        return partial(self.layer.fprop, self.params(tree), draw=draw and self._draw(draw))

    def _draw(self, draw: Draw) -> Draw | None:
        return draw.child(self.name) if self.layer.uses_draw else None

    def grad(self, cache: Any, g: Array, meter: Meter) -> Params:
        """The gradients for this node's parameters.

        Parameters
        ----------
        cache, g, meter
            As of `Layer.grad`.

        Returns
        -------
        dict of array
            By full name.
        """
        if not self._param_names:
            return {}
        return {self._param_names[key]: value for key, value in self.layer.grad(cache, g, meter).items()}


@dataclass(frozen=True)
class Group:
    """A synapse group: one node with weights, and the nodes that turn its sums into the rates of its units.

    Parameters
    ----------
    synapses : Node
        The node with weights.
    transfer : tuple of Node
        The nodes after it, up to the next node with weights.
    """

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
    """A feedforward network without its parameters: named layers in order.

    The units of a layer are named after the node with their incoming weights; the last group is the output.

    Parameters
    ----------
    input_shape : tuple of int
        The shape of one sample; `fprop` reshapes to it.
    nodes : tuple of Node
        Layers with different names.

    Raises
    ------
    InputError
        Two nodes have one name.

    Examples
    --------
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
        """The shapes inside the network.

        Returns
        -------
        iterator of (Node, tuple of int)
            Each node with the shape of one sample at its input.
        """
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
        """Draw initial parameters.

        Parameters
        ----------
        rng : Stream
            Random numbers; each node uses the child of its name (of ``shares`` where given).
        dtype : {"float32", "float64"}
            Of the parameters.

        Returns
        -------
        dict of array
            By full name ("hidden1.w"), on the host.
        """
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
        """Join this stack with parameters, which are where it computes.

        Parameters
        ----------
        params, backend
            As of `neurosim.learning.Spec.network`; the backend is ignored.

        Returns
        -------
        RateNetwork
            With these parameters, not a copy.
        """
        return RateNetwork(self, params)

    def gradient(self, params: Params, batch: Batch, loss: Loss) -> Params:
        """The direction of steepest descent of a loss, at inference.

        Parameters
        ----------
        params, batch, loss
            As of `neurosim.learning.Spec.gradient`.

        Returns
        -------
        dict of array
            Minus the gradient of the summed loss, by full name.
        """
        scores, caches = self.fprop(params, batch.x)
        return self.gradients(params, caches, loss.error(scores, batch.targets))

    def fprop(
        self, tree: Params, x: Array, draw: Draw | None = None, meter: Meter = UNMETERED
    ) -> tuple[Array, list[Any]]:
        """Run a forward pass.

        Parameters
        ----------
        tree : dict of array
            Parameters by full name.
        x : array (batch, ...)
            Samples of the parameters' dtype.
        draw : Draw, optional
            Random numbers of this step in training; None at inference.
        meter : Meter
            Counts the products.

        Returns
        -------
        scores : array (batch, n_out)
            The output of the last node.
        caches : list
            One for each node.

        Raises
        ------
        TypeError
            ``x`` and the parameters differ in dtype.
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
        """Run a backward pass.

        Parameters
        ----------
        tree, caches, meter
            As of `fprop`.
        g : array (batch, n_out)
            The gradient for the scores.

        Returns
        -------
        dict of array
            The gradients for all parameters, by full name; those of shared parameters are summed.
        """
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
        """New values of the parameters that follow the data (running means).

        Parameters
        ----------
        tree, caches
            As of `fprop`.

        Returns
        -------
        dict of array
            By full name.
        """
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
    """A stack with its parameters.

    Parameters
    ----------
    spec : Stack
        The layers.
    params : dict of array
        By full name; a study changes them in place.
    """

    spec: Stack
    params: Params


def _check_dtype(tree: Params, x: Array) -> None:
    expected = next(iter(tree.values()), x).dtype
    if x.dtype != expected:
        raise TypeError(f"stack.fprop: expected x of dtype {expected}, as the parameters, got {x.dtype}; use x.astype")
