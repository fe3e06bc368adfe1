"""Rules with every kind of variable, for networks of both engines, and what must be equal after them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from neurosim.engines.engine import Engine, SignalState, TraceHistory
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference import ReferenceEngine
from neurosim.equations import SynapticRule

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


def advance(engine: Engine, of: NetworkPlan, steps: int = STEPS, slices: int = 4) -> Engine:
    """Some steps, with signals between the slices."""
    cuts = np.linspace(0, steps, slices + 1).astype(int)
    for number, (first, last) in enumerate(pairwise(cuts)):
        for signal in range(len(of.signals)):
            values = np.sin(np.arange(of.batch) + 3.0 * number + signal).astype(of.precision)
            engine.set_signal(signal, SignalState(values, (np.arange(of.batch) + number + signal) % 3 > 0))
        engine.advance(int(last - first))
    return engine


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
