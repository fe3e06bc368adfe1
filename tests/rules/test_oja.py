"""Oja's rule finds the first principal component of its inputs, and stops growing by itself."""

from __future__ import annotations

import numpy as np

from neurosim.connectivity import AllToAll
from neurosim.neurons import SoftResetIF
from neurosim.rules import Oja
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson

SHOWN, COUNT, GROUP = 250.0, 200, 8  # ms, patterns, inputs of a group


def test_the_weights_become_the_first_principal_component() -> None:
    """Two groups of inputs are as active in the mean, but one is less often and more; the neuron is linear, k = 1."""
    rng = np.random.default_rng(1)
    first = np.repeat([60.0, 6.0], GROUP)  # Hz
    second = np.repeat([6.0, 24.0], GROUP)
    patterns = np.where(rng.permutation(COUNT)[:, None] < 0.3 * COUNT, first, second)
    net = Network(seed=1)
    inputs = net.population("inputs", 2 * GROUP, Poisson(0.0))
    cell = net.population("cell", 1, SoftResetIF())
    start = rng.uniform(0.05, 0.25, 2 * GROUP)
    rule = Oja(w_max=1.0, eta=5e-4, w_0=0.25, tau=25.0)
    net.connect(inputs, cell, AllToAll(), weight=start, rule=rule, name="plastic", delay=5.0)
    simulation = net.compile(dt=5.0, backend="reference")
    simulation.present(inputs, patterns, SHOWN)
    w = simulation.get("plastic", "w")
    component = np.abs(np.linalg.eigh(patterns.T @ patterns)[1][:, -1])
    mean = patterns.mean(axis=0) / np.linalg.norm(patterns.mean(axis=0))
    assert mean @ component < 0.92
    assert w @ component / np.linalg.norm(w) > 0.97
    assert 0.25 < w @ w < 0.5
