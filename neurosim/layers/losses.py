"""Losses: value per sample, and error signal (negative gradient with respect to the scores).

Backprop propagates the error signal backward; a temporal-derivative rule drives the top layer with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neurosim.core.arrays import Array, namespace


@dataclass(frozen=True)
class Loss:
    """A loss as two functions of scores and targets, (batch, n) each.

    Parameters
    ----------
    value : callable
        Returns the loss of each sample (batch,).
    error : callable
        Returns the error signal (batch, n), minus the gradient of a sample's loss for its scores.
    """

    value: Callable[[Array, Array], Array]
    error: Callable[[Array, Array], Array]


def softmax(scores: Array) -> Array:
    """Probabilities over the last axis.

    Parameters
    ----------
    scores : array (..., n)
        Unnormalised log probabilities.

    Returns
    -------
    array (..., n)
        Sums to 1.
    """
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
    """-sum_k t_k log softmax(scores)_k; the error is t - softmax(scores) for targets that sum to 1.

    Returns
    -------
    Loss
        Value and error.
    """
    return Loss(_cross_entropy, lambda scores, targets: targets - softmax(scores))


def squared_error() -> Loss:
    """Half the squared distance, sum_k (t_k - scores_k)^2 / 2; the error is t - scores.

    Returns
    -------
    Loss
        Value and error.
    """
    return Loss(lambda scores, targets: 0.5 * ((targets - scores) ** 2).sum(axis=-1), lambda s, t: t - s)
