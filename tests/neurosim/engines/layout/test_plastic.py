"""Plastic projections of the compiled engine against the reference: the same synapses, traces and spikes, every bit."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from neurosim.connectivity import AllToAll, FixedProbability, FixedTotalNumber, Uniform
from neurosim.core.errors import InputError
from neurosim.engines.cpu.engine import CpuEngine
from neurosim.engines.engine import Engine, SignalState
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference import ReferenceEngine
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.neurosim.engines.networks import plan_of
from tests.neurosim.engines.plastic_rules import (
    CELL,
    RULES,
    STEPS,
    advance,
    assert_goes_on,
    assert_same,
    copy_state,
    raised,
)


@cache
def plan(rule: str, batch: int = 1, copies: str | None = None, longest: float = 3.0) -> NetworkPlan:
    """300 cells, so of several owners, with delays, multapses, and two plastic inputs beside a static one in one slot.

    Projection 0 is static, with delays up to ``longest``, 1 goes from all to all, 2 is sparse with many delays and a
    dendritic one.
    """
    net = Network(seed=3)
    net.population("in", 60, Poisson(np.linspace(20.0, 120.0, 60)))
    net.population("cells", 300, NeuronModel(CELL, name="cell"), {"v": Uniform(-60.0, -52.0)})
    net.connect("in", "cells", FixedProbability(0.1), weight=Uniform(0.0, 2.0), delay=Uniform(0.1, longest))
    options: dict[str, Any] = {"weight": Uniform(0.0, 2.0), "rule": RULES[rule], "copies": copies}
    dense = "cells" if rule == "rewarded" else "in"  # a source has no states to read
    net.connect(dense, "cells", AllToAll(), delay=0.4, **options)
    sparse = FixedTotalNumber(4000)
    net.connect("cells", "cells", sparse, delay=Uniform(0.1, 2.5), dendritic_delay=1.7, **options)
    net.drive("cells", 700.0, 1.2 if rule == "lazy" else 1.96)
    if rule != "lazy":
        net.signal("gate")
        net.signal("reward")
    return plan_of(net, batch)


@cache
def expected(rule: str, batch: int = 1, copies: str | None = None) -> ReferenceEngine:
    """The reference after all steps."""
    reference = ReferenceEngine(plan(rule, batch, copies), [0, 1])
    advance(reference, plan(rule, batch, copies))
    return reference


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("rule", list(RULES))
def test_plastic_synapses_are_those_of_the_reference(rule: str, threads: int) -> None:
    of = plan(rule)
    engine = advance(CpuEngine(of, [0, 1], threads), of)
    wanted = expected(rule)
    values, start = wanted.synaptic(1).values, ReferenceEngine(of, []).synaptic(1).values
    assert (values[:, 0] != start[:, 0]).mean() > 0.5
    assert (wanted.traces(1, "post").steps >= 0).sum() > 50  # so that there are post events
    assert_same(engine, wanted, of)
    assert [engine.saturations(number) for number in (1, 2)] == [wanted.saturations(number) for number in (1, 2)]


def test_both_families_give_the_same_bits() -> None:
    of = plan("lazy")
    assert {p.plastic.rule.family for p in of.projections if p.plastic} == {"pre_only"}
    forced = tuple(
        replace(p, plastic=replace(p.plastic, rule=replace(p.plastic.rule, family="two_sided"))) if p.plastic else p
        for p in of.projections
    )
    engine = advance(CpuEngine(replace(of, projections=forced), [], 2), of)
    assert_same(engine, expected("lazy"), of)


@pytest.mark.parametrize(
    ("rule", "copies"),
    [
        ("lazy", "sample"),
        ("lazy", "shared"),
        ("rewarded", "sample"),
        ("rewarded", "shared"),
        ("summed", "sample"),
        ("summed", "shared"),
    ],
)
def test_samples_have_their_own_synapses_or_share_them(rule: str, copies: str) -> None:
    of = plan(rule, 3, copies)
    engine = advance(CpuEngine(of, [], 2), of)
    assert len(engine.synaptic(1).values) == (3 if copies == "sample" else 1)
    assert_same(engine, expected(rule, 3, copies), of)


def test_reading_between_steps_changes_nothing() -> None:
    of = plan("lazy")
    engine = CpuEngine(of, [], 2)
    for _ in range(8):
        engine.synaptic(1)
        engine.traces(2, "post")
        engine.advance(STEPS // 8)
    assert_same(engine, expected("lazy"), of)


@pytest.mark.parametrize("rule", list(RULES))
def test_a_state_moves_from_one_engine_to_another(rule: str) -> None:
    of, at = plan(rule), STEPS // 4
    first, second = CpuEngine(of, [], 2), CpuEngine(of, [], 1)
    cuts = np.linspace(0, STEPS, 5).astype(int)
    halves = [first, second]
    for number in range(4):
        engine = halves[number > 0]
        if number == 1:
            copy_state(first, second, of)
        for signal in range(len(of.signals)):
            values = np.sin(np.arange(1) + 3.0 * number + signal).astype(of.precision)
            engine.set_signal(signal, SignalState(values, (np.arange(1) + number + signal) % 3 > 0))
        engine.advance(int(cuts[number + 1] - cuts[number]))
    assert first.step == at
    assert_same(second, expected(rule), of)


@pytest.mark.parametrize(
    ("rule", "batch", "copies"),
    [("lazy", 1, None), ("lazy", 2, "shared"), ("rewarded", 2, "sample"), ("summed", 1, None)],
)
@pytest.mark.parametrize("chain", ["rccr", "crrc", "cccc"])
def test_a_longer_delay_elsewhere_leaves_no_mark_on_a_state(
    rule: str, batch: int, copies: str | None, chain: str
) -> None:
    of = plan(rule, batch, copies, longest=25.0)
    assert_goes_on([CpuEngine(of, [], 2) if each == "c" else ReferenceEngine(of, []) for each in chain], of)


@pytest.mark.parametrize("rule", ["lazy", "rewarded"])
def test_a_trace_written_by_hand_is_seen_after_the_delays(rule: str) -> None:
    of = plan(rule)
    engines: list[Engine] = [ReferenceEngine(of, []), CpuEngine(of, [], 2)]
    for engine in engines:
        engine.advance(150)
    for number in (1, 2):
        for side in ("pre", "post"):
            told = engines[0].traces(number, side)
            written = raised(told, 149)
            for engine in engines:
                engine.set_traces(number, side, written)
    for engine in engines:
        engine.advance(10)
    assert_same(engines[1], engines[0], of)
    for engine in engines:
        engine.advance(90)
    assert_same(engines[1], engines[0], of)


def test_what_does_not_fit_into_a_slot_is_clipped_and_counted() -> None:
    of = plan("lazy")
    small = tuple(
        replace(p, plastic=replace(p.plastic, limit=p.plastic.limit // 4)) if p.plastic else p for p in of.projections
    )
    of = replace(of, projections=small)
    engines: list[Engine] = [ReferenceEngine(of, []), CpuEngine(of, [], 2)]
    for engine in engines:
        engine.advance(100)
    assert engines[1].saturations(1) == engines[0].saturations(1) > 0
    assert_same(engines[1], engines[0], of)


def test_a_long_history_is_made_up_for_before_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosim.engines.layout.plastic.HISTORY_SPIKES", 2)
    of = plan("lazy")
    assert_same(advance(CpuEngine(of, [], 2), of), expected("lazy"), of)


def test_a_trace_that_a_signal_changes_is_refused() -> None:
    net = Network()
    net.population("in", 2, Poisson(10.0))
    net.population("cells", 2, NeuronModel(CELL, name="cell"))
    net.signal("gate")
    rule = SynapticRule("x : 1, pre\non pre: send w; x = x + gate", w_min=0.0, w_max=1.0)
    net.connect("in", "cells", AllToAll(), weight=1.0, rule=rule, name="p")
    with pytest.raises(InputError, match=r"projection 'p'.rule: .* flagged pre that no signal changes, got gate"):
        net.compile(backend="cpu")
