"""Synapses with a rule on the GPU's kernels: the same synapses, traces and spikes as the reference, every bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from neurosim.connectivity import AllToAll, FixedProbability, FixedTotalNumber, Uniform
from neurosim.engines.cpu.engine import CpuEngine
from neurosim.engines.cuda.engine import CudaEngine
from neurosim.engines.engine import Engine
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference import ReferenceEngine
from neurosim.equations import NeuronModel
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.neurosim.engines.cuda.fake_cupy import Host, ShimFault
from tests.neurosim.engines.networks import plan_of
from tests.neurosim.engines.plastic_rules import (
    CELL,
    RULES,
    advance,
    assert_goes_on,
    assert_same,
    raised,
)

STEPS = 120
WATCHED = 60
PROCESSORS = 40  # so that the spikes of one step are shared out among blocks
Install = Callable[[Host], Host]


@cache
def plan(rule: str, batch: int = 1, copies: str | None = None, longest: float = 3.0) -> NetworkPlan:
    """Cells in two blocks; projection 0 is static, up to ``longest``, 1 is from all to all, 2 sparse with many delays.

    Cells that spike have traces on both sides; the rule "rewarded" reads states of both as well.
    """
    net = Network(seed=4)
    net.population("in", 20, Poisson(np.linspace(50.0, 200.0, 20)))
    net.population("cells", 150, NeuronModel(CELL, name="cell"), {"v": Uniform(-60.0, -50.0)})
    net.population("few", 6, NeuronModel(CELL, name="cell"), {"v": Uniform(-60.0, -50.0)})
    net.connect("in", "cells", FixedProbability(0.1), weight=Uniform(0.0, 2.0), delay=Uniform(0.1, longest))
    options: dict[str, Any] = {"weight": Uniform(0.0, 2.0), "rule": RULES[rule], "copies": copies}
    dense = "few" if rule == "rewarded" else "in"  # a source has no states to read
    net.connect(dense, "cells", AllToAll(), delay=0.4, **options)
    net.connect("cells", "cells", FixedTotalNumber(700), delay=Uniform(0.1, 2.5), dendritic_delay=1.7, **options)
    for population in ("cells", "few"):
        net.drive(population, 2000.0, 2.0)
    if rule != "lazy":
        net.signal("gate")
        net.signal("reward")
    return plan_of(net, batch)


@cache
def expected(rule: str, batch: int, copies: str | None, steps: int = STEPS) -> ReferenceEngine:
    """The reference after all steps."""
    reference = ReferenceEngine(plan(rule, batch, copies), [1])
    advance(reference, plan(rule, batch, copies), steps)
    return reference


def on_cuda(rule: str, batch: int, copies: str | None, steps: int = STEPS) -> CudaEngine:
    """The engine after all steps."""
    of = plan(rule, batch, copies)
    engine = CudaEngine(of, [1])
    advance(engine, of, steps)
    return engine


@pytest.mark.parametrize(
    ("rule", "batch", "copies", "order"),
    [
        ("lazy", 1, None, "reverse"),
        ("lazy", 2, "shared", "seeded"),
        ("rewarded", 2, "sample", "seeded"),
        ("rewarded", 3, "shared", "reverse"),
        ("summed", 2, "sample", "reverse"),
        ("summed", 3, "shared", "seeded"),
    ],
)
def test_synapses_are_those_of_the_reference(
    install: Install, rule: str, batch: int, copies: str | None, order: str
) -> None:
    install(Host(order, processors=PROCESSORS))
    engine, wanted = on_cuda(rule, batch, copies), expected(rule, batch, copies)
    spikes = sum(len(events.steps) for events in wanted.pending().values())
    assert spikes > 20 * batch
    values, start = wanted.synaptic(1).values, ReferenceEngine(plan(rule, batch, copies), []).synaptic(1).values
    assert (values[:, 0] != start[:, 0]).mean() > 0.5
    assert_same(engine, wanted, plan(rule, batch, copies))
    assert np.array_equal(engine.state(2), wanted.state(2))
    assert [engine.saturations(number) for number in (1, 2)] == [wanted.saturations(number) for number in (1, 2)]


@pytest.mark.parametrize(("rule", "copies"), [("lazy", "shared"), ("rewarded", "sample"), ("summed", "shared")])
def test_no_two_threads_touch_what_one_of_them_writes(install: Install, rule: str, copies: str) -> None:
    host = install(Host("seeded", watch=True, processors=PROCESSORS))
    engine = on_cuda(rule, 2, copies, WATCHED)
    assert host.ran[:5] == ["deliver", "on_pre_phase", "update", "on_post_phase", "retire_spikes"]
    assert_same(engine, expected(rule, 2, copies, WATCHED), plan(rule, 2, copies))


ARRIVED = "        Rule::update_pre_traces(now, pre);\n        update_traces<Rule::PRE>(segments, g"
FAULTS = MappingProxyType({
    "a missing barrier": ("__syncthreads();\n    if (threadIdx.x == 0) {\n        Rule::update_post_traces",
                          "if (threadIdx.x == 0) {\n        Rule::update_post_traces", "beside"),
    "a lost atomic": ("atomicAdd(&slots[j], (int)whole)", "slots[j] += (int)whole", "beside|two writes"),
    "samples in any order": ("net.p_common ? 0 : mine; k < spikes; k += net.p_common ? 1 : splits",
                             "mine; k < spikes; k += splits", None),
    "a spike seen before it came": (ARRIVED, ARRIVED.replace("segments, g", "now.base_sources(), source"), None),
    "a lost segment": ("g < segments.width; g", "g < segments.width - 3; g", None),
    "a sum in another order": ("n = column[0]; n < column[1]; ++n)\n        Rule::add",
                               "n = column[1] - 1; n >= column[0]; --n)\n        Rule::add", None),
})  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(install: Install, fault: str) -> None:
    before, after, message = FAULTS[fault]
    host = install(Host("forward", watch=message is not None, processors=PROCESSORS))

    def planted(source: str) -> str:
        assert source.count(before) == 1
        return source.replace(before, after)

    host.edit = planted
    if message:
        with pytest.raises(ShimFault, match=message):
            on_cuda("lazy", 2, "shared", WATCHED)
    else:
        rule = "summed" if "sum" in fault else "rewarded"
        engine = on_cuda(rule, 2, "shared")
        with pytest.raises(AssertionError):
            assert_same(engine, expected(rule, 2, "shared"), plan(rule, 2, "shared"))


@pytest.mark.parametrize("rule", list(RULES))
def test_a_state_moves_between_the_engines(install: Install, rule: str) -> None:
    install(Host())
    of = plan(rule, 2, "sample", longest=15.0)
    for kinds in ((ReferenceEngine, CudaEngine, CudaEngine, ReferenceEngine), (CudaEngine, CpuEngine, CudaEngine)):
        assert_goes_on([kind(of, []) for kind in kinds], of)
    assert_goes_on([CpuEngine(of, [], 2), CudaEngine(of, []), ReferenceEngine(of, [])], of)


def test_a_trace_written_by_hand_is_seen_after_the_delays(install: Install) -> None:
    of = plan("rewarded")
    host = install(Host("seeded", watch=True, processors=PROCESSORS))
    engines: list[Engine] = [ReferenceEngine(of, []), CudaEngine(of, [])]
    for engine in engines:
        engine.advance(30)
    for number in (1, 2):
        for side in ("pre", "post"):
            written = raised(engines[0].traces(number, side), 29)
            for engine in engines:
                engine.set_traces(number, side, written)
    for steps in (10, 30):
        for engine in engines:
            engine.advance(steps)
        assert_same(engines[1], engines[0], of)
    assert host.ran[-8:] == [
        "deliver", "on_pre_phase", "apply_patches_arriving", "update", "on_post_phase", "retire_spikes",
        "apply_patches_rest", "on_signal_phase",
    ]  # fmt: skip


def test_what_was_long_ago_has_decayed(install: Install) -> None:
    install(Host())
    of = plan("lazy")
    plastic = of.projections[1].plastic
    assert plastic is not None
    engines: list[Engine] = [ReferenceEngine(of, []), CudaEngine(of, [])]
    for engine in engines:
        told = {(number, side): engine.traces(number, side) for number in (1, 2) for side in ("pre", "post")}
        engine.step = len(plastic.rule.decays["b"].table)  # where b is 0, and the table of another variable begins
        for place, traces in told.items():
            engine.set_traces(*place, traces)
        engine.advance(60)
    assert_same(engines[1], engines[0], of)


def test_what_does_not_fit_into_a_slot_is_clipped_and_counted(install: Install) -> None:
    install(Host())
    of = plan("lazy")
    small = tuple(
        replace(p, plastic=replace(p.plastic, limit=p.plastic.limit // 4)) if p.plastic else p for p in of.projections
    )
    of = replace(of, projections=small)
    engines: list[Engine] = [ReferenceEngine(of, []), CudaEngine(of, [])]
    for engine in engines:
        synaptic = engine.synaptic(1)
        synaptic.values[:, 0, ::2] *= -1.0  # what is sent first, lies below
        engine.set_synaptic(1, synaptic)
        engine.advance(60)
    assert engines[1].saturations(1) == engines[0].saturations(1) > 0
    assert_same(engines[1], engines[0], of)


def test_a_projection_without_synapses_sends_nothing(install: Install) -> None:
    host = install(Host(watch=True))
    net = Network(1)
    net.population("in", 5, Poisson(500.0))
    net.population("cells", 3, NeuronModel(CELL, name="cell"))
    net.connect("in", "cells", FixedTotalNumber(0), rule=RULES["lazy"])
    of = plan_of(net)
    engines: list[Engine] = [ReferenceEngine(of, []), CudaEngine(of, [])]
    for engine in engines:
        engine.advance(20)
    assert host.ran[:4] == ["deliver", "update", "on_post_phase", "retire_spikes"]
    assert np.array_equal(engines[1].state(1), engines[0].state(1))
    found, wanted = (engine.traces(0, "pre") for engine in engines)
    assert found.steps.max() == wanted.steps.max() > 0


def test_the_memory_that_is_asked_for_is_what_is_taken(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr("neurosim.engines.cuda.engine.check_memory", asked.append)
    host = install(Host())
    free = host.free
    CudaEngine(plan("rewarded"), [0])
    assert sum(asked) == free - host.free
