"""The engine as it is meant: a step as the contract words it, one population, one projection, one spike at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import draw_all
from neurosim.grids import on_grid
from neurosim.kernels.reference.delivery import by_delay, deliver
from neurosim.kernels.reference.population import Members
from neurosim.kernels.reference.words import neuron_words
from neurosim.kernels.table import Events
from neurosim.plan import NetworkPlan

Spikes = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]  # samples and neurons of one step


class ReferenceEngine:
    """See `neurosim.kernels.table.Engine`."""

    def __init__(self, plan: NetworkPlan, recorded: Collection[int]) -> None:
        """The network of ``plan`` at step 0; the spikes of the populations ``recorded`` are kept."""
        self.step = 0
        self._plan = plan
        self._members = [Members(plan, number) for number in range(len(plan.populations))]
        drawn = [draw_all(projection.prepared) for projection in plan.projections]
        self._due = [by_delay(synapses) for synapses in drawn]
        self._weights = [
            on_grid(f"projection {each.name!r}.weight", synapses.weight, plan.slots[each.slot].scale)
            for each, synapses in zip(plan.projections, drawn, strict=True)
        ]
        self._past: dict[int, list[Spikes]] = {}  # step -> spikes by population, for the last D steps
        self._kept: dict[int, list[Events]] = {number: [] for number in sorted(recorded)}

    def advance(self, steps: int) -> None:
        """Do ``steps`` steps."""
        for _ in range(steps):
            self._deliver()
            self._drive()
            self._update()
            self.step += 1

    def take_spikes(self) -> dict[int, Events]:
        """The spikes since the last call, of every recorded population."""
        taken = {number: joined(events) for number, events in self._kept.items()}
        self._kept = {number: [] for number in self._kept}
        return taken

    def state(self, population: int) -> npt.NDArray[Any]:
        """The states, (batch, n_states, size)."""
        return self._members[population].state.copy()

    def set_state(self, population: int, values: npt.NDArray[Any]) -> None:
        """Replace the states."""
        self._members[population].state[...] = values

    def refractory(self, population: int) -> npt.NDArray[np.uint16]:
        """The steps that each neuron is still held, uint16 (batch, size)."""
        return self._members[population].refractory.copy()

    def set_refractory(self, population: int, values: npt.NDArray[np.uint16]) -> None:
        """Replace the refractory counters."""
        self._members[population].refractory[...] = values

    def pending(self) -> dict[int, Events]:
        """The spikes of the last D steps, of every population."""
        return {
            number: joined([events(step, spikes[number]) for step, spikes in sorted(self._past.items())])
            for number in range(len(self._members))
        }

    def set_pending(self, spikes: dict[int, Events]) -> None:
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

    def _deliver(self) -> None:
        for projection, weight, groups in zip(self._plan.projections, self._weights, self._due, strict=True):
            slot = self._slot(projection.slot)
            for due in groups:
                if spikes := self._past.get(self.step - due.delay):
                    deliver(slot, weight, due, *spikes[projection.pre])

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
        self._past.pop(self.step - self._plan.largest_delay, None)

    def _slot(self, number: int) -> npt.NDArray[np.int32]:
        """The integer sums (batch, size) of one slot, as a view."""
        slot = self._plan.slots[number]
        return self._members[slot.population].slot[:, slot.receptor]


def events(step: int, spikes: Spikes) -> Events:
    """The spikes of one step with their step."""
    samples, neurons = spikes
    return Events(np.full(len(samples), step, np.int64), neurons, samples)


def at_step(spikes: Events, step: int) -> Spikes:
    """Samples and neurons of the spikes of one step."""
    there = spikes.steps == step
    return spikes.samples[there], spikes.neurons[there]


def joined(parts: Sequence[Events]) -> Events:
    """The spikes of consecutive spans of time as one."""
    empty = Events(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))
    return Events(*(np.concatenate(column) for column in zip(empty, *parts, strict=True)))
