"""A rule may call its variables what it likes: on each engine the synapses are those of plain names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from neurosim.connectivity import AllToAll, FixedProbability, Uniform
from neurosim.engines.cpu.engine import CpuEngine
from neurosim.engines.cuda.engine import CudaEngine
from neurosim.engines.engine import Engine
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference import ReferenceEngine
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.neurosim.engines.cuda.fake_cupy import Host
from tests.neurosim.engines.networks import plan_of
from tests.neurosim.engines.plastic_rules import advance

CELL = """
d{0}/dt = ({1} - {0}) / tau : 1
d{1}/dt = -{1} / tau        : 1, input
spike when {0} > 1
on spike: {0} = 0
tau = 8.0                   : ms
"""
PAIRS = """
d{0}/dt = -{0} / {4} : 1, pre
d{1}/dt = -{1} / {5} : 1, pre
d{2}/dt = -{2} / {4} : 1, post
d{3}/dt = (1 - {3}) / {5} : 1, post
on pre: send w; w = clip(w - {6} * {2} * (1 + {1}), w_min, w_max); {0} = {0} + 1; {1} = {1} + {7}
on post: w = clip(w + {6} * {0} * (1 + {3}), w_min, w_max); {2} = {2} + 1; {3} = 0
{4} = 15.0 : ms
{5} = 40.0 : ms
{6} = 0.05 : w
{7} = 0.75 : 1
"""
EVERY_KIND = """
d{0}/dt = -{0} / {4} : 1, pre
d{1}/dt = -{1} / {5} : 1, post
d{2}/dt = -{2} / {5} : w
{3} : 1
{8} = sum(w) : w, post
{9} = sum({2} * {7}) : w, post
on pre: send w; {2} = {2} - {6} * {1} * {12}_post; {3} = {11}; {0} = {0} + 1
on post: {2} = {2} + {6} * {0} * (1 + {13}_pre); {1} = {1} + {7}
on {10}: w = clip(w + {10} * {2} * (1 + {3}) * {0}, w_min, w_max)
on {11}: w = clip(w + {6} * {11} * {1}, w_min, w_max); {2} = {2} - {9} / {14}
every {15}: w = clip(w - {7} * (w - {8} / {14}) * {0}, w_min, w_max)
{4} = 15.0 : ms
{5} = 40.0 : ms
{6} = 0.05 : w
{7} = 0.75 : 1
{14} = 30.0 : 1
{15} = 2.5 : ms
"""
PLAIN = tuple(f"own_name_{number}" for number in range(16))
PAIR_NAMES = ["arrived", "x0", "spike", "scale", "real", "t", "exact", "c0"]
KIND_NAMES = ["spike", "arrived", "result_0", "t_1", "value", "c", "kept", "signal"]
KIND_NAMES += ["sent", "total", "pre_full", "_result_0", "state", "float", "j", "range"]


def network(pairs: list[str], kinds: list[str]) -> NetworkPlan:
    """A source and cells; projection 1 has pairs of spikes, 2 a rule with everything that has a name."""
    net = Network(seed=6)
    net.population("in", 30, Poisson(80.0))
    net.population("cells", 30, NeuronModel(CELL.format(*kinds[12:14])), {kinds[12]: np.linspace(0.0, 1.0, 30)})
    for name in kinds[10:12]:
        net.signal(name)
    options: dict[str, Any] = {"to": kinds[13], "weight": Uniform(0.0, 0.6), "copies": "sample"}
    net.connect("in", "cells", FixedProbability(0.3), to=kinds[13], weight=1.0, name="static")
    pair_rule = SynapticRule(PAIRS.format(*pairs), w_min=0.0, w_max=1.0)
    net.connect("in", "cells", AllToAll(), name="pairs", rule=pair_rule, delay=0.4, **options)
    rule = SynapticRule(EVERY_KIND.format(*kinds), w_min=0.0, w_max=1.0)
    net.connect("cells", "cells", FixedProbability(0.5), name="kinds", rule=rule, delay=Uniform(0.1, 2.0), **options)
    return plan_of(net)


def after(make: Callable[..., Engine], of: NetworkPlan) -> list[np.ndarray]:
    """What 40 ms leave behind: states, spikes, synapses."""
    engine = advance(make(of, [1]), of, 400)
    spikes = engine.take_spikes()[1]
    return [engine.state(1), spikes.steps, spikes.neurons, *(engine.synaptic(k).values for k in (1, 2))]


def test_names_of_the_kernels_are_free_in_rules(install: Callable[[Host], Host]) -> None:
    plain = network([*PLAIN], [*PLAIN])
    expected, start = after(ReferenceEngine, plain), ReferenceEngine(plain, [])
    assert len(expected[1]) > 50
    for found, number in zip(expected[3:], (1, 2), strict=True):
        assert (found[:, 0] != start.synaptic(number).values[:, 0]).mean() > 0.5
    named = network(PAIR_NAMES, KIND_NAMES)
    assert [p.plastic.rule.family for p in named.projections if p.plastic] == ["pre_only", "two_sided"]
    for make in (ReferenceEngine, CpuEngine, CudaEngine):
        if make is CudaEngine:
            install(Host())
        assert all(map(np.array_equal, after(make, named), expected)), make
