"""Backpropagation of errors, the reference: the exact gradient of the loss by the chain rule.

    delta_L = -dC/du_L        delta_l = phi'(u_l) * (W_{l+1}^T delta_{l+1})        dw_l = r_{l-1} delta_l

Source: Rumelhart, Hinton & Williams (1986), Nature 323:533.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from neurosim.core.arrays import Array, Params
from neurosim.core.rng import Stream
from neurosim.layers import RateNetwork, Stack
from neurosim.layers.layer import Batch
from neurosim.layers.losses import Loss, softmax_cross_entropy
from neurosim.layers.meter import UNMETERED, Meter
from neurosim.learning.rule import Locality, RuleState, Stats, observe


@dataclass(frozen=True, kw_only=True)
class Backprop:
    """Exact gradients; not split into phases and a local part, so declared non-local."""

    loss: Loss = field(default_factory=softmax_cross_entropy)

    networks: ClassVar[tuple[str, ...]] = ("mlp", "cnn")
    native: ClassVar[str | None] = None
    limit: ClassVar[str] = "the gradient itself"
    locality: ClassVar[Locality | None] = None
    final: ClassVar[bool] = False

    def init(self, spec: Stack, rng: Stream, dtype: str = "float32") -> RuleState:
        """Nothing to keep."""
        return RuleState()

    def direction(self, network: RateNetwork, state: RuleState, batch: Batch) -> tuple[Params, RuleState, Stats]:
        """Minus the gradient of the mean loss."""
        scores, caches = network.spec.fprop(network.params, batch.x, batch.draw, batch.meter)
        error = self.loss.error(scores, batch.targets)
        updates = network.spec.gradients(network.params, caches, error / len(error), batch.meter)
        return (
            updates,
            state,
            observe(self.loss, scores, batch.targets, network.spec.statistics(network.params, caches)),
        )

    def predict(self, network: RateNetwork, state: RuleState, x: Array, meter: Meter = UNMETERED) -> Array:
        """The scores of a forward sweep."""
        return network.spec.fprop(network.params, x, None, meter)[0]
