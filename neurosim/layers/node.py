"""Nodes: layers by name, with parameters in a flat tree of full names; groups of synapses are made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from neurosim.core.arrays import Array, Params
from neurosim.core.rng import Draw
from neurosim.layers.layer import Layer
from neurosim.layers.meter import Meter


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
        tree : dict of array
            All parameters, by full name.
        x : array (batch, ...)
            Inputs.
        draw : Draw or None
            Random numbers of this step; None at inference.
        meter : Meter
            Counts the products.

        Returns
        -------
        y : array (batch, ...)
            Outputs.
        cache : object
            Of `Layer.fprop`.
        """
        return self.layer.fprop(self.params(tree), x, draw and self._draw(draw), meter)

    def bound(self, tree: Params, draw: Draw | None) -> Callable[[Array], tuple[Array, Any]]:
        """Bind parameters and draw, for a pass that is repeated; its products are not counted.

        Parameters
        ----------
        tree : dict of array
            All parameters, by full name.
        draw : Draw or None
            Random numbers of this step; None at inference.

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
        cache : object
            Of `fprop`.
        g : array (batch, ...)
            The gradient for the output.
        meter : Meter
            Counts the products.

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
