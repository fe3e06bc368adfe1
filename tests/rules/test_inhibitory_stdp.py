"""Inhibitory STDP holds neurons at its target rate, from either side, and balances each group of inputs by itself."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.connectivity import AllToAll
from neurosim.neurons import LIFConductance
from neurosim.rules import InhibitorySTDP
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson

LEARNING, MEASURED = 90_000.0, 20_000.0  # ms
CELLS = 8


@pytest.mark.parametrize("target", [5.0, 12.0])
def test_the_rate_settles_at_the_target_from_either_side(target: float) -> None:
    """Vogels et al. (2011): the stationary rate of the postsynaptic neuron is alpha / 2 tau."""
    net = Network(seed=1)
    inhibition = net.population("inhibition", 400, Poisson(20.0))
    cells = net.population("cells", CELLS, LIFConductance())
    net.drive(cells, 5000.0, 1.0, to="g_e")
    start = np.tile(np.repeat([0.0, 2.0], CELLS // 2), 400)
    rule = InhibitorySTDP(w_max=4.0, eta=0.01, target_rate=target)
    net.connect(inhibition, cells, AllToAll(), to="g_i", weight=start, rule=rule, name="plastic")
    net.record(cells, "spikes")
    simulation = net.compile(dt=0.5, backend="cpu", threads=1)

    def rates(ms: float) -> np.ndarray:
        simulation.forget()
        simulation.run(ms)
        return np.bincount(simulation.spikes(cells).neurons, minlength=CELLS) / ms * 1000.0

    first = rates(500.0)
    assert first[: CELLS // 2].min() > 2 * target
    assert first[CELLS // 2 :].max() < target / 2
    rates(LEARNING)
    np.testing.assert_allclose(rates(MEASURED), target, rtol=0.1)


def test_inhibition_comes_to_match_the_excitation_of_each_group_of_inputs() -> None:
    """Vogels et al. (2011), detailed balance: uniform weights become tuned as excitation is."""
    tuning, groups, size = np.array([0.3, 0.45, 0.75, 1.2, 1.5, 1.2, 0.75, 0.45]), 8, (40, 20)
    net = Network(seed=1)
    inputs = [net.population(name, groups * n, Poisson(0.0)) for name, n in zip(("exc", "inh"), size, strict=True)]
    cell = net.population("cell", 1, LIFConductance())
    rule = InhibitorySTDP(w_max=20.0, eta=0.02, target_rate=5.0)
    net.connect(inputs[0], cell, AllToAll(), to="g_e", weight=np.repeat(tuning, size[0]), delay=0.5)
    net.connect(inputs[1], cell, AllToAll(), to="g_i", weight=0.5, delay=0.5, rule=rule, name="plastic")
    net.record(cell, "spikes")
    simulation = net.compile(dt=0.5, backend="cpu", threads=1)
    generator = np.random.default_rng(1)

    def rates(times: int) -> np.ndarray:
        """The cell's rate while each group is active at 50 Hz, the others at 5 Hz, in random order."""
        spikes = np.zeros(groups)
        for active in generator.permutation(np.repeat(np.arange(groups), times)):
            for population, n in zip(inputs, size, strict=True):
                simulation.set(population, "rate", np.repeat(np.where(np.arange(groups) == active, 50.0, 5.0), n))
            simulation.forget()
            simulation.run(100.0)
            spikes[active] += len(simulation.spikes(cell).times)
        return spikes / times * 10.0

    first = rates(10)
    rates(60)
    last = rates(20)
    assert np.corrcoef(first, tuning)[0, 1] > 0.9
    weights = simulation.get("plastic", "w").reshape(groups, size[1]).mean(axis=1)
    assert np.corrcoef(weights, tuning)[0, 1] > 0.95
    assert np.ptp(last) < np.ptp(first) / 3
    assert last.mean() == pytest.approx(5.0, rel=0.3)
