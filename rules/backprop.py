"""Backpropagation of errors, the reference: the exact gradient of the loss by the chain rule.

    delta_L = -dC/du_L        delta_l = phi'(u_l) * (W_{l+1}^T delta_{l+1})        dw_l = r_{l-1} delta_l

It is not split into phases and a local part, so it is declared non-local. Limit: the gradient itself.

Source: Rumelhart, Hinton & Williams (1986), Nature 323:533.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neurosim.core.arrays import Params
from neurosim.layers import RateNetwork
from neurosim.layers.layer import Batch
from neurosim.learning.rule import RateRule, RuleState, Stats, observe


@dataclass(frozen=True, kw_only=True)
class Backprop(RateRule):
    """Exact gradients; the head of this file has the equations.

    Parameters
    ----------
    loss : Loss
        The loss to be minimised; softmax cross-entropy by default.

    References
    ----------
    Rumelhart, Hinton & Williams (1986), Nature 323:533.

    Examples
    --------
    >>> Backprop().networks
    ('mlp', 'cnn')
    """

    networks: ClassVar[tuple[str, ...]] = ("mlp", "cnn")

    def direction(self, network: RateNetwork, state: RuleState, batch: Batch) -> tuple[Params, RuleState, Stats]:
        """Minus the gradient of the mean loss."""
        spec, params = network.spec, network.params
        scores, caches = spec.fprop(params, batch.x, batch.draw, batch.meter)
        error = self.loss.error(scores, batch.targets)
        updates = spec.gradients(params, caches, error / len(error), batch.meter)
        return updates, state, observe(self.loss, scores, batch.targets, spec.statistics(params, caches))
