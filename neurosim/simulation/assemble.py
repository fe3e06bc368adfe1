"""A declaration in numbers: names resolved, models compiled, synapses counted, one grid of weights per input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.rows import PURPOSES, Pair
from neurosim.connectivity.synapses import SynapsePlan, prepare, sample_synapses
from neurosim.connectivity.values import MAX_DELAY, Constant, Tables, least
from neurosim.core.checks import check_number, whole_number
from neurosim.core.errors import InputError, one_of
from neurosim.core.memory import check_memory
from neurosim.core.rng import Stream, collision
from neurosim.core.time_steps import MS_PER_S, to_steps, whole_steps
from neurosim.engines.choice import Choice, check_backend, choose_engine
from neurosim.engines.grid import drive_rounding, product_limit, rounding, slot_scale
from neurosim.engines.plan import (
    DrivePlan,
    GradedPlan,
    NetworkPlan,
    PlasticPlan,
    PopulationPlan,
    ProjectionPlan,
    SlotPlan,
)
from neurosim.equations import CompiledModel, CompiledRule, NeuronModel, compile_model, compile_rule
from neurosim.equations.compiled_model import PRECISIONS
from neurosim.equations.text.units import RULE_UNITS
from neurosim.simulation.checks import check_sign
from neurosim.simulation.initial import initial_values
from neurosim.simulation.parts import RATE, SPIKES, Declaration, Drive, Population, Projection, Record
from neurosim.simulation.plastic_variables import check_weights
from neurosim.simulation.recording import MemoryStore, Recording, Sampled, Store
from neurosim.simulation.sources import MAX_MEAN, Poisson, event_thresholds

Slot = tuple[int, int]
"""Population and receptor, by number."""


@dataclass(frozen=True)
class Choices:
    """How to run a network; see `neurosim.simulation.Network.compile`."""

    dt: float
    backend: str
    threads: int | None
    batch: int
    precision: str
    seed: int

    def check(self) -> None:
        """InputError for a choice out of its range."""
        check_number("compile.dt", self.dt, least=0.0)
        for name, value in (("batch", self.batch), ("threads", 1 if self.threads is None else self.threads)):
            whole_number(f"compile.{name}", value, 1)
        if self.precision not in PRECISIONS:
            raise one_of("compile.precision", self.precision, PRECISIONS)


@dataclass(frozen=True, eq=False)
class Assembly:
    """A compiled network.

    ``rates`` holds those of the Poisson populations in Hz, (size,), by number; ``roundings`` the largest rounding of a
    weight, relative to the root-mean-square weight, by projection and drive; ``integrators`` how each state of each
    population is advanced.
    """

    plan: NetworkPlan
    engine: Choice
    recordings: tuple[Recording, ...]
    store: Store
    rates: Mapping[int, npt.NDArray[np.float64]]
    roundings: Mapping[str, float]
    integrators: Mapping[str, Mapping[str, str]]


def assemble(network: Declaration, choices: Choices, log: str | Path | None, overwrite: bool) -> Assembly:
    """The network in numbers; see `neurosim.simulation.Network.compile`."""
    choices.check()
    check_backend(choices.backend)
    _check_signals(network)
    models = [
        compile_model(part.model, choices.dt, choices.precision) if isinstance(part.model, NeuronModel) else None
        for part in network.populations
    ]
    _check_streams(_streams(network, models))
    for population, model in zip(network.populations, models, strict=True):
        row_bytes = population.size * choices.batch * np.dtype(choices.precision).itemsize
        needed = row_bytes * (len(model.states) if model else 1)
        check_memory(f"population {population.name!r}", population.size, needed, "neurons")
    slots, projections, drives, roundings = _inputs(network, models, choices)
    populations = [
        _population(part, model, choices, network.seed) for part, model in zip(network.populations, models, strict=True)
    ]
    plan = NetworkPlan(
        float(choices.dt),
        choices.precision,
        choices.seed,
        int(choices.batch),
        tuple(populations),
        tuple(slots),
        tuple(projections),
        tuple(drives),
        tuple(signal.name for signal in network.signals),
    )
    engine = choose_engine(choices.backend, choices.threads, plan)
    recordings = (*_recordings(network, choices.dt), *_synaptic_recordings(network, projections, choices.dt))
    store: Store = MemoryStore(choices.batch, recordings, choices.precision)
    if log is not None:
        from neurosim.simulation.log import LogStore, describe

        settings = describe(network, {**asdict(choices), "backend": engine.backend})
        store = LogStore(log, overwrite, recordings, settings, _equations(network), engine.reason)
    rates = {
        number: np.broadcast_to(np.asarray(part.model.rate, np.float64), (part.size,)).copy()
        for number, part in enumerate(network.populations)
        if isinstance(part.model, Poisson)
    }
    integrators = {
        part.name: dict(model.integrator)
        for part, model in zip(network.populations, models, strict=True)
        if model is not None
    }
    return Assembly(plan, engine, recordings, store, rates, roundings, integrators)


def _check_signals(network: Declaration) -> None:
    """InputError if a model reads a signal that the network does not have."""
    known = {signal.name for signal in network.signals}
    for population in network.populations:
        model = population.model
        for name in model.equations.signals if isinstance(model, NeuronModel) else ():
            if name not in known:
                raise InputError(
                    f"population {population.name!r}.model: expected the signal {name!r}, got a network "
                    f"with {', '.join(sorted(known)) or 'none'}; declare it first: net.signal({name!r})"
                )


def _population(part: Population, model: CompiledModel | None, choices: Choices, seed: int) -> PopulationPlan:
    owner = f"population {part.name!r}"
    if model is None:
        source = part.model.resolve(owner, part.size, choices.dt)
        return PopulationPlan(part.name, part.size, None, source, np.empty((0, part.size), choices.precision))
    initial = np.empty((len(model.states), part.size), choices.precision)
    for row, state in enumerate(model.states):
        start = part.initial.get(state, model.initial[state])
        stream = Stream(seed, _initial_stream(part, state))
        initial[row] = initial_values(f"{owner}.initial.{state}", start, stream, part.size)
    return PopulationPlan(part.name, part.size, model, None, initial)


def _inputs(
    network: Declaration, models: Sequence[CompiledModel | None], choices: Choices
) -> tuple[list[SlotPlan], list[ProjectionPlan], list[DrivePlan], dict[str, float]]:
    """Input buffers, projections and drives, with weights rounded to grids, and the roundings."""
    tables: Tables = {}
    prepared = [_prepared(network, part, choices, tables) for part in network.projections]
    rules = [_rule(network, part, models, choices) for part in network.projections]
    sent = [_largest_sent(*parts) for parts in zip(network.projections, prepared, rules, strict=True)]
    thresholds = [_events(drive, choices.dt) for drive in network.drives]
    slots: list[SlotPlan] = []
    projections: dict[int, ProjectionPlan] = {}
    drives: dict[int, DrivePlan] = {}
    roundings = {}
    parts: list[Projection | Drive] = [*network.projections, *network.drives]
    for place in dict.fromkeys(_place(network, part) for part in parts):
        owner = f"population {network.populations[place[0]].name!r}, input {place[1]}"
        into = [k for k, part in enumerate(network.projections) if _place(network, part) == place]
        driven = [k for k, drive in enumerate(network.drives) if _place(network, drive) == place]
        reserve = sum(abs(network.drives[k].weight) * len(thresholds[k]) for k in driven)
        scale = slot_scale([_at_most(prepared[k], sent[k]) for k in into], reserve, owner)
        number = len(slots)
        slots.append(SlotPlan(*place, scale))
        model = network.populations[place[0]].model.equations
        unit = str(model.units[model.inputs[place[1]]])
        for k in into:
            projection, rule, plastic, graded, most = network.projections[k], rules[k], None, None, sent[k]
            if projection.graded is None:
                lowest = least(prepared[k].weight) if rule is None else rule.bounds[0]
                check_sign(f"projection {projection.name!r}.{'weight' if rule is None else 'rule.w_min'}", unit, lowest)
            owner = f"projection {projection.name!r}.{'bound' if rule is None else 'rule'}"
            if most is None:
                roundings[projection.name] = rounding(prepared[k], scale).relative
            else:
                limit, roundings[projection.name] = product_limit(owner, (-most, most), scale)
            if projection.graded is not None and most is not None:
                bound = float(projection.graded.bound)
                graded = GradedPlan(projection.pre.states.index(projection.graded.state), bound, most / bound, limit)
            if rule is not None:
                check_weights(projection.name, rule, prepared[k])
                late = _dendritic_steps(projection, choices.dt)
                plastic = PlasticPlan(rule, late, choices.batch if projection.copies == "sample" else 1, limit)
            pre = network.populations.index(projection.pre)
            projections[k] = ProjectionPlan(projection.name, pre, number, prepared[k], plastic, graded)
        for k in driven:
            drive = network.drives[k]
            check_sign(f"drive {drive.name!r}.weight", unit, drive.weight)
            roundings[drive.name] = drive_rounding(f"drive {drive.name!r}", drive.weight, scale)
            drives[k] = DrivePlan(drive.name, number, round(drive.weight / scale), thresholds[k])
    return slots, [projections[k] for k in sorted(projections)], [drives[k] for k in sorted(drives)], roundings


def _prepared(network: Declaration, part: Projection, choices: Choices, tables: Tables) -> SynapsePlan:
    pair = Pair(part.name, part.pre.size, part.post.size, part.pre is part.post, network.seed, _threads(choices))
    return prepare(part.builder, pair, part.weight, part.delay, choices.dt, tables)


def _rule(
    network: Declaration, projection: Projection, models: Sequence[CompiledModel | None], choices: Choices
) -> CompiledRule | None:
    if projection.rule is None:
        return None
    if choices.batch > 1 and projection.copies is None:
        raise InputError(
            f"projection {projection.name!r}.copies: expected 'sample' (each sample of the batch has its own synapses) "
            "or 'shared' (one set, changed by all) in a batch, got None"
        )
    pre, post = (models[network.populations.index(end)] for end in (projection.pre, projection.post))
    assert post is not None
    signals = [signal.name for signal in network.signals]
    return compile_rule(projection.rule, pre, post, projection.to, signals, choices.dt, choices.precision)


def _dendritic_steps(projection: Projection, dt: float) -> int:
    """The dendritic delay in steps, for which past traces are stored."""
    steps = int(to_steps(projection.dendritic_delay, dt))
    if steps > MAX_DELAY:
        raise InputError(
            f"projection {projection.name!r}.dendritic_delay: expected at most {MAX_DELAY * dt:g} ms ({MAX_DELAY} "
            f"steps, how long traces are kept), got {projection.dendritic_delay:g} ms; shorten it or choose a longer dt"
        )
    return steps


def _largest_sent(projection: Projection, prepared: SynapsePlan, rule: CompiledRule | None) -> float | None:
    """The largest possible input from a synapse; None where its largest weight is."""
    if rule is not None:
        return max(map(abs, rule.bounds))
    if projection.graded is None:
        return None
    w_max, drawn = projection.graded.w_max, float(np.abs(sample_synapses(prepared).weight).max(initial=0.0))
    if w_max is not None and drawn > w_max:
        raise InputError(f"projection {projection.name!r}.weight: expected at most w_max = {w_max:g}, got {drawn:g}")
    return float(projection.graded.bound) * (w_max or drawn or 1.0)


def _at_most(prepared: SynapsePlan, most: float | None) -> SynapsePlan:
    """The plan with its largest possible weight at every synapse."""
    return prepared if most is None else replace(prepared, weight=Constant(most))


def _threads(choices: Choices) -> int:
    """The number of threads that sample synapses; the result does not depend on it."""
    from neurosim.core.platform import processors

    return choices.threads or processors()


def _events(drive: Drive, dt: float) -> npt.NDArray[np.uint32]:
    mean = drive.rate * dt / MS_PER_S
    if mean > MAX_MEAN:
        most = MAX_MEAN * MS_PER_S / dt
        raise InputError(
            f"drive {drive.name!r}.rate: expected at most {MAX_MEAN:g} events per step, that is {most:g} Hz, got "
            f"{drive.rate:g} Hz; use a constant current"
        )
    return event_thresholds(mean)


def _place(network: Declaration, part: Projection | Drive) -> Slot:
    """The population and receptor that ``part`` targets."""
    population = part.post if isinstance(part, Projection) else part.population
    return network.populations.index(population), population.model.equations.inputs.index(part.to)


def _initial_stream(population: Population, state: str) -> str:
    return f"initial/{population.name}/{state}"


def _streams(network: Declaration, models: Sequence[CompiledModel | None]) -> list[str]:
    """The names of all random streams of the network."""
    names = [f"source/{population.name}" for population in network.populations]
    for population, model in zip(network.populations, models, strict=True):
        if model is not None:
            names += [_initial_stream(population, state) for state in model.states]
            names += [f"noise/{population.name}" + (f"/{draw}" if draw else "") for draw in range(model.noise)]
    names += [f"{projection.name}/{purpose}" for projection in network.projections for purpose in PURPOSES]
    return names + [f"drive/{drive.name}" for drive in network.drives]


def _check_streams(names: Iterable[str]) -> None:
    if pair := collision(names):
        first, second = pair
        raise InputError(f"compile: random streams {first!r} and {second!r} collide (same 32-bit hash); rename one")


def _recordings(network: Declaration, dt: float) -> tuple[Recording, ...]:
    recordings = []
    for number, population in enumerate(network.populations):
        records = [record for record in network.records if record.part is population]
        bins = [whole_steps("record.every", record.every, dt) for record in records if record.variable == RATE]
        states = tuple(
            _sampled(record, population.states.index(record.variable), population.size, dt)
            for record in records
            if record.variable not in (SPIKES, RATE)
        )
        if records:
            spikes = any(record.variable == SPIKES for record in records)
            recordings.append(Recording(number, population.name, population.size, spikes, sum(bins), states))
    return tuple(recordings)


def _synaptic_recordings(network: Declaration, projections: Sequence[ProjectionPlan], dt: float) -> Iterable[Recording]:
    for number, part in enumerate(network.projections):
        states, size_of = [], {"synaptic": len(projections[number]), "pre": part.pre.size, "post": part.post.size}
        for record in network.records:
            if record.part is part and part.rule:
                kind = part.rule.equations.variables[record.variable]
                size = size_of[kind]
                if record.of is not None and ((record.of < 0) | (record.of >= size)).any():
                    raise InputError(f"record.of: expected whole numbers in 0 .. {size - 1}, got {record.of.tolist()}")
                sampled = _sampled(record, 0, size, dt)
                ends = partial(_ends, projections[number], sampled.neurons) if kind == "synaptic" else None
                states.append(replace(sampled, ends=ends))
        if states:
            yield Recording(number, part.name, len(projections[number]), False, 0, tuple(states), synaptic=True)


def _sampled(record: Record, row: int, size: int, dt: float) -> Sampled:
    every = 1 if record.every is None else whole_steps("record.every", record.every, dt)
    chosen = np.arange(size) if record.of is None else record.of
    return Sampled(record.variable, row, every, chosen, _unit(record.part, record.variable))


def _ends(
    projection: ProjectionPlan, chosen: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The neurons pre and post of some synapses, for which all are sampled."""
    synapses = sample_synapses(projection.plan)
    return synapses.pre[chosen], synapses.post[chosen]


def _equations(network: Declaration) -> str:
    """The equations of all models and rules, each text once."""
    texts: dict[str, list[str]] = {}
    for population in network.populations:
        if isinstance(population.model, NeuronModel):
            texts.setdefault(population.model.text.strip("\n"), []).append(population.name)
    for projection in network.projections:
        if projection.rule:
            texts.setdefault(projection.rule.text.strip("\n"), []).append(projection.name)
    return "\n".join(f"# {', '.join(names)}\n{text}\n" for text, names in texts.items())


def _unit(part: Population | Projection, variable: str) -> str:
    """The unit of a state, or of a variable of a rule, for which w stands for the unit of the input."""
    if isinstance(part, Population):
        return str(part.model.equations.units[variable])
    assert part.rule is not None
    unit = part.rule.equations.units[variable]
    return str(unit if unit != RULE_UNITS["w"] else part.post.model.equations.units[part.to])
