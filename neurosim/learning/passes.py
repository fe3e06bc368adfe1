"""The forward and the feedback pass of layered rules, group by group, and the feedback weights.

A pass keeps presynaptic rates, sums and rates of each layer of units: the variables that the synapses of a rule may
read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal, TypeAlias

from neurosim.core.arrays import Array, Params, namespace
from neurosim.core.errors import InputError
from neurosim.core.rng import Draw, Stream
from neurosim.layers import Group, Linear, Node, RateNetwork, Stack
from neurosim.layers.layer import Batch
from neurosim.layers.meter import Meter
from neurosim.learning.rule import RuleState

FeedbackKind: TypeAlias = Literal["symmetric", "random", "kolen_pollack"]


@dataclass(frozen=True)
class LayerPass:
    """One group in a pass: ``pre``, the input of its synapses (the layer's cache), their ``sum`` (batch, ...), and the
    ``rate`` (batch, ...) of its units.
    """

    group: Group
    pre: Any
    sum: Array
    rate: Array
    caches: tuple[Any, ...]

    def sum_change(self, tree: Params, g: Array, meter: Meter) -> Array:
        """``g``, a gradient for the rates, as one for the sums: through the derivative of the transfer nodes."""
        for node, cache in zip(reversed(self.group.transfer), reversed(self.caches), strict=True):
            g = node.layer.bprop(node.params(tree), cache, g, meter)
        return g

    def send_feedback(self, weights: Array, signal: Array, meter: Meter) -> Array:
        """``signal``, at the sums, sent to the units below through ``weights``, which have the axes of w."""
        return self.group.synapses.layer.bprop({"w": weights}, self.pre, signal, meter)


def through(
    nodes: tuple[Node, ...], tree: Params, x: Array, draw: Draw | None, meter: Meter
) -> tuple[Array, list[Any]]:
    """``x`` through the nodes in order, and their caches."""
    caches = []
    for node in nodes:
        x, cache = node.fprop(tree, x, draw, meter)
        caches.append(cache)
    return x, caches


def forward_pass(network: RateNetwork, batch: Batch) -> tuple[LayerPass, ...]:
    """The forward pass of a minibatch, from the first group to the output; the last rate holds the scores."""
    spec, tree = network.spec, network.params
    x, _ = through(spec.entry, tree, batch.x.reshape(len(batch.x), *spec.input_shape), batch.draw, batch.meter)
    layers = []
    for group in spec.groups:
        total, pre = group.synapses.fprop(tree, x, batch.draw, batch.meter)
        x, caches = through(group.transfer, tree, total, batch.draw, batch.meter)
        layers.append(LayerPass(group, pre, total, x, tuple(caches)))
    return tuple(layers)


def feedback_name(group: Group) -> str:
    """The name of the feedback weights from ``group``'s units to the units below."""
    return f"feedback.{group.name}"


def init_feedback(kind: FeedbackKind, spec: Stack, rng: Stream, dtype: str) -> RuleState:
    """Feedback weights (post, pre, ...) for every group but the first; none for symmetric feedback.

    Their entries are normal with the standard deviation of the forward weights' first values, so that random
    feedback neither amplifies nor starves the layers below. Kolen-Pollack declares them as mirrors.
    """
    if kind == "symmetric":
        return RuleState()
    params: Params = {}
    mirrors: dict[str, str] = {}
    first = spec.groups[0].name
    for node, shape in spec.shapes():
        if node.layer.synaptic and node.name != first:
            group = next(group for group in spec.groups if group.name == node.name)
            name = feedback_name(group)
            params[name] = node.layer.init(shape, rng.child(node.name), dtype)["w"].swapaxes(0, 1).copy()
            if kind == "kolen_pollack":
                mirrors[name] = group.weight
    return RuleState(params=params, mirrors=mirrors)


def feedback_weights(kind: FeedbackKind, group: Group, forward: Mapping[str, Array], own: Mapping[str, Array]) -> Array:
    """The feedback weights of ``group``, with the axes of w: W itself, or B with its axes swapped."""
    return forward[group.weight] if kind == "symmetric" else own[feedback_name(group)].swapaxes(0, 1)


def loop_norm(network: RateNetwork, down: list[Array]) -> Array:
    """max_l |W_l|_2 |B_l|_2 over all groups but the first: how much one loop of both can amplify.

    A 0-d array on the device of the weights, of their precision; the GPU is not waited for.
    """
    pairs = zip(network.spec.groups[1:], down, strict=True)
    norms = [_spectral_norm(network.params[group.weight]) * _spectral_norm(b) for group, b in pairs]
    largest: Array = reduce(namespace(down[0]).maximum, norms).astype(down[0].dtype)
    return largest


def require_plain(rule: str, spec: Stack) -> None:
    """Raise InputError unless ``spec`` has only linear synapses and elementwise transfer without parameters."""
    for node in spec.nodes:
        plain = isinstance(node.layer, Linear) if node.layer.synaptic else node.layer.elementwise
        if not plain:
            kind = type(node.layer).__name__
            raise InputError(
                f"{rule}.network: expected linear synapses and elementwise nonlinearities, got {node.name} ({kind}); "
                "choose another network, or the rule backprop"
            )


def _spectral_norm(w: Array) -> Array:
    xp = namespace(w)
    matrix = w.reshape(w.shape[0], math.prod(w.shape[1:]))
    gram = matrix.T @ matrix if matrix.shape[0] > matrix.shape[1] else matrix @ matrix.T
    found: Array = xp.sqrt(xp.linalg.eigvalsh(gram.astype("float64"))[-1])
    return found
