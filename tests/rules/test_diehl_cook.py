"""Diehl & Cook's rule: its synapses by hand, labels from training responses alone, chance where nothing fires."""

from __future__ import annotations

import math

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.datasets import one_hot
from neurosim.layers.layer import Batch
from neurosim.networks import DiehlCook as Network
from neurosim.networks import Mlp
from neurosim.rules import DiehlCook
from neurosim.rules.diehl_cook import votes
from neurosim.rules.stdp import MEMORY
from tests.rules.spike_trains import Times, random_times, weights_after

RULE = DiehlCook(nu_pre=0.03, nu_post=0.1)


def by_hand(pre: list[float], post: list[float], w: float = 0.5) -> float:
    """The weight after two trains: each spike looks up the last one of each side, a presynaptic one comes first."""
    for t, kind in sorted([(t, 0) for t in pre] + [(t, 1) for t in post]):
        x, y = max((s for s in pre if s <= t), default=None), max((s for s in post if s < t), default=None)
        if kind == 0 and y is not None:
            w -= 0.03 * math.exp(-(t - y) / 20)
        if kind == 1 and x is not None and y is not None:
            w += 0.1 * math.exp(-(t - x) / 20) * math.exp(-(t - y) / 40)
        w = min(max(w, 0.0), 1.0)
    return w


def test_weights_are_those_of_a_program_that_looks_up_the_last_spikes() -> None:
    pre, post = random_times(1, 4), random_times(2, 3)
    expected = [[by_hand(own, other) for other in post] for own in pre]
    np.testing.assert_allclose(weights_after(RULE.synapses, pre, post), expected, rtol=1e-12)


def test_a_first_postsynaptic_spike_changes_nothing() -> None:
    trains: Times = [[50.0]]
    assert weights_after(RULE.synapses, trains, [[55.0]])[0, 0] == 0.5
    assert weights_after(RULE.synapses, trains, [[30.0, 55.0]])[0, 0] != 0.5


def test_answers_are_the_mean_spikes_of_the_cells_of_a_class() -> None:
    response = np.array([[2.0, 0.0, 0.5, 0.0], [1.0, 3.0, 0.6, 0.0]])  # cells 1 and 2 belong to class 1, 3 to none
    counts = np.array([[4.0, 1.0, 5.0, 9.0], [0.0, 2.0, 0.0, 9.0]])
    assert votes(counts, response).tolist() == [[4.0, 3.0], [0.0, 1.0]]


def test_labels_come_from_training_and_answers_teach_nothing() -> None:
    spec = Network(excitatory=6, duration=40.0, rest=10.0, strength=4.0, intensity=40.0, delay=0.0).build((3, 4), 3)
    network, rule = spec.network(spec.init(Stream(1, "init")), "reference"), DiehlCook()
    state = rule.init(spec, Stream(1, "rule"))
    x, labels = np.random.default_rng(3).random((4, 3, 4)).astype("float32"), np.array([0, 1, 2, 1])
    updates, _, stats = rule.direction(network, state, Batch(x, one_hot(labels, 3)))
    again = spec.network(dict(network.params), "reference")
    counts, _ = again.learn(rule.synapses, x, state.memory["seed"])
    assert counts.any()
    expected = np.zeros((3, 6))
    for drawn, label in zip(counts, labels, strict=True):
        expected[label] += MEMORY * (drawn - expected[label])
    assert not updates
    np.testing.assert_allclose(stats.assign["cells.response"], expected, rtol=1e-5)
    network.params.update(stats.assign)
    before = {name: value.tobytes() for name, value in network.params.items()}
    rule.predict(network, state, x)
    assert {name: value.tobytes() for name, value in network.params.items()} == before


def test_without_spikes_its_answers_are_chance() -> None:
    spec = Network(excitatory=6, duration=5.0, rest=5.0, intensity=1e-9, step=1e-9, delay=0.0).build((3, 4), 3)
    network, rule = spec.network(spec.init(Stream(1, "init")), "reference"), DiehlCook()
    state = rule.init(spec, Stream(1, "rule"))
    x, labels = np.random.default_rng(3).random((3, 3, 4)).astype("float32"), np.arange(3)
    _, _, stats = rule.direction(network, state, Batch(x, one_hot(labels, 3)))
    network.params.update(stats.assign)
    assert not rule.predict(network, state, x).any()
    assert stats.correct == 1  # of three: all are given the first class


def test_a_network_without_competing_cells_is_refused() -> None:
    with pytest.raises(InputError, match="diehl_cook: expected a network of competing neurons, got Stack; use"):
        DiehlCook().init(Mlp().build((64,), 10), Stream(0, "rule"))
