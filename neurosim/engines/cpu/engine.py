"""The engine for CPUs: the spikes of the reference, bit for bit, for any number of threads and any slicing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurosim.core.platform import cycles_per_second, processors
from neurosim.engines.cpu.spike_log import Lists, SpikeLog
from neurosim.engines.cpu.step import load_loop
from neurosim.engines.cpu.team import TIMEOUT_S, ThreadTeam
from neurosim.engines.cpu.threads import worthwhile_threads
from neurosim.engines.cpu.watching import Watch, watch_of, with_room
from neurosim.engines.engine import (
    GradedState,
    SignalState,
    SpikeEvents,
    SynapticState,
    TraceHistory,
    WatchedState,
    moments,
)
from neurosim.engines.layout import columns as at
from neurosim.engines.layout.graded import GradedProjections
from neurosim.engines.layout.neurons import allocate, layout_of
from neurosim.engines.layout.static import packed_rows
from neurosim.engines.layout.unpacking import rewrite
from neurosim.engines.plan import NetworkPlan, ProjectionPlan, ScheduledSource

if TYPE_CHECKING:
    from neurosim.engines.layout.plastic_access import PlasticProjections

Numbers = npt.NDArray[np.int64]


class CpuEngine:
    """See `neurosim.engines.engine.Engine`. Threads own neurons; where there are samples for all, they own samples."""

    def __init__(
        self,
        plan: NetworkPlan,
        recorded: Collection[int],
        threads: int | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """The network of ``plan`` at step 0, compiled; ``threads`` None: as many as the work is worth.

        ``timeout_s`` is how long a thread may wait for others, during twice as much work, before one goes on alone.
        """
        self.threads = worthwhile_threads(plan) if threads is None else threads
        models = {p.model.hash: p.model for p in plan.populations if p.model}
        common = any(p.plastic and p.plastic.copies < plan.batch for p in plan.projections)  # to samples: synapses
        apart = plan.batch >= self.threads and not common  # each thread has its samples, and waits for nobody
        team_threads, teams = (1, self.threads) if apart else (self.threads, 1)
        kinds = {name: kind for kind, name in enumerate(sorted(models))}
        self._plan, self._recorded = plan, sorted(recorded)
        self._layout = layout_of(plan, team_threads)
        self._memory = allocate(plan, self._layout, kinds)
        self._rows = packed_rows(plan, self._layout, threads or processors())
        self._timed_steps, self._timed = self._timed_spikes()
        self._key = np.array([plan.seed & 0xFFFFFFFF, plan.seed >> 32], np.uint32)
        self._signals = [(np.zeros(plan.batch, plan.precision), np.full(plan.batch, -1)) for _ in plan.signals]
        self._plastic = None
        if any(projection.plastic for projection in plan.projections):
            from neurosim.engines.layout.plastic_access import PlasticProjections

            self._plastic = PlasticProjections(plan, self._layout, self._memory)
        rules = self._plastic.rules if self._plastic else ()
        self._graded = (
            GradedProjections(plan, self._layout, self._memory) if any(map(_is_graded, plan.projections)) else None
        )
        self._run = load_loop([models[name] for name in kinds], rules, plan.signals, self._graded is not None)
        self._lists = Lists.of(self._layout, self._recorded)
        self._watch: Watch
        self.watch([])
        self._pool = ThreadPoolExecutor(max(1, self.threads - 1))
        most, delay = int(self._memory.owners[:, at.MOST].max()), plan.largest_delay
        cuts = [plan.batch * team // teams for team in range(teams + 1)]
        self._teams = [
            ThreadTeam(self._slice, team_threads, self._layout.owners, span, most, delay, timeout_s)
            for span in pairwise(cuts)
        ]
        self._teams[0].compile()

    @property
    def step(self) -> int:
        """The number of steps done."""
        return self._teams[0].step

    @step.setter
    def step(self, value: int) -> None:
        for team in self._teams:
            team.step = value
            team.log.replace(value, [(np.zeros(0, np.int64), np.zeros(0, np.int32))] * team.log.lanes)

    @property
    def steps_alone(self) -> int:
        """How many steps one thread did for all, since others kept the processors busy or the slice was short."""
        return sum(team.steps_alone for team in self._teams)

    @property
    def events(self) -> int:
        """How many synapses have been delivered."""
        return sum(int(team.results[:, at.EVENTS].sum()) for team in self._teams)

    @property
    def spikes(self) -> int:
        """How many spikes there were, recorded or not."""
        return sum(int(team.results[:, at.SPIKES].sum()) for team in self._teams)

    @property
    def seconds(self) -> tuple[float, float]:
        """The time spent on delivery, and on all else in the steps, summed over the threads, without their waiting."""
        results = np.concatenate([team.results for team in self._teams])
        delivered, worked = int(results[:, at.DELIVERED].sum()), int(results[:, at.WORKED].sum())
        return delivered / cycles_per_second(), (worked - delivered) / cycles_per_second()

    @property
    def bytes_per_synapse(self) -> float:
        """The memory of all synapses, with the indices and traces that serve them, per synapse."""
        rows = self._rows
        arrays: tuple[npt.NDArray[Any], ...] = (rows.codes, rows.row_start, rows.offsets)
        arrays += (*(self._plastic.data if self._plastic else ()), *(self._graded.data if self._graded else ()))
        synapses = sum(len(each) for each in self._plan.projections)
        return float(sum(array.nbytes for array in arrays) / max(1, synapses))

    def advance(self, steps: int) -> None:
        """Do ``steps`` steps; the spikes of the recorded populations pile up until they are taken."""
        self._watch, views = with_room(self._watch, self._watched, self._plan.batch, self.step, steps)
        for kept, view in zip(self._states, views, strict=True):
            kept.append(view)
        others = [self._pool.submit(self._advance, team, steps) for team in self._teams[1:]]
        try:
            self._advance(self._teams[0], steps)
        finally:
            for other in others:
                other.result()

    def take_spikes(self) -> dict[int, SpikeEvents]:
        """The spikes since the last call, of every recorded population."""
        found = [team.kept for team in self._teams]
        for team in self._teams:
            team.kept = []
        return dict(zip(self._recorded, joined(found, len(self._recorded)), strict=True))

    def watch(self, wanted: Sequence[WatchedState]) -> None:
        """Keep these states from now on."""
        self._watched = list(wanted)
        self._watch = watch_of(self._memory, self._watched)
        self._states: list[list[npt.NDArray[Any]]] = [[] for _ in self._watched]

    def take_states(self) -> list[npt.NDArray[Any]]:
        """The states since the last call, (n_times, batch, n_neurons) for each that is watched."""
        taken, self._states = self._states, [[] for _ in self._watched]
        return [moments(each, self._plan, kept) for each, kept in zip(self._watched, taken, strict=True)]

    def state(self, population: int) -> npt.NDArray[Any]:
        """The states, (batch, n_states, size)."""
        plan = self._plan.populations[population]
        shape = (self._plan.batch, len(plan.model.states) if plan.model else 0, plan.size)
        out = np.empty(shape, self._memory.state.dtype)
        for neurons, states in self._memory.states_of(population):
            out[:, :, neurons] = states
        return out

    def set_state(self, population: int, values: npt.NDArray[Any]) -> None:
        """Replace the states."""
        for neurons, states in self._memory.states_of(population):
            states[...] = values[:, :, neurons]

    def refractory(self, population: int) -> npt.NDArray[np.uint16]:
        """The steps that each neuron is still held, uint16 (batch, size)."""
        out = np.zeros((self._plan.batch, self._plan.populations[population].size), np.uint16)
        for neurons, counters in self._memory.refractory_of(population):
            out[:, neurons] = counters
        return out

    def set_refractory(self, population: int, values: npt.NDArray[np.uint16]) -> None:
        """Replace the refractory counters."""
        for neurons, counters in self._memory.refractory_of(population):
            counters[...] = values[:, neurons]

    def pending(self) -> dict[int, SpikeEvents]:
        """The spikes of the last D steps, of every population."""
        first = max(0, self.step - self._plan.largest_delay)
        populations = range(len(self._plan.populations))
        lists = Lists.of(self._layout, populations)
        found = [[team.log.events(first, team.step, lists)] for team in self._teams]
        return dict(enumerate(joined(found, len(populations))))

    def set_pending(self, spikes: dict[int, SpikeEvents]) -> None:
        """Replace the spikes of the last D steps; `step` must have been set before."""
        steps, neurons, samples = (
            np.concatenate([np.zeros(0, np.int64), *parts])
            for parts in zip(
                *((e.steps, e.neurons + np.int64(self._span(p).start), e.samples) for p, e in spikes.items()),
                strict=True,
            )
        )
        owner = self._layout.block_owner[neurons // 128]
        order = np.argsort(steps, kind="stable")
        for team in self._teams:
            lane = (samples - team.samples[0]) * self._layout.owners + owner
            chosen = [order[lane[order] == number] for number in range(team.log.lanes)]
            team.log.replace(self.step, [(steps[rows], neurons[rows].astype(np.int32)) for rows in chosen])

    def set_thresholds(self, population: int, values: npt.NDArray[np.uint32]) -> None:
        """Replace the thresholds of a Poisson source, uint32 (batch, size)."""
        for neurons, rates in self._memory.rates_of(population):
            rates[...] = values[:, neurons]

    def set_weights(self, projection: int, weight: npt.NDArray[np.int32]) -> None:
        """Replace the weights of a projection, int32 (n_synapses,) in canonical order, in place."""
        rewrite(self._rows, self._plan.projections[projection].name, weight)

    def synaptic(self, projection: int) -> SynapticState:
        """The synaptic variables of a projection with a rule."""
        return self._rules.synaptic(projection)

    def set_synaptic(self, projection: int, synaptic: SynapticState) -> None:
        """Replace the synaptic variables."""
        self._rules.set_synaptic(projection, synaptic)

    def graded(self, projection: int) -> GradedState:
        """Weights and past of a projection that sends a state."""
        return self._states_sent.read(projection, self.step)

    def set_graded(self, projection: int, graded: GradedState) -> None:
        """Replace weights and past."""
        self._states_sent.load(projection, graded, self.step)

    def traces(self, projection: int, side: str) -> TraceHistory:
        """The variables of the neurons of one side of a projection with a rule."""
        pending = self.pending()[self._rules.population(projection, side)]
        return self._rules.traces(projection, side, pending, self.step)

    def set_traces(self, projection: int, side: str, traces: TraceHistory) -> None:
        """Replace the variables of the neurons of one side."""
        self._rules.set_traces(projection, side, traces, self.step)

    def signal(self, number: int) -> SignalState:
        """A signal of the plan."""
        values, due = self._signals[number]
        return SignalState(values.copy(), due == self.step)

    def set_signal(self, number: int, signal: SignalState) -> None:
        """Replace a signal."""
        self._signals[number] = signal.values.copy(), np.where(signal.given, self.step, -1)
        for population, row in self._plan.readers(number):
            self._memory.scalars_of(population, row)[:] = signal.values
        if self._plastic:
            self._plastic.set_signal(number, *self._signals[number])

    def saturations(self, projection: int) -> int:
        """How often what a synapse sent was clipped."""
        if _is_graded(self._plan.projections[projection]):
            return self._states_sent.clipped(projection)
        return self._rules.saturations(projection)

    @property
    def _rules(self) -> PlasticProjections:
        """The plastic projections, of which there are some."""
        assert self._plastic is not None
        return self._plastic

    @property
    def _states_sent(self) -> GradedProjections:
        """The projections that send states, of which there are some."""
        assert self._graded is not None
        return self._graded

    def _advance(self, team: ThreadTeam, steps: int) -> None:
        team.advance(steps, self._timed_steps, self._pool, self._lists)

    def _slice(self, task: Numbers, result: Numbers, flags: Numbers, timed_from: Numbers, log: SpikeLog) -> None:
        memory, rows = self._memory, self._rows
        more: tuple[Any, ...] = (self._graded.data,) if self._graded else ()
        more += (self._plastic.table, self._plastic.data.room) if self._plastic else ()
        self._run(
            task, result, flags, memory.parts, memory.owners, memory.drives, memory.streams, self._key, rows.delays,
            rows.row_start, rows.offsets, rows.codes, rows.target_bits, log.entries, log.begins, timed_from,
            self._timed, memory.state, memory.slots, memory.refractory, memory.scalars, memory.arrays,
            memory.thresholds, memory.rates, self._watch, *more,
        )  # fmt: skip

    def _span(self, population: int) -> slice:
        """The numbers of a population's neurons in the layout."""
        first = self._layout.first_neuron(population)
        return slice(first, first + self._plan.populations[population].size)

    def _timed_spikes(self) -> tuple[Numbers, npt.NDArray[np.int32]]:
        """Steps, ascending, and neurons in the layout of all spikes that are told; each once."""
        steps, neurons = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for number, population in enumerate(self._plan.populations):
            if isinstance(population.source, ScheduledSource):
                steps.append(population.source.steps)
                neurons.append(population.source.neurons + np.int64(self._span(number).start))
        both = np.unique(np.stack((np.concatenate(steps), np.concatenate(neurons))), axis=1)
        return both[0], both[1].astype(np.int32)


def joined(parts: Sequence[Sequence[Sequence[SpikeEvents]]], count: int) -> list[SpikeEvents]:
    """The spikes of ``count`` populations from what each team kept, slice by slice, of its samples."""
    none = SpikeEvents(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))
    found = []
    for number in range(count):
        slices = [kept[number] for team in parts for kept in team]
        events = SpikeEvents(*(np.concatenate(column) for column in zip(none, *slices, strict=True)))
        if len(parts) > 1:
            order = np.argsort(events.steps, kind="stable")
            events = SpikeEvents(events.steps[order], events.neurons[order], events.samples[order])
        found.append(events)
    return found


def _is_graded(projection: ProjectionPlan) -> bool:
    return projection.graded is not None
