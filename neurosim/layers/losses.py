"""Losses as what a top layer feels: the value per sample, and the pull toward the target.

``error(scores, targets)`` is minus the gradient of one sample's loss with respect to its scores. Backprop sends it
down; a temporal-derivative rule drives the top layer with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neurosim.core.arrays import Array, namespace


@dataclass(frozen=True)
class Loss:
    """``value``: (batch, n), (batch, n) -> (batch,). ``error``: the same -> (batch, n)."""

    value: Callable[[Array, Array], Array]
    error: Callable[[Array, Array], Array]


def softmax(scores: Array) -> Array:
    """Probabilities over the last axis."""
    xp = namespace(scores)
    e = xp.exp(scores - scores.max(axis=-1, keepdims=True))
    e /= e.sum(axis=-1, keepdims=True)
    return e  # type: ignore[no-any-return]


def _cross_entropy(scores: Array, targets: Array) -> Array:
    xp = namespace(scores)
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_total = xp.log(xp.exp(shifted).sum(axis=-1))
    return log_total * targets.sum(axis=-1) - (targets * shifted).sum(axis=-1)  # type: ignore[no-any-return]


def softmax_cross_entropy() -> Loss:
    """-sum_k t_k log softmax(scores)_k; the error is t - softmax(scores) for targets that sum to 1."""
    return Loss(_cross_entropy, lambda scores, targets: targets - softmax(scores))


def squared_error() -> Loss:
    """|t - scores|^2 / 2; the error is t - scores."""
    return Loss(lambda scores, targets: 0.5 * ((targets - scores) ** 2).sum(axis=-1), lambda s, t: t - s)
