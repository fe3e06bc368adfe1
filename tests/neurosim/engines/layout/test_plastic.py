"""Plastic projections of the compiled engine against the reference: the same synapses, traces and spikes, every bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from neurosim.connectivity import AllToAll, FixedProbability, FixedTotalNumber, Uniform
from neurosim.core.errors import InputError
from neurosim.engines.cpu.engine import CpuEngine
from neurosim.engines.engine import Engine, SignalState, TraceHistory
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference import ReferenceEngine
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.neurosim.engines.networks import plan_of

CELL = """
dv/dt = (v_rest - v + i) / tau : mV
di/dt = -i / tau_s             : mV, input
spike when v >= v_th
on spike: v = v_rest
tau = 15.0                     : ms
tau_s = 3.0                    : ms
v_rest = -60.0                 : mV
v_th = -52.0                   : mV
"""
LAZY = """
da/dt = -a / tau_a : 1, pre
db/dt = -b / tau_b : 1, pre
do/dt = -o / tau_a : 1, post
dp/dt = (1 - p) / tau_b : 1, post
du/dt = (use - u) / tau_a : 1
on start: b = 0.5; p = 0.25; u = use
on pre: send 3 * w * u; w = clip(w - e * o * (1 + b), w_min, w_max); u = u + use * (1 - u); a = a + 1; b = b + 1
on post: w = clip(w + e * a * (1 + p) * u, w_min, w_max); o = o + 1; p = 1
use = 0.3 : 1
tau_a = 17.0 : ms
tau_b = 40.0 : ms
e = 0.1 : w
"""
REWARDED = """
dx/dt = -x / tau : 1, pre
dy/dt = -y / tau : 1, post
dc/dt = -c / tau_c : w
v_0 = -60.0 : mV
scale = 10.0 : mV
seen : 1
on pre: send w; c = c - a * y * (v_post - v_0 + i_post) / scale; seen = gate; x = x + 1
on post: c = c + a * x * (1 + (i_pre - v_pre + v_0) / scale); y = y + 1
on reward: w = clip(w + reward * c * (1 + x - y), w_min, w_max)
on gate: w = clip(w + a * gate * y, w_min, w_max)
every 3.1 * ms_: w = clip(w - a * (v_post - v_0) / scale, w_min, w_max)
every 6.2 * ms_: w = clip(w * shrink, w_min, w_max)
shrink = 0.95 : 1
ms_ = 1.0 : ms
tau = 20.0 : ms
tau_c = 30.0 : ms
a = 0.02 : w
"""
SUMMED = """
dx/dt = -x / tau : 1, pre
dy/dt = -y / tau : 1, post
dc/dt = -c / tau : w
total = sum(w) : w, post
recent = sum(c * share) : w, post
part = w / max(total, a) : 1
on pre: send w; c = c + a * (1 + y); x = x + 1; y_seen = y
y_seen : 1
on post: y = y + 1
on gate: w = clip(w + gate * (target - total) * a / target * x, w_min, w_max)
every 3.1 * ms_: w = clip(target * part * (1 + x - y), w_min, w_max); c = c - a * part
every 6.2 * ms_: w = clip(w * (1 - recent / max(total, a)), w_min, w_max); c = c * share
share = 0.3 : 1
ms_ = 1.0 : ms
tau = 25.0 : ms
target = 15.0 : w
a = 0.04 : w
"""
RULES = MappingProxyType(
    {
        "lazy": SynapticRule(LAZY, w_min=0.0, w_max=2.0),
        "rewarded": SynapticRule(REWARDED, w_min=0.0, w_max=2.0),
        "summed": SynapticRule(SUMMED, w_min=0.0, w_max=2.0),
    }
)
STEPS = 400


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


def advance(engine: Engine, of: NetworkPlan, steps: int = STEPS, slices: int = 4) -> Engine:
    """Some steps, with signals between the slices."""
    cuts = np.linspace(0, steps, slices + 1).astype(int)
    for number, (first, last) in enumerate(pairwise(cuts)):
        for signal in range(len(of.signals)):
            values = np.sin(np.arange(of.batch) + 3.0 * number + signal).astype(of.precision)
            engine.set_signal(signal, SignalState(values, (np.arange(of.batch) + number + signal) % 3 > 0))
        engine.advance(int(last - first))
    return engine


@cache
def expected(rule: str, batch: int = 1, copies: str | None = None) -> ReferenceEngine:
    """The reference after all steps."""
    reference = ReferenceEngine(plan(rule, batch, copies), [0, 1])
    advance(reference, plan(rule, batch, copies))
    return reference


def assert_same(engine: Engine, wanted: Engine, of: NetworkPlan) -> None:
    """Equal states, synapses, traces, signals and counts."""
    assert np.array_equal(engine.state(1), wanted.state(1))
    for number in (1, 2):
        for found, want in zip(engine.synaptic(number), wanted.synaptic(number), strict=True):
            assert found.dtype == want.dtype
            assert np.array_equal(found, want)

        for side in ("pre", "post"):
            assert_same_traces(engine, wanted, number, side)
    for signal in range(len(of.signals)):
        for found, want in zip(engine.signal(signal), wanted.signal(signal), strict=True):
            assert np.array_equal(found, want)


def assert_same_traces(engine: Engine, wanted: Engine, number: int, side: str) -> None:
    """Every entry is the same: what a state holds depends on no engine."""
    for name, found in engine.traces(number, side)._asdict().items():
        want = getattr(wanted.traces(number, side), name)
        assert found.dtype == want.dtype
        assert np.array_equal(found, want)


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


def assert_goes_on(engines: Sequence[Engine], of: NetworkPlan) -> None:
    """A state that is passed on from engine to engine stays that of an unbroken run."""
    alone = ReferenceEngine(of, [])
    for number, engine in enumerate(engines):
        if number:
            copy_state(engines[number - 1], engine, of)
        for each in (engine, alone):
            advance(each, of, (60, 5, 40, 30)[number], 2)
        assert_same(engine, alone, of)


def copy_state(source: Engine, target: Engine, of: NetworkPlan) -> None:
    """All that the future depends on."""
    target.step = source.step
    for number in range(len(of.populations)):
        target.set_state(number, source.state(number))
        target.set_refractory(number, source.refractory(number))
    target.set_pending(source.pending())
    for number in (1, 2):
        target.set_synaptic(number, source.synaptic(number))
        for side in ("pre", "post"):
            target.set_traces(number, side, source.traces(number, side))
    for signal in range(len(of.signals)):
        target.set_signal(signal, source.signal(signal))


def raised(told: TraceHistory, step: int) -> TraceHistory:
    """The traces with a last entry in ``step``: the last value and 0.75."""
    last, kept = np.append(told.neurons[1:] != told.neurons[:-1], True), told.steps < step
    neurons, samples = (np.concatenate((old[kept], old[last])) for old in (told.neurons, told.samples))
    steps = np.concatenate((told.steps[kept], np.full(last.sum(), step)))
    values = np.concatenate((told.values[:, kept], told.values[:, last] + np.float32(0.75)), axis=1)
    order = np.lexsort((steps, neurons, samples))
    return TraceHistory(steps[order], neurons[order], samples[order], values[:, order])


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
