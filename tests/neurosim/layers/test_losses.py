"""Losses against closed forms, central differences and SciPy's log-softmax."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from scipy.special import log_softmax

from neurosim.core.arrays import to_host
from neurosim.core.rng import Stream
from neurosim.layers.losses import Loss, softmax, softmax_cross_entropy, squared_error
from neurosim.learning.rule import observe

H = 1e-5
TARGETS = np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3]])
both = pytest.mark.parametrize("loss", [softmax_cross_entropy(), squared_error()], ids=["cross_entropy", "squared"])


@both
def test_the_error_is_minus_the_gradient_of_each_samples_loss(xp: ModuleType, loss: Loss) -> None:
    scores = Stream(0, "scores").normal((2, 3))
    found = to_host(loss.error(xp.asarray(scores), xp.asarray(TARGETS)))
    for k in range(3):
        step = np.zeros(3)
        step[k] = H
        difference = loss.value(scores + step, TARGETS) - loss.value(scores - step, TARGETS)
        np.testing.assert_allclose(found[:, k], -difference / (2 * H), rtol=1e-6, atol=1e-9)


@both
def test_the_precision_is_kept_and_nothing_is_changed(xp: ModuleType, dtype: np.dtype[np.float64], loss: Loss) -> None:
    scores, targets = xp.asarray(Stream(0, "s").normal((2, 3)).astype(dtype)), xp.asarray(TARGETS.astype(dtype))
    before = to_host(scores).tobytes(), to_host(targets).tobytes()
    assert loss.value(scores, targets).dtype == loss.error(scores, targets).dtype == dtype
    assert (to_host(scores).tobytes(), to_host(targets).tobytes()) == before


def test_cross_entropy_is_that_of_scipys_log_softmax(xp: ModuleType) -> None:
    scores = 5 * Stream(0, "scores").normal((2, 3))
    found = softmax_cross_entropy().value(xp.asarray(scores), xp.asarray(TARGETS))
    np.testing.assert_allclose(to_host(found), -(TARGETS * log_softmax(scores, axis=1)).sum(axis=1), rtol=1e-12)


def test_squared_error_is_half_the_squared_distance() -> None:
    assert squared_error().value(np.array([[3.0, 4.0]]), np.zeros((1, 2))).tolist() == [12.5]


@pytest.mark.parametrize("size", [1e4, 1e30])
def test_huge_scores_give_finite_losses_and_errors(xp: ModuleType, dtype: np.dtype[np.float64], size: float) -> None:
    scores = xp.asarray(np.array([[size, -size, 0.0], [-size, size, size]], dtype))
    targets = xp.asarray(np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], dtype))
    loss = softmax_cross_entropy()
    np.testing.assert_allclose(to_host(loss.value(scores, targets)), [0.0, 2 * size], rtol=1e-3)
    np.testing.assert_array_equal(to_host(loss.error(scores, targets)), [[0, 0, 0], [1, -0.5, -0.5]])


def test_probabilities_sum_to_one_and_ignore_a_common_shift() -> None:
    scores = Stream(0, "scores").normal((4, 5))
    np.testing.assert_allclose(softmax(scores).sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(softmax(scores + 700.0), softmax(scores), rtol=1e-10)


def test_a_minibatch_is_observed_by_its_mean_loss_and_correct_answers(xp: ModuleType) -> None:
    scores = xp.asarray(np.array([[2.0, 0.0], [3.0, 0.0], [0.0, 4.0]]))
    targets = xp.asarray(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]))
    seen = observe(squared_error(), scores, targets)
    assert float(seen.loss) == pytest.approx((0.5 + 5.0 + 4.5) / 3)
    assert int(seen.correct) == 2
