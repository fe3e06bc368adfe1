"""The reference engine: slow, obvious, defining; one population, one projection, one spike at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import sample_synapses
from neurosim.engines.engine import (
    EngineReport,
    GradedState,
    SignalState,
    SpikeEvents,
    SynapticState,
    TraceHistory,
    WatchedState,
    moments,
)
from neurosim.engines.grid import on_grid
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference.delivery import by_delay, deliver
from neurosim.engines.reference.graded import GradedSynapses
from neurosim.engines.reference.plastic import PlasticSynapses
from neurosim.engines.reference.population import Members
from neurosim.engines.reference.random import neuron_words

Spikes = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]  # samples and neurons of one step


class ReferenceEngine:
    """See `neurosim.engines.engine.Engine`."""

    def __init__(self, plan: NetworkPlan, recorded: Collection[int]) -> None:
        """The network of ``plan`` at step 0; the spikes of the populations ``recorded`` are kept."""
        self.step = 0
        self._plan = plan
        self._members = [Members(plan, number) for number in range(len(plan.populations))]
        drawn = [sample_synapses(projection.plan) for projection in plan.projections]
        self._due = [by_delay(synapses) for synapses in drawn]
        self._weights = [
            on_grid(f"projection {each.name!r}.weight", synapses.weight, plan.slots[each.slot].scale)
            if each.plastic is None and each.graded is None
            else None
            for each, synapses in zip(plan.projections, drawn, strict=True)
        ]
        self._plastic = {
            number: PlasticSynapses(each.plastic, synapses, self._members[each.pre], *self._end(each.slot))
            for number, (each, synapses) in enumerate(zip(plan.projections, drawn, strict=True))
            if each.plastic is not None
        }
        self._graded = {
            number: GradedSynapses(plan, number, self._due[number], synapses, self._members[each.pre])
            for number, (each, synapses) in enumerate(zip(plan.projections, drawn, strict=True))
            if each.graded is not None
        }
        real = np.dtype(plan.precision)
        self._signals = {
            name: SignalState(np.zeros(plan.batch, real), np.zeros(plan.batch, np.bool_)) for name in plan.signals
        }
        self._past: dict[int, list[Spikes]] = {}  # step -> spikes by population, for the last D steps
        self._kept: dict[int, list[SpikeEvents]] = {number: [] for number in sorted(recorded)}
        self.watch([])

    def advance(self, steps: int) -> None:
        """Do ``steps`` steps."""
        for _ in range(steps):
            self._deliver()
            self._drive()
            self._update()
            self._learn()
            for synapses in self._graded.values():
                synapses.note(self.step)
            self._past.pop(self.step - self._plan.largest_delay, None)
            self.step += 1
            self._keep()

    def take_spikes(self) -> dict[int, SpikeEvents]:
        """The spikes since the last call, of every recorded population."""
        taken = {number: joined(events) for number, events in self._kept.items()}
        self._kept = {number: [] for number in self._kept}
        return taken

    def watch(self, wanted: Sequence[WatchedState]) -> None:
        """Keep these states from now on."""
        self._watched = list(wanted)
        self._states: list[list[npt.NDArray[Any]]] = [[] for _ in self._watched]

    def take_states(self) -> list[npt.NDArray[Any]]:
        """The states since the last call, (n_times, batch, n_neurons) for each that is watched."""
        taken, self._states = self._states, [[] for _ in self._watched]
        return [moments(each, self._plan, kept) for each, kept in zip(self._watched, taken, strict=True)]

    def state(self, population: int) -> npt.NDArray[Any]:
        """The states, (batch, n_states, size)."""
        return self._members[population].state.copy()

    def has_finite_states(self) -> bool:
        """Whether no state is NaN or infinite."""
        return all(np.isfinite(members.state).all() for members in self._members)

    def set_state(self, population: int, values: npt.NDArray[Any]) -> None:
        """Replace the states."""
        self._members[population].state[...] = values

    def refractory(self, population: int) -> npt.NDArray[np.uint16]:
        """The steps that each neuron is still held, uint16 (batch, size)."""
        return self._members[population].refractory.copy()

    def set_refractory(self, population: int, values: npt.NDArray[np.uint16]) -> None:
        """Replace the refractory counters."""
        self._members[population].refractory[...] = values

    def pending(self) -> dict[int, SpikeEvents]:
        """The spikes of the last D steps, of every population."""
        return {
            number: joined([events(step, spikes[number]) for step, spikes in sorted(self._past.items())])
            for number in range(len(self._members))
        }

    def set_pending(self, spikes: dict[int, SpikeEvents]) -> None:
        """Replace the spikes of the last D steps."""
        self._past = {}
        for step in range(max(0, self.step - self._plan.largest_delay), self.step):
            self._past[step] = [at_step(spikes[number], step) for number in range(len(self._members))]

    def set_thresholds(self, population: int, values: npt.NDArray[np.uint32]) -> None:
        """Replace the thresholds of a Poisson source, uint32 (batch, size)."""
        self._members[population].thresholds[...] = values

    def set_weights(self, projection: int, weight: npt.NDArray[np.int32]) -> None:
        """Replace the weights of a projection, int32 (n_synapses,) in canonical order."""
        self._weights[projection] = weight.copy()

    def synaptic(self, projection: int) -> SynapticState:
        """The synaptic variables of a projection with a rule."""
        values, stamps = self._plastic[projection].synaptic
        return SynapticState(values.copy(), stamps.copy())

    def set_synaptic(self, projection: int, synaptic: SynapticState) -> None:
        """Replace the synaptic variables."""
        for old, new in zip(self._plastic[projection].synaptic, synaptic, strict=True):
            old[...] = new

    def graded(self, projection: int) -> GradedState:
        """Weights and past of a projection that sends a state."""
        return self._graded[projection].read()

    def set_graded(self, projection: int, graded: GradedState) -> None:
        """Replace weights and past."""
        self._graded[projection].load(graded, self.step)

    def traces(self, projection: int, side: str) -> TraceHistory:
        """The variables of the neurons of one side of a projection with a rule."""
        return self._plastic[projection].traces[side].entries()

    def set_traces(self, projection: int, side: str, traces: TraceHistory) -> None:
        """Replace the variables of the neurons of one side."""
        self._plastic[projection].traces[side].load(traces, self.step)

    def signal(self, number: int) -> SignalState:
        """A signal of the plan."""
        return SignalState(*(each.copy() for each in self._signals[self._plan.signals[number]]))

    def set_signal(self, number: int, signal: SignalState) -> None:
        """Replace a signal."""
        name = self._plan.signals[number]
        self._signals[name] = SignalState(*(each.copy() for each in signal))
        for population, row in self._plan.readers(number):
            self._members[population].scalars[:, row] = signal.values

    def saturations(self, projection: int) -> int:
        """How often what a synapse sent was clipped."""
        return (self._plastic.get(projection) or self._graded[projection]).saturations

    def report(self) -> EngineReport:
        """Nothing: this engine does not count."""
        return EngineReport()

    def _keep(self) -> None:
        for each, kept in zip(self._watched, self._states, strict=True):
            if self.step % each.every == 0:
                kept.append(self._members[each.population].state[np.newaxis, :, each.row, each.neurons])

    def _deliver(self) -> None:
        for number, (projection, groups) in enumerate(zip(self._plan.projections, self._due, strict=True)):
            slot, weight = self._slot(projection.slot), self._weights[number]
            if projection.graded is not None:
                self._graded[number].deliver(self.step, slot)
                continue
            for due in groups:
                if spikes := self._past.get(self.step - due.delay):
                    if weight is not None:
                        deliver(slot, weight, due, *spikes[projection.pre])
                        continue
                    for sample, neurons in by_sample(spikes[projection.pre]):
                        synapses = self._plastic[number]
                        synapses.on_pre_phase(self.step, due.delay, sample, neurons, self._signals, slot[sample])

    def _drive(self) -> None:
        for drive in self._plan.drives:
            slot = self._slot(drive.slot)
            for sample in range(self._plan.batch):
                word = neuron_words(self._plan.seed, f"drive/{drive.name}", self.step, sample, slot.shape[1])
                events = np.searchsorted(drive.thresholds, word, side="right").astype(np.int32)
                slot[sample] += events * np.int32(drive.weight)

    def _update(self) -> None:
        now: list[Spikes] = []
        for number, members in enumerate(self._members):
            spiked = np.array([members.spikes(self.step, sample) for sample in range(self._plan.batch)])
            samples, neurons = (index.astype(np.int32) for index in np.nonzero(spiked))
            now.append((samples, neurons))
            if number in self._kept and samples.size:
                self._kept[number].append(events(self.step, (samples, neurons)))
        self._past[self.step] = now

    def _learn(self) -> None:
        """What the end of a step does to synapses with a rule."""
        for number, synapses in self._plastic.items():
            plan = self._plan.projections[number]
            assert plan.plastic is not None
            populations = {"pre": plan.pre, "post": self._plan.slots[plan.slot].population}
            for side, population in populations.items():
                synapses.traces[side].begin(self.step)
                for sample, neurons in by_sample(self._past[self.step][population]):
                    synapses.update_traces(side, self.step, sample, neurons, self._signals)
            late = self._past.get(self.step - plan.plastic.dendritic_delay)
            for sample, neurons in by_sample(late[populations["post"]]) if late else ():
                synapses.on_post_phase(self.step, sample, neurons, self._signals)
            for name, (_, given) in self._signals.items():
                for sample in np.flatnonzero(given).tolist():
                    synapses.on_signal_phase(self.step, sample, self._signals, name)
            for sample in range(self._plan.batch):
                synapses.on_signal_phase(self.step, sample, self._signals, "every")
        for _, given in self._signals.values():
            given[:] = False

    def _end(self, number: int) -> tuple[Members, float]:
        """The population of a slot, and the slot's scale."""
        slot = self._plan.slots[number]
        return self._members[slot.population], slot.scale

    def _slot(self, number: int) -> npt.NDArray[np.int32]:
        """The integer sums (batch, size) of one slot, as a view."""
        slot = self._plan.slots[number]
        return self._members[slot.population].slot[:, slot.receptor]


def by_sample(spikes: Spikes) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    """The neurons that spiked, by sample."""
    samples, neurons = spikes
    for sample in np.unique(samples).tolist():
        yield sample, neurons[samples == sample].astype(np.int64)


def events(step: int, spikes: Spikes) -> SpikeEvents:
    """The spikes of one step with their step."""
    samples, neurons = spikes
    return SpikeEvents(np.full(len(samples), step, np.int64), neurons, samples)


def at_step(spikes: SpikeEvents, step: int) -> Spikes:
    """Samples and neurons of the spikes of one step."""
    there = spikes.steps == step
    return spikes.samples[there], spikes.neurons[there]


def joined(parts: Sequence[SpikeEvents]) -> SpikeEvents:
    """The spikes of consecutive spans of time as one."""
    empty = SpikeEvents(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))
    return SpikeEvents(*(np.concatenate(column) for column in zip(empty, *parts, strict=True)))
