"""Recording of spikes, states and rates, collected after each slice of time, in memory or in a run log.

states are sampled at the end of every ``every``-th step, at times every, 2 every, ... since time 0
rates are spikes per neuron and second in bins of ``every``, at the times at which the bins end
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from neurosim.core.time_steps import MS_PER_S
from neurosim.engines.engine import Engine, SpikeEvents, WatchedState
from neurosim.runlog.recorded import Trial, Trials

SLICE_MS = 100.0  # how long an engine runs before its records are collected: bounds their memory
SLICE_VALUES = 1 << 23  # of states, likewise


@dataclass(frozen=True, eq=False)
class Sampled:
    """A ``variable`` in ``unit`` (row ``row`` of the states) of some ``neurons``, sampled every ``every`` steps.

    For a variable of synapses ``neurons`` are their numbers, and ``ends`` finds the neurons pre and post of each.
    """

    variable: str
    row: int
    every: int
    neurons: npt.NDArray[np.int64]
    unit: str
    ends: Callable[[], tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]] | None = None


@dataclass(frozen=True, eq=False)
class Recording:
    """The recording of population number ``population``; ``bin`` is the width of the rate's bins in steps, or 0.

    If it is ``synaptic``, the number is that of a projection with a rule, and the states are variables of the rule.
    """

    population: int
    name: str
    size: int
    spikes: bool
    bin: int
    states: tuple[Sampled, ...]
    synaptic: bool = False

    @property
    def counts_spikes(self) -> bool:
        """Whether an engine must report the population's spikes."""
        return self.spikes or self.bin > 0


class Store(Protocol):
    """Keeps records and returns them: `MemoryStore` or `neurosim.simulation.log.LogStore`."""

    def begin(self, step: int) -> None:
        """The first slice starts at ``step``."""

    def add_spikes(self, population: str, spikes: SpikeEvents, shown: int) -> None:
        """Add the spikes of a slice, in the ``shown``-th presentation to each sample of the batch."""

    def add_states(self, population: str, variable: str, values: npt.NDArray[Any]) -> None:
        """Add samples, (n_times, batch, n_neurons)."""

    def add_rates(self, population: str, values: npt.NDArray[np.float64]) -> None:
        """Add the rates of bins in Hz, (n_bins, batch)."""

    def add_trial(self, trial: Trial) -> None:
        """Add a trial."""

    def spikes(self, population: str) -> SpikeEvents:
        """All spikes so far."""

    def states(self, population: str, variable: str) -> npt.NDArray[Any]:
        """All samples so far, (n_times, batch, n_neurons)."""

    def rates(self, population: str) -> npt.NDArray[np.float64]:
        """All bins so far, (n_bins, batch)."""

    def trials(self) -> Trials:
        """All trials so far."""

    def end_slice(self) -> None:
        """A slice has ended: records may be written to disk."""

    def close(self, status: str) -> None:
        """The run has ended, with the status finished, interrupted or failed."""


class MemoryStore:
    """Keeps records in memory."""

    def __init__(self, batch: int, recordings: Sequence[Recording], precision: str) -> None:
        """An empty store."""
        none = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32)
        self._spikes = {recording.name: [SpikeEvents(*none)] for recording in recordings}
        self._rates = {recording.name: [np.empty((0, batch))] for recording in recordings}
        self._states = {
            (recording.name, state.variable): [np.empty((0, batch, len(state.neurons)), precision)]
            for recording in recordings
            for state in recording.states
        }
        self._trials: list[Trial] = []

    def begin(self, step: int) -> None:
        """Nothing to do in memory."""

    def add_spikes(self, population: str, spikes: SpikeEvents, shown: int) -> None:
        """Add the spikes of a slice."""
        self._spikes[population].append(spikes)

    def add_states(self, population: str, variable: str, values: npt.NDArray[Any]) -> None:
        """Add samples, (n_times, batch, n_neurons)."""
        self._states[population, variable].append(values)

    def add_rates(self, population: str, values: npt.NDArray[np.float64]) -> None:
        """Add the rates of bins in Hz, (n_bins, batch)."""
        self._rates[population].append(values)

    def add_trial(self, trial: Trial) -> None:
        """Add a trial."""
        self._trials.append(trial)

    def spikes(self, population: str) -> SpikeEvents:
        """All spikes so far."""
        return SpikeEvents(*(np.concatenate(column) for column in zip(*self._spikes[population], strict=True)))

    def states(self, population: str, variable: str) -> npt.NDArray[Any]:
        """All samples so far, (n_times, batch, n_neurons)."""
        return np.concatenate(self._states[population, variable])

    def rates(self, population: str) -> npt.NDArray[np.float64]:
        """All bins so far, (n_bins, batch)."""
        return np.concatenate(self._rates[population])

    def trials(self) -> Trials:
        """All trials so far."""
        columns = list(zip(*self._trials, strict=True)) or [()] * 4
        start, stop = (np.array(column, np.float64) for column in columns[:2])
        sample, label = (np.array(column, np.int64) for column in columns[2:])
        return Trials(start, stop, sample, label)

    def end_slice(self) -> None:
        """Nothing to do in memory."""

    def close(self, status: str) -> None:
        """Nothing to do in memory."""


class Stops:
    """Where an engine must stop: at the end of each slice, and where variables of synapses are sampled."""

    def __init__(self, recordings: Sequence[Recording], dt: float, batch: int) -> None:
        per_step = batch * sum(len(state.neurons) / state.every for state in watched(recordings))
        length = max(1, round(SLICE_MS / dt))
        if per_step * length > SLICE_VALUES:
            length = max(1, int(SLICE_VALUES / per_step))
        sampled = {state.every for recording in recordings if recording.synaptic for state in recording.states}
        self._periods = (length, *sampled)

    def after(self, step: int, end: int) -> int:
        """The first step after ``step`` at which to stop, at most ``end``."""
        for period in self._periods:
            end = min(end, (step // period + 1) * period)
        return end


class Recorder:
    """Moves records from an engine to a store."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        store: Store,
        dt: float,
        batch: int,
        step: int,
        synaptic: Callable[[int, str], npt.NDArray[Any]],
    ) -> None:
        """A recorder of a run that begins at ``step``; ``synaptic`` reads a variable of a projection, (batch, n)."""
        self.recordings, self.store, self.shown = tuple(recordings), store, 0
        self.stops = Stops(recordings, dt, batch)
        self._synaptic, self._dt, self._batch = synaptic, dt, batch
        neuronal = [recording for recording in recordings if not recording.synaptic]
        self._watched = [(recording.name, state.variable) for recording in neuronal for state in recording.states]
        self._bins = {recording.name: first_bin(step, recording.bin) for recording in recordings if recording.bin}
        self._counts = {name: np.zeros((1, batch), np.int64) for name in self._bins}
        self._has_begun = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been run yet."""
        return not self._has_begun

    def begin(self, step: int) -> None:
        """Start the store, once."""
        if not self._has_begun:
            self.store.begin(step)
            self._has_begun = True

    def collect(self, engine: Engine, step: int) -> None:
        """Move to the store what ``engine`` has recorded up to ``step``."""
        spikes = engine.take_spikes()
        for recording in self.recordings:
            if recording.spikes and spikes[recording.population].steps.size:
                self.store.add_spikes(recording.name, spikes[recording.population], self.shown)
            if recording.bin:
                self._count(recording, spikes[recording.population], step)
            for state in recording.states if recording.synaptic else ():
                if step % state.every == 0:
                    values = self._synaptic(recording.population, state.variable)[:, state.neurons]
                    self.store.add_states(recording.name, state.variable, values[np.newaxis])
        if self._watched:
            for name, values in zip(self._watched, engine.take_states(), strict=True):
                if len(values):
                    self.store.add_states(*name, values)
        self.store.end_slice()

    def _count(self, recording: Recording, spikes: SpikeEvents, now: int) -> None:
        """Add spikes to the open bin and those after it; move bins that have ended to the store."""
        name, first = recording.name, self._bins[recording.name]
        bins = max(1, -(-now // recording.bin) - first)
        counts = np.zeros((bins, self._batch), np.int64)
        counts[:1] = self._counts[name]
        inside = spikes.steps >= first * recording.bin
        np.add.at(counts, (spikes.steps[inside] // recording.bin - first, spikes.samples[inside]), 1)
        ended = max(0, now // recording.bin - first)
        if ended:
            per_spike = np.float64(MS_PER_S / (recording.bin * self._dt * recording.size))
            self.store.add_rates(name, np.asarray(counts[:ended] * per_spike, np.float64))
        self._bins[name] = first + ended
        self._counts[name] = counts[ended:] if ended < bins else np.zeros((1, self._batch), np.int64)


def watched(recordings: Sequence[Recording]) -> list[WatchedState]:
    """The states that an engine must record."""
    return [
        WatchedState(recording.population, state.row, state.every, state.neurons)
        for recording in recordings
        if not recording.synaptic
        for state in recording.states
    ]


def first_bin(step: int, width: int) -> int:
    """The number of the first bin of ``width`` steps that begins at ``step`` or later."""
    return -(-step // width)


def first_sample(step: int, every: int) -> int:
    """The number of steps done at the first sample after ``step``."""
    return (step // every + 1) * every
