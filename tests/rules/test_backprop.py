from __future__ import annotations

import math

import numpy as np
import pytest

from neurosim.core.rng import Stream
from neurosim.datasets import load
from neurosim.layers import RateNetwork
from neurosim.layers.layer import Batch
from neurosim.layers.losses import softmax_cross_entropy
from neurosim.learning.optimisers import OptimiserState, by_name, step
from neurosim.networks import Mlp
from neurosim.rules import Backprop


def test_direction_is_minus_the_central_difference_of_the_mean_loss(network: RateNetwork, batch: Batch) -> None:
    rule = Backprop()
    updates, _, _ = rule.direction(network, rule.init(network.spec, Stream(0, "rule")), batch)
    loss, h = softmax_cross_entropy(), 1e-5
    rng = np.random.default_rng(0)
    for name, w in network.params.items():
        chosen = [tuple(rng.integers(size) for size in w.shape) for _ in range(40)]
        slopes = []
        for index in chosen:
            values = []
            for shift in (h, -h):
                w[index] += shift
                values.append(loss.value(network.spec.fprop(network.params, batch.x)[0], batch.targets).mean())
                w[index] -= shift
            slopes.append((values[0] - values[1]) / (2 * h))
        analytic = np.array([updates[name][index] for index in chosen])
        assert np.linalg.norm(analytic + np.array(slopes)) < 1e-6 * np.linalg.norm(slopes), name


def test_stats_hold_the_mean_loss_and_the_number_of_correct_answers(network: RateNetwork, batch: Batch) -> None:
    rule = Backprop()
    _, _, stats = rule.direction(network, rule.init(network.spec, Stream(0, "rule")), batch)
    scores = rule.predict(network, rule.init(network.spec, Stream(0, "rule")), batch.x)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    assert stats.loss == pytest.approx(-(log_p * batch.targets).sum() / 100, rel=1e-12)
    assert stats.correct == sum(scores[i].argmax() == batch.targets[i].argmax() for i in range(100))


def test_four_hidden_tanh_units_solve_xor_from_95_of_100_seeds() -> None:
    xor = load("xor")
    x = 2.0 * xor.x_train[:4].astype("float64") - 1.0
    targets = np.eye(2)[xor.y_train[:4]]
    rule, optimiser = Backprop(), by_name("sgd")
    solved = 0
    for seed in range(100):
        spec = Mlp(hidden=(4,), activation="tanh").build((2,), 2)
        network = RateNetwork(spec, spec.init(Stream(seed, "init"), "float64"))
        state, optimiser_state = rule.init(spec, Stream(seed, "rule")), OptimiserState()
        for _ in range(300):
            updates, state, _ = rule.direction(network, state, Batch(x, targets))
            step(network.params, updates, optimiser_state, rate=0.3, optimiser=optimiser)
        solved += int((rule.predict(network, state, x).argmax(axis=1) == xor.y_train[:4]).all())
    assert len(np.unique(x, axis=0)) == 4
    assert solved >= 95


def test_first_weights_have_the_declared_spread() -> None:
    spec = Mlp(hidden=(300,), activation="relu").build((20, 20), 10)
    w = spec.init(Stream(3, "init"))["hidden1.w"]
    assert w.shape == (400, 300)
    assert w.dtype == np.float32
    assert w.std() == pytest.approx(math.sqrt(2 / 400), rel=0.01)
