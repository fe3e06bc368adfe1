"""The engine for CPUs: the spikes of the reference, bit for bit, for any number of threads and any slicing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurosim.core.platform import cycles_per_second, processors
from neurosim.engines.cpu.spike_log import Lists, SpikeLog
from neurosim.engines.cpu.step import load_loop
from neurosim.engines.cpu.team import TIMEOUT_S, ThreadTeam
from neurosim.engines.cpu.threads import worthwhile_threads
from neurosim.engines.cpu.watching import Watch, watch_of, with_buffer
from neurosim.engines.engine import EngineReport, SpikeEvents, WatchedState, moments
from neurosim.engines.layout.array_engine import ArrayEngine
from neurosim.engines.layout.columns import Owner, Result
from neurosim.engines.layout.graded import GradedProjections
from neurosim.engines.layout.neurons import allocate, layout_of, scheduled_spikes
from neurosim.engines.layout.static import bytes_per_synapse, pack_static
from neurosim.engines.plan import NetworkPlan
from neurosim.equations import load_module

if TYPE_CHECKING:
    from neurosim.engines.layout.columns import PlasticArrays
    from neurosim.engines.layout.plastic_access import Replay
    from neurosim.equations import CompiledRule

Numbers = npt.NDArray[np.int64]


class CpuEngine(ArrayEngine):
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

        ``timeout_s`` is how long a thread may wait for others, during twice as much work, before one continues alone.
        """
        self.threads = worthwhile_threads(plan) if threads is None else threads
        models = {p.model.hash: p.model for p in plan.populations if p.model}
        common = any(p.plastic and p.plastic.copies < plan.batch for p in plan.projections)  # synapses, to all samples
        apart = plan.batch >= self.threads and not common  # each thread has its own samples, and never waits
        team_threads, teams = (1, self.threads) if apart else (self.threads, 1)
        kinds = {name: kind for kind, name in enumerate(sorted(models))}
        self._plan, self._recorded = plan, sorted(recorded)
        self._layout = layout_of(plan, team_threads)
        self._memory = allocate(plan, self._layout, kinds)
        self._rows = pack_static(plan, self._layout, threads or processors())
        self._scheduled_steps, self._scheduled = scheduled_spikes(plan, self._layout)
        self._key = np.array([plan.seed & 0xFFFFFFFF, plan.seed >> 32], np.uint32)
        self._signals = [(np.zeros(plan.batch, plan.precision), np.full(plan.batch, -1)) for _ in plan.signals]
        self._plastic = None
        if any(projection.plastic for projection in plan.projections):
            from neurosim.engines.layout.plastic_access import PlasticProjections

            replay = partial(_replay_deferred_events, signals=plan.signals)
            self._plastic = PlasticProjections(plan, self._layout, self._memory, replay)
        rules = self._plastic.rules if self._plastic else ()
        self._graded = (
            GradedProjections(plan, self._layout, self._memory) if any(p.graded for p in plan.projections) else None
        )
        self._run = load_loop([models[name] for name in kinds], rules, plan.signals, self._graded is not None)
        self._lists = Lists.of(self._layout, self._recorded)
        self._watch: Watch
        self.watch([])
        self._pool = ThreadPoolExecutor(max(1, self.threads - 1))
        max_spikes, delay = int(self._memory.owners[:, Owner.MAX_SPIKES].max()), plan.largest_delay
        cuts = [plan.batch * team // teams for team in range(teams + 1)]
        self._teams = [
            ThreadTeam(self._slice, team_threads, self._layout.owners, span, max_spikes, delay, timeout_s)
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

    def report(self) -> EngineReport:
        """What was counted; the times are summed over the threads, without their waiting."""
        rows = self._rows
        arrays: tuple[npt.NDArray[Any], ...] = (rows.codes, rows.row_start, rows.offsets)
        arrays += (*(self._plastic.data if self._plastic else ()), *(self._graded.data if self._graded else ()))
        counted = np.concatenate([team.results for team in self._teams]).sum(axis=0)
        delivered, worked = int(counted[Result.DELIVERED]), int(counted[Result.WORKED])
        return EngineReport(
            threads=self.threads,
            steps_alone=sum(team.steps_alone for team in self._teams),
            spikes=int(counted[Result.SPIKES]),
            events=int(counted[Result.EVENTS]),
            delivery_s=delivered / cycles_per_second(),
            update_s=(worked - delivered) / cycles_per_second(),
            bytes_per_synapse=bytes_per_synapse(self._plan, arrays),
        )

    def advance(self, steps: int) -> None:
        """Do ``steps`` steps; spikes of recorded populations are buffered until `take_spikes`."""
        self._watch, views = with_buffer(self._watch, self._watched, self._plan.batch, self.step, steps)
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
                *((e.steps, e.neurons + np.int64(self._layout.first_neuron(p)), e.samples) for p, e in spikes.items()),
                strict=True,
            )
        )
        owner = self._layout.block_owner[neurons // 128]
        order = np.argsort(steps, kind="stable")
        for team in self._teams:
            lane = (samples - team.samples[0]) * self._layout.owners + owner
            chosen = [order[lane[order] == number] for number in range(team.log.lanes)]
            team.log.replace(self.step, [(steps[rows], neurons[rows].astype(np.int32)) for rows in chosen])

    def _advance(self, team: ThreadTeam, steps: int) -> None:
        team.advance(steps, self._scheduled_steps, self._pool, self._lists)

    def _slice(self, task: Numbers, result: Numbers, flags: Numbers, scheduled_from: Numbers, log: SpikeLog) -> None:
        memory, rows = self._memory, self._rows
        more: tuple[Any, ...] = (self._graded.data,) if self._graded else ()
        more += (self._plastic.table, self._plastic.data.scratch_sizes) if self._plastic else ()
        self._run(
            task, result, flags, memory.parts, memory.owners, memory.drives, memory.streams, self._key, rows.delays,
            rows.row_start, rows.offsets, rows.codes, rows.target_bits, log.entries, log.begins, scheduled_from,
            self._scheduled, memory.state, memory.slots, memory.refractory, memory.scalars, memory.arrays,
            memory.thresholds, memory.rates, self._watch, *more,
        )  # fmt: skip


def joined(parts: Sequence[Sequence[Sequence[SpikeEvents]]], count: int) -> list[SpikeEvents]:
    """The spikes of ``count`` populations from what each team kept, slice by slice, of its samples."""
    none = SpikeEvents(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))
    found = []
    for number in range(count):
        slices = [kept[number] for team in parts for kept in team]
        events = SpikeEvents(*map(np.concatenate, zip(none, *slices, strict=True)))
        if len(parts) > 1:
            order = np.argsort(events.steps, kind="stable")
            events = SpikeEvents(events.steps[order], events.neurons[order], events.samples[order])
        found.append(events)
    return found


def _replay_deferred_events(rule: CompiledRule, signals: Sequence[str]) -> Replay:
    """The function that replays the deferred events of a part of the projections of ``rule``, in one sample."""
    from neurosim.engines.cpu.events import print_events

    module = load_module(print_events(rule, signals))
    log = np.empty((0, 0), np.int32)

    def replay(arrays: PlasticArrays, table: Numbers, row: int, sample: int) -> None:
        scratch = np.empty(arrays.scratch_sizes[1], np.int32)
        module.replay_deferred_events(row, table, sample, log, np.empty(0, arrays.values.dtype), scratch)

    return replay
