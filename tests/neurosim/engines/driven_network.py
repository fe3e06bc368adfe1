"""A small network driven at random, with delays, and what the tests of simulations ask of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurosim.connectivity import FixedInDegree, FixedProbability, OneToOne, Uniform
from neurosim.equations import NeuronModel
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import Poisson
from tests.toy_engine import LIF_TEXT

INPUTS, CELLS = 8, 20

both_backends = pytest.mark.parametrize("backend", ["reference", "cpu"])


def network() -> Network:
    """A recurrent network with delays of 0.1 to 3 ms, driven at random, about 50 spikes per 10 ms."""
    net = Network(seed=1)
    net.population("in", INPUTS, Poisson(200.0))
    net.population("lif", CELLS, NeuronModel(LIF_TEXT), initial={"v": Uniform(-60.0, -50.0)})
    net.connect("in", "lif", FixedProbability(0.5), weight=30.0, delay=0.1, name="forward")
    net.connect("lif", "lif", FixedInDegree(5), weight=8.0, delay=Uniform(0.1, 3.0), name="back")
    net.drive("lif", 1000.0, 20.0)
    net.record(["in", "lif"], "spikes")
    return net


def spikes_of(simulation: Simulation) -> list[Any]:
    """All recorded spikes as lists."""
    return [[column.tolist() for column in simulation.spikes(name)] for name in ("in", "lif")]


def relay(batch: int, log: Path | None = None) -> Simulation:
    """A Poisson population of which every spike is repeated by a neuron of its own in the next step."""
    net = Network(seed=2)
    net.population("in", 4, Poisson(50.0))
    net.population("out", 4, NeuronModel("i : 1, input\nspike when i > 0"))
    net.connect("in", "out", OneToOne(), delay=0.1)
    net.record("out", "spikes")
    return net.compile(backend="reference", batch=batch, log=log)


def recorded(log: Path | None, batch: int = 2) -> Simulation:
    """A run of 25 ms with every kind of record."""
    net = network()
    net.record("lif", "rate", every=2.0)
    net.record("lif", "v", every=0.5, neurons=[3, 1])
    net.record("lif", "i")
    return net.run(25.0, backend="reference", batch=batch, log=log)
