"""The rule `stdp` of a study: prototypes without labels, labels from training samples alone, events counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.datasets import one_hot
from neurosim.layers.layer import Batch
from neurosim.layers.meter import CountingMeter
from neurosim.learning.rule import RuleState
from neurosim.networks import Mlp, WinnerTakeAll
from neurosim.networks._competing import CompetitiveNetwork
from neurosim.rules.stdp import MEMORY, Stdp, scores

CELLS, STEPS = 8, 150


def bars(n: int, seed: int) -> tuple[Any, Any]:
    """Samples (n, 3, 4): one of three rows is lit, which is the label, over weak noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    x = 0.1 * rng.random((n, 3, 4))
    x[np.arange(n), labels] += 0.8
    return x.astype("float32"), labels


def made(seed: int = 1, **options: Any) -> tuple[Stdp, CompetitiveNetwork, RuleState]:
    chosen = {"cells": CELLS, "duration": float(STEPS), "strength": 4.0, "adaptation": 0.05} | options
    spec = WinnerTakeAll(**chosen).build((3, 4), 3)
    rule = Stdp(a_plus=0.02, a_minus=0.002)
    return rule, spec.network(spec.init(Stream(seed, "init"))), rule.init(spec, Stream(seed, "rule"))


def taught(rule: Stdp, network: CompetitiveNetwork, state: RuleState, n: int = 90) -> None:
    x, labels = bars(n, 0)
    updates, _, stats = rule.direction(network, state, Batch(x, one_hot(labels, 3)))
    assert not updates
    network.params.update(stats.assign)


def accuracy(rule: Stdp, network: CompetitiveNetwork, state: RuleState) -> float:
    x, labels = bars(60, 1)
    return float((rule.predict(network, state, x).argmax(axis=1) == labels).mean())


def test_it_finds_the_bars_and_answers_by_them() -> None:
    rule, network, state = made()
    taught(rule, network, state)
    assert accuracy(rule, network, state) > 0.95
    fields = network.params["input.w"].reshape(3, 4, CELLS).mean(axis=1)  # of each row, by cell
    used = network.params["cells.response"].sum(axis=0) > 0.1
    np.testing.assert_array_less(2 * np.sort(fields, axis=0)[1, used], fields.max(axis=0)[used])


def test_without_spikes_of_the_pixels_its_answers_are_chance() -> None:
    rule, network, state = made(rate=0.001)
    taught(rule, network, state, 9)
    assert accuracy(rule, network, state) == pytest.approx(1 / 3)


def test_spikes_are_divided_among_the_classes_as_the_cells_responses_were() -> None:
    response = np.array([[3.0, 0.0, 0.0], [1.0, 2.0, 0.0]])  # (classes, cells); the last cell never fired
    assert scores(np.array([4.0, 1.0, 7.0]), response).tolist() == [3.0, 2.0]


def test_labels_go_to_the_cells_that_fire_and_to_nothing_else() -> None:
    rule, network, state = made()
    x, _ = bars(3, 0)
    before = network.params["cells.response"].copy()
    spikes, learned = made()[1].learn(rule.synapses, x[:1], 1)
    _, _, stats = rule.direction(network, state, Batch(x[:1], one_hot(np.array([2]), 3)))
    assert network.params["cells.response"].tolist() == before.tolist()
    np.testing.assert_allclose(stats.assign["cells.response"][2], MEMORY * spikes[0], rtol=1e-6)
    assert not stats.assign["cells.response"][:2].any()
    other = made()
    _, _, relabelled = rule.direction(other[1], other[2], Batch(x[:1], one_hot(np.array([0]), 3)))
    for name in ("input.w", "cells.theta"):  # the synapses never see a label
        assert relabelled.assign[name].tobytes() == stats.assign[name].tobytes() == learned[name].tobytes()


def test_the_seed_of_the_study_is_that_of_the_spikes() -> None:
    first, again, other = ([*_learned(seed).values()] for seed in (1, 1, 2))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first, again, strict=True))
    assert first[0].tobytes() != other[0].tobytes()


def _learned(seed: int) -> dict[str, Any]:
    rule, network, _ = made()
    state = rule.init(network.spec, Stream(seed, "rule"))
    taught(rule, network, state, 3)
    return network.params


def test_operations_are_spikes_times_fan_out() -> None:
    rule, network, state = made()
    x, _ = bars(4, 0)
    meter = CountingMeter()
    rule.predict(network, state, x, meter)
    count, seen = meter.counts["forward"], meter.layers["cells"]
    counts = network.respond(x)
    rate = network._rates(x)  # Hz; expected pixel spikes: a Poisson process tested once a step of 1 ms
    expected = STEPS * (1 - np.exp(-rate * 1e-3)).sum()
    lateral = int(counts.sum()) * (CELLS - 1)
    assert (count.acs - lateral) % CELLS == 0
    assert (count.acs - lateral) / CELLS == pytest.approx(expected, rel=4 / np.sqrt(expected))
    assert count.macs == 0
    assert count.dense == 4 * STEPS * CELLS * (12 + CELLS - 1)
    assert (seen.nonzero, seen.total) == (counts.sum(), 4 * STEPS * CELLS)


def test_learning_counts_a_plastic_update_for_each_spike_at_each_synapse() -> None:
    rule, network, state = made()
    x, labels = bars(2, 0)
    meter = CountingMeter()
    rule.direction(network, state, Batch(x, one_hot(labels, 3), None, meter))
    fired = int(meter.layers["cells"].nonzero)
    shown = (meter.counts["forward"].acs - fired * (CELLS - 1)) // CELLS
    assert meter.counts["plasticity"].macs == shown * CELLS + fired * 12


def test_a_network_that_does_not_compete_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"stdp: expected a network of competing neurons, got Stack.*; use winner_take_all"
    ):
        Stdp().init(Mlp().build((64,), 10), Stream(0, "rule"))
