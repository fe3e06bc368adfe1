from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurosim.core.rng import Stream
from neurosim.layers import RateNetwork
from neurosim.layers.layer import Batch
from neurosim.learning.measures import alignment
from neurosim.learning.optimisers import Optimiser, OptimiserState, by_name, step
from neurosim.rules import Backprop, FeedbackAlignment


def test_with_transposed_weights_as_feedback_it_is_backprop(network: RateNetwork, batch: Batch) -> None:
    rule, reference = FeedbackAlignment(), Backprop()
    state = rule.init(network.spec, Stream(0, "rule"), "float64")
    for name in state.params:
        state.params[name] = network.params[name.removeprefix("feedback.") + ".w"].T.copy()
    updates, _, _ = rule.direction(network, state, batch)
    gradient, _, _ = reference.direction(network, reference.init(network.spec, Stream(0, "rule")), batch)
    assert set(updates) == set(gradient)
    for name, value in gradient.items():
        assert np.abs(updates[name] - value).max() <= 1e-12 * np.abs(value).max(), name


def test_random_feedback_starts_across_the_gradient_and_as_large_as_the_weights(
    network: RateNetwork, batch: Batch
) -> None:
    rule, reference = FeedbackAlignment(), Backprop()
    state = rule.init(network.spec, Stream(0, "rule"), "float64")
    updates, _, _ = rule.direction(network, state, batch)
    gradient, _, _ = reference.direction(network, reference.init(network.spec, Stream(0, "rule")), batch)
    angles = alignment(updates, gradient)
    assert angles["output"] == pytest.approx(1.0, abs=1e-12)
    assert abs(angles["hidden1"]) < 0.3
    for name, b in state.params.items():
        w = network.params[name.removeprefix("feedback.") + ".w"]
        assert b.shape == w.shape[::-1]
        assert b.std() == pytest.approx(w.std(), rel=0.1)


@pytest.mark.parametrize("optimiser", [by_name("sgd", 0.0), by_name("sgd"), by_name("nesterov"), by_name("adam")])
def test_kolen_pollack_weights_meet_by_the_decay_alone(
    network: RateNetwork, batch: Batch, optimiser: Optimiser
) -> None:
    rule = FeedbackAlignment(feedback="kolen_pollack")
    state = rule.init(network.spec, Stream(0, "rule"), "float64")
    optimiser_state: OptimiserState = {}
    gaps = {name: state.params[name] - network.params[w].T for name, w in state.mirrors.items()}
    decay, steps = 1e-2, 50
    optimiser = replace(optimiser, decay=decay)
    for _ in range(steps):
        updates, state, _ = rule.direction(network, state, batch)
        step(
            network.params, updates, optimiser_state, rate=0.05, optimiser=optimiser,
            mirrors=state.mirrors, rule_params=state.params,
        )  # fmt: skip
    assert len(gaps) == len(network.spec.groups) - 1
    for name, gap in gaps.items():
        now = state.params[name] - network.params[state.mirrors[name]].T
        assert np.abs(now - (1 - decay) ** steps * gap).max() < 1e-10
