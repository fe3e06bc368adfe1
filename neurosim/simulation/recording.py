"""What is kept of a run: spikes, states and rates, gathered between two slices of time, in memory or in a run log.

states are taken at the end of every ``every``-th step, at times every, 2 every, ... since time 0
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

SLICE_MS = 100.0  # how long an engine runs before what it recorded is fetched: bounds the memory that it takes
SLICE_VALUES = 1 << 23  # of states, likewise


@dataclass(frozen=True, eq=False)
class Sampled:
    """One state ``variable`` (row ``row`` of the states), in ``unit``, of some ``neurons`` each ``every`` steps.

    If it is one of synapses, ``neurons`` are their numbers, and ``ends`` finds the neurons pre and post of each.
    """

    variable: str
    row: int
    every: int
    neurons: npt.NDArray[np.int64]
    unit: str
    ends: Callable[[], tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]] | None = None


@dataclass(frozen=True, eq=False)
class Recording:
    """What is kept of population number ``population``; ``bin`` is the width of the rate's bins in steps, or 0.

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
    """Where records go and are read back: `MemoryStore` or `neurosim.simulation.log.LogStore`."""

    def begin(self, step: int) -> None:
        """The first slice starts at ``step``."""

    def add_spikes(self, population: str, spikes: SpikeEvents, shown: int) -> None:
        """Add the spikes of a slice, in which every sample of the batch was shown its number ``shown``."""

    def add_states(self, population: str, variable: str, values: npt.NDArray[Any]) -> None:
        """Add some moments, (n_times, batch, n_neurons)."""

    def add_rates(self, population: str, values: npt.NDArray[np.float64]) -> None:
        """Add the rates of some bins in Hz, (n_bins, batch)."""

    def add_trial(self, trial: Trial) -> None:
        """Add a trial."""

    def spikes(self, population: str) -> SpikeEvents:
        """All spikes so far."""

    def states(self, population: str, variable: str) -> npt.NDArray[Any]:
        """All moments so far, (n_times, batch, n_neurons)."""

    def rates(self, population: str) -> npt.NDArray[np.float64]:
        """All bins so far, (n_bins, batch)."""

    def trials(self) -> Trials:
        """All trials so far."""

    def end_slice(self) -> None:
        """A slice is over: a moment to bring what was added to safety."""

    def close(self, status: str) -> None:
        """The run is over: finished, interrupted or failed."""


class MemoryStore:
    """Keeps everything in memory, as it came."""

    def __init__(self, batch: int, recordings: Sequence[Recording], precision: str) -> None:
        """An empty store."""
        none = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32)
        self._spikes = {recording.name: [SpikeEvents(*none)] for recording in recordings}
        self._rates = {recording.name: [np.empty((0, batch))] for recording in recordings}
        self._states = {
            (recording.name, sampled.variable): [np.empty((0, batch, len(sampled.neurons)), precision)]
            for recording in recordings
            for sampled in recording.states
        }
        self._trials: list[Trial] = []

    def begin(self, step: int) -> None:
        """Nothing to prepare."""

    def add_spikes(self, population: str, spikes: SpikeEvents, shown: int) -> None:
        """Add the spikes of a slice."""
        self._spikes[population].append(spikes)

    def add_states(self, population: str, variable: str, values: npt.NDArray[Any]) -> None:
        """Add some moments, (n_times, batch, n_neurons)."""
        self._states[population, variable].append(values)

    def add_rates(self, population: str, values: npt.NDArray[np.float64]) -> None:
        """Add the rates of some bins in Hz, (n_bins, batch)."""
        self._rates[population].append(values)

    def add_trial(self, trial: Trial) -> None:
        """Add a trial."""
        self._trials.append(trial)

    def spikes(self, population: str) -> SpikeEvents:
        """All spikes so far."""
        return SpikeEvents(*(np.concatenate(column) for column in zip(*self._spikes[population], strict=True)))

    def states(self, population: str, variable: str) -> npt.NDArray[Any]:
        """All moments so far, (n_times, batch, n_neurons)."""
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
        """Memory has nothing to do."""

    def close(self, status: str) -> None:
        """Memory has nothing to do."""


class Recorder:
    """Stands between an engine and a store: says where to stop, and carries over what has come up."""

    def __init__(
        self,
        recordings: Sequence[Recording],
        store: Store,
        dt: float,
        batch: int,
        step: int,
        synaptic: Callable[[int, str], npt.NDArray[Any]],
    ) -> None:
        """A recorder of a run that begins at ``step``; ``synaptic`` gives a variable of a projection, (batch, n)."""
        self._synaptic = synaptic
        self.recordings, self.store, self.shown = tuple(recordings), store, 0
        self._dt, self._batch = dt, batch
        per_step = batch * sum(len(each.neurons) / each.every for each in watched(recordings))
        self._slice = max(1, round(SLICE_MS / dt))
        if per_step * self._slice > SLICE_VALUES:
            self._slice = max(1, int(SLICE_VALUES / per_step))
        self._bins = {recording.name: first_bin(step, recording.bin) for recording in recordings if recording.bin}
        self._counts = {name: np.zeros((1, batch), np.int64) for name in self._bins}
        self._begun = False

    @property
    def empty(self) -> bool:
        """Whether nothing has been run yet."""
        return not self._begun

    def next_stop(self, step: int, end: int) -> int:
        """The step at which the engine must stop next, after ``step`` and at most ``end``."""
        rules = [sampled.every for each in self.recordings if each.synaptic for sampled in each.states]
        return min(end, *((step // period + 1) * period for period in (self._slice, *rules)))

    def begin(self, step: int) -> None:
        """Tell the store that the run starts, once."""
        if not self._begun:
            self.store.begin(step)
            self._begun = True

    def collect(self, engine: Engine) -> None:
        """Take from ``engine`` what it found up to its present step."""
        taken = engine.take_spikes()
        for recording in self.recordings:
            if recording.spikes and taken[recording.population].steps.size:
                self.store.add_spikes(recording.name, taken[recording.population], self.shown)
            if recording.bin:
                self._count(recording, taken[recording.population], engine.step)
            for sampled in recording.states if recording.synaptic else ():
                if engine.step % sampled.every == 0:
                    values = self._synaptic(recording.population, sampled.variable)[:, sampled.neurons]
                    self.store.add_states(recording.name, sampled.variable, values[np.newaxis])
        names = [
            (each.name, sampled.variable) for each in self.recordings if not each.synaptic for sampled in each.states
        ]
        for name, values in zip(names, engine.take_states(), strict=True):
            if len(values):
                self.store.add_states(*name, values)
        self.store.end_slice()

    def _count(self, recording: Recording, spikes: SpikeEvents, now: int) -> None:
        """Add spikes to the open bin and those after it; pass on the bins that have ended."""
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
    """The states that an engine must keep."""
    return [
        WatchedState(recording.population, sampled.row, sampled.every, sampled.neurons)
        for recording in recordings
        if not recording.synaptic
        for sampled in recording.states
    ]


def first_bin(step: int, width: int) -> int:
    """The number of the first bin of ``width`` steps that begins at ``step`` or later."""
    return -(-step // width)


def first_sample(step: int, every: int) -> int:
    """The number of steps done at the first sample after ``step``."""
    return (step // every + 1) * every
