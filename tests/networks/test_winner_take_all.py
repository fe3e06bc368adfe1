"""CompetitiveNetwork cells against a straight program that is given the same spikes of the pixels."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.networks import WinnerTakeAll
from neurosim.networks._competing import CompetitiveNetwork, CompetitiveSpec
from neurosim.rules import Stdp

OPTIONS = WinnerTakeAll(cells=6, duration=150.0, strength=6.0, rate=150.0, adaptation=0.05)
SAMPLES = np.random.default_rng(3).random((4, 3, 4)).astype("float32")
STDP = Stdp(a_plus=0.02, a_minus=0.005)


def made(options: WinnerTakeAll = OPTIONS) -> CompetitiveNetwork:
    spec: CompetitiveSpec = options.build((3, 4), 3)
    return spec.network(spec.init(Stream(1, "init")))


def trains(network: CompetitiveNetwork, samples: Any, seed: int) -> list[np.ndarray]:
    """The spikes (steps, pixels) of each sample that are shown in learning: those of a network that learns nothing."""
    sim = network._compile(None, 1, seed)
    found = []
    for rates in network._rates(samples):
        begin = sim.time
        network._show(sim, rates[np.newaxis])
        spikes = sim.spikes("pixels")
        train = np.zeros((round(OPTIONS.duration), network.spec.pixels))
        train[np.rint(spikes.times - begin).astype(int) - 1, spikes.neurons] = 1
        found.append(train)
    return found


def program(params: Any, shown: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spikes (samples, cells), weights and thresholds after all trains, with loops over time and matrices only."""
    w, theta = params["input.w"].astype(float), params["cells.theta"].astype(float)
    cells, pixels = len(theta), len(w)
    k = 10 / (50 - 10) * (math.exp(-1 / 50) - math.exp(-1 / 10))  # of a current of 10 ms in a membrane of 50 ms
    arriving, fired, rest, counts = np.zeros(pixels), np.zeros(cells), np.zeros(cells), []
    for train in shown:
        w = np.minimum(w * OPTIONS.strength / w.sum(axis=0), 1.0)
        v, g, i, x, y, n = (np.zeros(size) for size in (cells, cells, cells, pixels, cells, cells))
        for emitted in train:
            x, y = x * math.exp(-1 / 20), y * math.exp(-1 / 10)
            sent = arriving @ w
            w = np.clip(w - STDP.a_minus * np.outer(arriving, y), 0, 1)
            x += arriving
            v = np.where(rest > 0, v, v * math.exp(-1 / 50) + k * (g - i))
            g = g * math.exp(-1 / 10) + sent
            i = i * math.exp(-1 / 10) + 50 * (fired.sum() - fired)
            rest = np.maximum(rest - 1, 0)
            fired = (v >= 1 + theta).astype(float)
            v, rest, theta = v * (1 - fired), np.maximum(rest, 5 * fired), theta + OPTIONS.adaptation * fired
            w = np.clip(w + STDP.a_plus * np.outer(x, fired), 0, 1)
            y, n, arriving = y + fired, n + fired, emitted
        counts.append(n)
    return np.array(counts), np.minimum(w * OPTIONS.strength / w.sum(axis=0), 1.0), theta


def test_what_is_learned_is_what_a_straight_program_learns() -> None:
    network = made()
    samples = SAMPLES[:3]
    counts, weights, theta = program(network.params, trains(network, samples, 5))
    spikes, learned = network.learn(STDP.synapses, samples, 5)
    assert counts.sum() > 15
    assert spikes.tolist() == counts.tolist()
    np.testing.assert_allclose(learned["input.w"], weights, atol=2e-5)
    np.testing.assert_allclose(learned["cells.theta"], theta, rtol=1e-5)


def test_the_weights_into_each_cell_add_up_and_none_is_above_one() -> None:
    spec = OPTIONS.build((3, 4), 3)
    weights = spec.normalised(np.random.default_rng(1).uniform(0.2, 0.3, (12, 6)))
    np.testing.assert_allclose(weights.sum(axis=0), 6.0)
    assert spec.normalised(np.eye(12)[:, :6]).max() == 1.0


def test_one_cell_wins_where_all_are_alike_but_for_their_weights() -> None:
    network = made(replace(OPTIONS, adaptation=0.0))
    network.params["input.w"][:] = 0.3
    network.params["input.w"][:, 2] = 0.5
    spikes = network.respond(SAMPLES)
    assert spikes[:, 2].min() > 0
    assert spikes[:, 2].sum() == spikes.sum()


def test_a_response_teaches_nothing_and_a_cell_that_fires_gets_a_higher_threshold() -> None:
    network = made()
    before = {name: value.tobytes() for name, value in network.params.items()}
    first, second = network.respond(SAMPLES), network.respond(SAMPLES)
    assert first.tolist() == second.tolist()
    spikes, learned = network.learn(STDP.synapses, SAMPLES, 0)
    assert {name: value.tobytes() for name, value in network.params.items()} == before
    np.testing.assert_allclose(learned["cells.theta"], OPTIONS.adaptation * spikes.sum(axis=0), rtol=1e-5)


def test_spikes_are_told_by_sample_in_ms_from_its_begin() -> None:
    times, neurons, trials = made().spikes("cells", SAMPLES)
    assert times.min() > 0
    assert times.max() <= OPTIONS.duration
    assert set(neurons) <= set(range(6))
    assert set(trials) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"cells": 1}, "winner_take_all.cells: expected at least 2, to compete, got 1"),
        ({"duration": 0.0}, "winner_take_all.duration: expected a number > 0, got 0.0"),
        ({"rate": -1.0}, "winner_take_all.rate: expected a number > 0, got -1.0"),
        ({"strength": math.nan}, "winner_take_all.strength: expected a number > 0, got nan"),
        ({"adaptation": -0.1}, "winner_take_all.adaptation: expected a number >= 0, got -0.1"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError) as error:
        WinnerTakeAll(**options)
    assert str(error.value) == complaint
