"""Inhibitory STDP holds neurons at its target rate, from too little inhibition and from too much."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.connectivity import AllToAll
from neurosim.network import Network
from neurosim.neurons import LIFConductance
from neurosim.rules import InhibitorySTDP
from neurosim.sources import Poisson

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
