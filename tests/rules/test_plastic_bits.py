"""Rules on the compiled engine: the weights of the reference, bit for bit, for any threads and slices."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pytest

from neurosim.connectivity import FixedProbability, Uniform
from neurosim.equations import SynapticRule
from neurosim.neurons import LIFConductance
from neurosim.rules import InhibitorySTDP, ModulatedSTDP, RewardSTDP
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import Poisson

DT, STEPS = 0.5, 300
RULES = MappingProxyType(  # by the kernels that serve them
    {
        "at presynaptic spikes": InhibitorySTDP(w_max=2.0, eta=0.004, target_rate=5.0),
        "at any event": RewardSTDP(w_max=2.0, a_plus=0.02),
        "in every step": ModulatedSTDP(w_max=2.0, a_plus=0.2),
    }
)


def trained(rule: SynapticRule, backend: str, threads: int | None, cuts: tuple[int, ...]) -> Simulation:
    """300 cells, so of several owners, after STEPS in slices that end at ``cuts``, with a reward in some steps."""
    net = Network(seed=5)
    net.population("in", 60, Poisson(np.linspace(20.0, 120.0, 60)))
    net.population("cells", 300, LIFConductance(), {"v": Uniform(-60.0, -50.0)})
    synapses = FixedProbability(0.3)
    weight, delay = Uniform(0.0, 2.0), Uniform(0.5, 3.0)
    net.connect("in", "cells", synapses, to="g_e", weight=weight, delay=delay, rule=rule, name="plastic")
    net.drive("cells", 1000.0, 2.0, to="g_e")
    net.record("cells", "spikes")
    rewarded = bool(rule.equations.signals)
    reward = np.where(np.arange(STEPS) % 40 == 39, np.sin(np.arange(STEPS)), 0.0)
    if rewarded:
        net.signal("reward")
    simulation = net.compile(dt=DT, backend=backend, threads=threads)
    for first, last in pairwise((0, *cuts, STEPS)):
        simulation.run((last - first) * DT, signals={"reward": reward[first:last]} if rewarded else None)
    return simulation


@cache
def expected(name: str) -> Simulation:
    """The reference, in one slice."""
    return trained(RULES[name], "reference", None, ())


@pytest.mark.parametrize(
    ("name", "threads", "cuts"),
    [
        ("at presynaptic spikes", 1, ()),
        ("at presynaptic spikes", 1, (1, 2, 77, 210)),
        ("at presynaptic spikes", 2, ()),
        ("at any event", 2, ()),
        ("at any event", 2, (50, 51, 299)),
        ("in every step", 2, (77,)),
    ],
)
def test_weights_after_training_are_the_same_bits(name: str, threads: int, cuts: tuple[int, ...]) -> None:
    found, wanted = trained(RULES[name], "cpu", threads, cuts), expected(name)
    weights, same = found.get("plastic", "w"), wanted.get("plastic", "w")
    assert len(wanted.spikes("cells").times) > 300
    assert np.unique(same).size > 0.5 * same.size
    assert found.spike_hash() == wanted.spike_hash()
    assert weights.dtype == same.dtype
    assert np.array_equal(weights, same)
