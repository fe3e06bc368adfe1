"""Reading and writing the variables of projections with a rule by name.

of a synapse     (n_synapses,) in canonical order, (batch, n_synapses) where each sample has its own
of a neuron      (batch, n_pre) or (batch, n_post)

A variable with an equation is read as decayed to now; a value written holds from now on. For a synapse of axonal or
dendritic delay d, a value written to a neuron holds d later.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import SynapsePlan, sample_synapses
from neurosim.connectivity.values import Constant, Table
from neurosim.core.errors import InputError
from neurosim.engines.engine import Engine, SynapticState, TraceHistory
from neurosim.engines.plan import NetworkPlan
from neurosim.equations import CompiledRule

Values = npt.NDArray[Any]
SIDES = ("pre", "post")


def check_weights(name: str, rule: CompiledRule, prepared: SynapsePlan) -> None:
    """Raise an `InputError` if the projection has a weight outside the bounds of its rule."""
    weight = prepared.weight
    if isinstance(weight, Table):
        values: Any = sample_synapses(prepared).weight
    else:
        values = weight.value if isinstance(weight, Constant) else weight.values
    _check_bounds(f"projection {name!r}.weight", rule, np.atleast_1d(values))


def names(plan: NetworkPlan, number: int) -> tuple[str, ...]:
    """The variables of a projection's rule; none without a rule."""
    plastic = plan.projections[number].plastic
    return (*plastic.rule.synaptic, *plastic.rule.pre, *plastic.rule.post) if plastic else ()


def shape(plan: NetworkPlan, number: int, name: str) -> tuple[int, ...]:
    """The shape of a variable."""
    projection = plan.projections[number]
    plastic = projection.plastic
    assert plastic is not None
    if name in plastic.rule.synaptic:
        return (len(projection),) if plastic.copies == 1 else (plastic.copies, len(projection))
    pair = projection.plan.pair
    return (plan.batch, pair.n_pre if name in plastic.rule.pre else pair.n_post)


def read(engine: Engine, plan: NetworkPlan, number: int, name: str) -> Values:
    """A copy of a variable at the current step."""
    rule = _rule(plan, number)
    if name in rule.synaptic:
        values, stamps = engine.synaptic(number)
        value = values[:, rule.synaptic.index(name)]
        if name in rule.decays:
            value = rule.decayed(name, value, engine.step - 1 - stamps[:, _stamped(rule, name)])
    else:
        own = rule.pre if name in rule.pre else rule.post
        entries = engine.traces(number, "pre" if name in rule.pre else "post")
        value = _now(rule, entries, own, engine.step)[own.index(name)]
    return value.reshape(shape(plan, number, name)).copy()


def write(engine: Engine, plan: NetworkPlan, number: int, name: str, values: Values) -> None:
    """Replace a variable; InputError for weights outside the bounds of the rule."""
    rule = _rule(plan, number)
    if name == "w":
        _check_bounds(f"{plan.projections[number].name}.w", rule, values)
    if rule.synaptic == (name,) and not rule.decays.get(name):
        plastic = plan.projections[number].plastic
        assert plastic is not None
        whole = np.asarray(values, plan.precision).reshape(plastic.copies, 1, -1)  # the only other variable
        engine.set_synaptic(number, SynapticState(whole, np.empty((plastic.copies, 0, whole.shape[2]), np.int64)))
        return
    if name in rule.synaptic:
        synaptic = engine.synaptic(number)
        row = synaptic.values[:, rule.synaptic.index(name)]
        row[...] = values.reshape(row.shape)
        if name in rule.decays:
            synaptic.stamps[:, _stamped(rule, name)] = engine.step - 1
        engine.set_synaptic(number, synaptic)
        return
    side, own = ("pre", rule.pre) if name in rule.pre else ("post", rule.post)
    entries = engine.traces(number, side)
    now = _now(rule, entries, own, engine.step)
    now[own.index(name)] = values.ravel()
    before = entries.steps < engine.step - 1
    neurons, samples = _ends(entries)
    merged = [np.append(old[before], new) for old, new in ((entries.neurons, neurons), (entries.samples, samples))]
    steps = np.append(entries.steps[before], np.full(len(neurons), engine.step - 1))
    order = np.lexsort((steps, *merged))
    values = np.append(entries.values[:, before], now, axis=1)[:, order]
    engine.set_traces(number, side, TraceHistory(steps[order], merged[0][order], merged[1][order], values))


def reset(engine: Engine, plan: NetworkPlan, number: int) -> None:
    """Reset every variable except the weights. The engine is at step 0."""
    rule, pair = _rule(plan, number), plan.projections[number].plan.pair
    values, stamps = engine.synaptic(number)
    for row, name in enumerate(rule.synaptic[1:], 1):
        values[:, row] = rule.initial[name]
    stamps[...] = -1
    engine.set_synaptic(number, SynapticState(values, stamps))
    for side, own, size in (("pre", rule.pre, pair.n_pre), ("post", rule.post, pair.n_post)):
        samples, neurons = (index.ravel().astype(np.int32) for index in np.indices((plan.batch, size)))
        initial = np.array([rule.initial[name] for name in own], values.dtype)
        start = np.repeat(initial[:, np.newaxis], len(samples), axis=1)
        engine.set_traces(number, side, TraceHistory(np.full(len(samples), -1, np.int64), neurons, samples, start))


def snapshot(engine: Engine, number: int) -> dict[str, Values]:
    """The whole state of one projection."""
    arrays: dict[str, Values] = engine.synaptic(number)._asdict()
    for side in SIDES:
        arrays |= {f"{side}_{name}": values for name, values in engine.traces(number, side)._asdict().items()}
    return arrays


def load(engine: Engine, number: int, arrays: dict[str, Values]) -> None:
    """Load a `snapshot`; the engine's step must have been set before."""
    engine.set_synaptic(number, SynapticState(arrays["values"], arrays["stamps"]))
    for side in SIDES:
        engine.set_traces(number, side, TraceHistory(*(arrays[f"{side}_{name}"] for name in TraceHistory._fields)))


def _rule(plan: NetworkPlan, number: int) -> CompiledRule:
    plastic = plan.projections[number].plastic
    assert plastic is not None
    return plastic.rule


def _check_bounds(owner: str, rule: CompiledRule, values: Values) -> None:
    low, high = np.float32(rule.bounds[0]), np.float32(rule.bounds[1])
    outside = values[(values.astype(np.float32) < low) | (values.astype(np.float32) > high)]
    if outside.size:
        raise InputError(
            f"{owner}: expected numbers from w_min = {low:g} to w_max = {high:g}, got {outside.flat[0]:g}; "
            "change the weights or the bounds of the rule"
        )


def _stamped(rule: CompiledRule, name: str) -> int:
    """The row of a variable with an equation among the stamps."""
    return [each for each in rule.synaptic if each in rule.decays].index(name)


def _last(entries: TraceHistory) -> npt.NDArray[np.int64]:
    """The place of the last entry of each neuron."""
    changes = (np.diff(entries.samples) != 0) | (np.diff(entries.neurons) != 0)
    return np.flatnonzero(np.append(changes, True))


def _ends(entries: TraceHistory) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Neuron and sample of each neuron."""
    last = _last(entries)
    return entries.neurons[last], entries.samples[last]


def _now(rule: CompiledRule, entries: TraceHistory, own: tuple[str, ...], step: int) -> Values:
    """The variables of all neurons with ``step`` steps done, (n_variables, batch * size)."""
    last = _last(entries)
    passed = step - 1 - entries.steps[last]
    rows = [rule.decayed(name, entries.values[row, last], passed) for row, name in enumerate(own)]
    return np.array(rows, entries.values.dtype).reshape(len(own), len(last))
