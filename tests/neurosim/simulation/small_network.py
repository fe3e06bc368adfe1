"""Two populations and a source, not yet connected."""

from __future__ import annotations

from neurosim.equations import NeuronModel
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.toy_engine import LIF_TEXT

TWO_INPUTS = "da/dt = -a / tau : pA, input\ndb/dt = -b / tau : pA, input\ntau = 5.0 : ms"


def small(seed: int = 1) -> Network:
    """Two populations, ``lif`` (10) with one input and ``two`` (5) with two, and a source ``in`` (10)."""
    net = Network(seed=seed)
    net.population("lif", 10, NeuronModel(LIF_TEXT))
    net.population("two", 5, NeuronModel(TWO_INPUTS))
    net.population("in", 10, Poisson(10.0))
    return net
