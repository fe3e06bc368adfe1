"""The BCM rule: the threshold of a constant rate, and selectivity for one of two patterns."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.connectivity import AllToAll
from neurosim.core.errors import InputError
from neurosim.neurons import SoftResetIF
from neurosim.rules import BCM
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.rules.spike_trains import paired

GROUP, RATE = 10, 40.0  # inputs of a pattern, Hz
DT = 5.0  # ms
SHOWN, COUNT = 200.0, 250  # ms, patterns


@pytest.mark.parametrize(("name", "unit"), [("target_rate", "Hz"), ("tau_theta", "ms")])
def test_what_it_divides_by_is_positive(name: str, unit: str) -> None:
    with pytest.raises(InputError, match=rf"BCM\.{name}: expected a value > 0 in {unit}, got 0"):
        BCM(**{"w_max": 1.0, "eta": 0.1, "target_rate": 5.0, name: 0.0})


def test_one_change_is_that_of_the_equation() -> None:
    """Three postsynaptic spikes after one that arrives: the sums of the file's head, written out."""
    rule = BCM(w_max=9.0, w_min=-9.0, eta=0.1, target_rate=5.0, tau=20.0, tau_theta=400.0)
    simulation = paired(rule, [[50.0]], [[60.0, 75.0, 80.0]])
    simulation.run(100.0)
    x = np.exp(-np.array([10.0, 25.0, 30.0]) / 20.0)
    y = np.array([0.0, np.exp(-15.0 / 20.0), np.exp(-20.0 / 20.0) + np.exp(-5.0 / 20.0)])
    theta = np.array([0.0, 0.0, y[1] / (0.4 * 5.0) * np.exp(-5.0 / 400.0)])
    assert simulation.get("plastic", "w")[0] == pytest.approx(0.5 + 0.1 * (x * (y - theta)).sum(), rel=1e-12)


def test_of_two_patterns_a_neuron_keeps_one() -> None:
    """It comes half of the time, so that the fixed point of y (y - <y^2> / target) is twice the target, and 0."""
    rng = np.random.default_rng(1)
    both = np.repeat(np.eye(2), GROUP, axis=1) * RATE
    net = Network(seed=2)
    inputs = net.population("inputs", 2 * GROUP, Poisson(0.0))
    cell = net.population("cell", 1, SoftResetIF())
    start = np.repeat([0.14, 0.06], GROUP)
    rule = BCM(w_max=1.0, eta=1e-4, target_rate=20.0)
    net.connect(inputs, cell, AllToAll(), weight=start, rule=rule, name="plastic", delay=DT)
    simulation = net.compile(dt=DT, backend="reference")
    simulation.present(inputs, both[rng.integers(2, size=COUNT)], SHOWN)
    shown = -np.expm1(-both * DT / 1000.0) / DT * 1000.0  # Hz; a source spikes at most once in a step
    assert shown @ simulation.get("plastic", "w") == pytest.approx([2 * 20.0, 0.0], abs=6.0)
