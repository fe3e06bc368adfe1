"""Homeostatic scaling: products by hand, the exponential of a silent neuron, and rates that settle at the target."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.connectivity import AllToAll
from neurosim.neurons import LIF
from neurosim.rules import HomeostaticScaling
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.rules.spike_trains import paired, random_times

BETA, TAU, INTERVAL, TARGET = 0.4, 150.0, 12.5, 20.0  # 1, ms, ms, Hz
CELLS, LEARNING, MEASURED = 6, 40_000.0, 40_000.0  # ms


def test_each_interval_multiplies_all_weights_of_a_neuron_by_what_its_spikes_say() -> None:
    pre, post = random_times(31, 3), random_times(32, 4)
    rule = HomeostaticScaling(w_max=50.0, target_rate=TARGET, beta=BETA, tau_rate=TAU, interval=INTERVAL)
    start = np.arange(1.0, 13.0) / 8.0
    simulation = paired(rule, pre, post, start)
    simulation.run(300.0)
    moments = INTERVAL * np.arange(1, 25)
    rates = [[sum(np.exp(-(now - t) / TAU) / TAU for t in own if t <= now) for now in moments] for own in post]
    factors = np.prod(1 + BETA * INTERVAL * (TARGET / 1000.0 - np.array(rates)), axis=1)
    assert factors.min() < 0.8
    assert np.ptp(factors) > 0.3
    np.testing.assert_allclose(simulation.get("plastic", "w").reshape(3, 4), start.reshape(3, 4) * factors, rtol=1e-11)


def test_synapses_of_a_silent_neuron_grow_exponentially() -> None:
    """The limit of short intervals: w exp(beta target t), until they reach w_max."""
    rule = HomeostaticScaling(w_max=5.0, target_rate=20.0, beta=0.1, interval=0.5)
    simulation = paired(rule, [[10.0]], [[1e6]], weight=0.5)
    simulation.run(1000.0)
    assert simulation.get("plastic", "w")[0] == pytest.approx(0.5 * np.exp(0.1 * 0.02 * 1000.0), rel=2e-3)
    simulation.run(1000.0)
    assert simulation.get("plastic", "w").tolist() == [5.0]


@pytest.mark.parametrize("target", [8.0, 25.0])
def test_the_rate_settles_at_the_target_from_either_side_and_ratios_stay(target: float) -> None:
    """Turrigiano et al. (1998): the strength of all synapses is multiplied by one factor for each neuron."""
    net = Network(seed=1)
    inputs = net.population("inputs", 200, Poisson(10.0))
    cells = net.population("cells", CELLS, LIF())
    profile = np.random.default_rng(2).uniform(0.5, 1.5, 200)
    start = np.outer(profile, np.repeat([100.0, 500.0], CELLS // 2))
    rule = HomeostaticScaling(w_max=1000.0, target_rate=target)
    net.connect(inputs, cells, AllToAll(), weight=start.ravel(), rule=rule, name="plastic")
    net.record(cells, "spikes")
    simulation = net.compile(dt=0.5, backend="cpu", threads=1)

    def rates(ms: float) -> np.ndarray:
        simulation.forget()
        simulation.run(ms)
        return np.bincount(simulation.spikes(cells).neurons, minlength=CELLS) / ms * 1000.0

    first = rates(500.0)
    assert first[: CELLS // 2].max() < target / 2
    assert first[CELLS // 2 :].min() > 1.5 * target
    rates(LEARNING)
    np.testing.assert_allclose(rates(MEASURED), target, rtol=0.1)
    w = simulation.get("plastic", "w").reshape(200, CELLS)
    np.testing.assert_allclose(w / w.mean(axis=0), np.repeat(profile[:, None] / profile.mean(), CELLS, 1), rtol=1e-3)
