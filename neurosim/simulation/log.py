"""The log of a spiking run: where each record is written, and how it is read back.

spikes/<population>            timestamps in ms, neurons; the trial is batch x (number of samples shown) + sample
report/<population>.<state>    one column per recorded neuron, those of sample 0 first, as float32
report/<projection>.<variable> likewise, of recorded synapses (with their neurons pre and post) or neurons
metrics/rate/<population>      step at which the bin ends, Hz per sample
trials                         row k is trial number k, as in the spikes
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError
from neurosim.core.time_steps import to_steps
from neurosim.core.toml import to_toml
from neurosim.engines.engine import SpikeEvents
from neurosim.runlog.disk import check_target
from neurosim.runlog.layout import Column, Layout, Report
from neurosim.runlog.provenance import collect
from neurosim.runlog.reader import Run, open_run
from neurosim.runlog.recorded import Trial, Trials
from neurosim.runlog.writer import RunLog
from neurosim.simulation.parts import Declaration, Projection, in_words
from neurosim.simulation.recording import Recording, Sampled, first_bin, first_sample

FLUSH_SECONDS = 2.0  # of records that a kill can lose; a flush takes milliseconds


def describe(network: Declaration, run: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a run as tables for the log: ``run``, and every part of ``network``."""
    parts: dict[str, dict[str, Any]] = {
        "population": {
            part.name: {"size": part.size, "model": in_words(part.model), **_words("initial", part.initial)}
            for part in network.populations
        },
        "projection": {
            part.name: {
                "pre": part.pre.name,
                "post": part.post.name,
                "to": part.to,
                "builder": in_words(part.builder),
                "weight": in_words(part.weight),
                "delay": in_words(part.delay),
                **_plasticity(part),
            }
            for part in network.projections
        },
        "drive": {
            part.name: {"population": part.population.name, "to": part.to, "rate": part.rate, "weight": part.weight}
            for part in network.drives
        },
    }
    return {"run": {**run, "network_seed": network.seed}, **parts}


def _plasticity(part: Projection) -> dict[str, Any]:
    if part.graded is not None:
        return {"graded": part.graded.state, "bound": part.graded.bound, "w_max": part.graded.w_max}
    if part.rule is None:
        return {}
    copies = {} if part.copies is None else {"copies": part.copies}
    return {"rule": in_words(part.rule), "dendritic_delay": part.dendritic_delay, **copies}


def _words(name: str, values: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    return {name: {key: in_words(value) for key, value in values.items()}} if values else {}


class LogStore:
    """Writes records to a log, which is created at its first flush, and reads them back."""

    def __init__(
        self,
        path: str | Path,
        overwrite: bool,
        recordings: Sequence[Recording],
        settings: Mapping[str, Any],
        equations: str,
        reason: str,
    ) -> None:
        """``settings`` are the run's choices, with dt, batch, seed and backend, of which ``reason`` says why.

        Raises:
            InputError: ``path`` is taken.
        """
        self.path = check_target(path, overwrite)
        self._overwrite, self._recordings = overwrite, {recording.name: recording for recording in recordings}
        self._settings, self._equations, self._reason = settings, equations, reason
        self._dt, self._batch = float(settings["run"]["dt"]), int(settings["run"]["batch"])
        self._log: RunLog | None = None
        self._bins: dict[str, int] = {}  # steps done at the end of the next bin
        self._has_rows, self._flushed = False, time.monotonic()

    def begin(self, step: int) -> None:
        """Create the log of a run that starts at ``step``."""
        self._log = RunLog.create(self.path, self._layout(step), self._overwrite)
        self._bins = {
            name: (first_bin(step, recording.bin) + 1) * recording.bin
            for name, recording in self._recordings.items()
            if recording.bin
        }

    def add_spikes(self, population: str, spikes: SpikeEvents, shown: int) -> None:
        """Add the spikes of a slice."""
        times, trials = (spikes.steps + 1) * self._dt, shown * self._batch + spikes.samples
        self._write().spikes(population, times, spikes.neurons, trials)

    def add_states(self, population: str, variable: str, values: npt.NDArray[Any]) -> None:
        """Add samples, (n_times, batch, n_neurons)."""
        self._write().report(f"{population}.{variable}", values.reshape(len(values), -1).astype(np.float32))

    def add_rates(self, population: str, values: npt.NDArray[np.float64]) -> None:
        """Add the rates of bins in Hz, (n_bins, batch)."""
        width = self._recordings[population].bin
        ends = self._bins[population] + width * np.arange(len(values))
        self._bins[population] += width * len(values)
        self._write().append(f"metrics/rate/{population}", step=ends, hz=values)

    def add_trial(self, trial: Trial) -> None:
        """Add a trial."""
        self._write().trial(**trial._asdict())

    def spikes(self, population: str) -> SpikeEvents:
        """All spikes so far, read from the log."""
        run = self._read()
        if run is None:
            return SpikeEvents(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))
        logged = run.spikes(population)
        steps = to_steps(logged.times, self._dt).astype(np.int64) - 1
        return SpikeEvents(steps, logged.neurons.astype(np.int32), (logged.trials % self._batch).astype(np.int32))

    def states(self, population: str, variable: str) -> npt.NDArray[Any]:
        """All samples so far, (n_times, batch, n_neurons), float32, read from the log."""
        run = self._read()
        sampled = next(state for state in self._recordings[population].states if state.variable == variable)
        shape = (-1, self._batch, len(sampled.neurons))
        values = np.empty(0, np.float32) if run is None else run.report(f"{population}.{variable}").values
        return values.reshape(shape)

    def rates(self, population: str) -> npt.NDArray[np.float64]:
        """All bins so far, (n_bins, batch), read from the log."""
        run = self._read()
        return np.empty((0, self._batch)) if run is None else run.table(f"metrics/rate/{population}")["hz"]

    def trials(self) -> Trials:
        """All trials so far, read from the log."""
        run = self._read()
        if run is None:
            return Trials(np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
        table = run.trials()
        return Trials(*(table[name] for name in Trials._fields))

    def end_slice(self) -> None:
        """Flush, at most every `FLUSH_SECONDS`."""
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self._flush()

    def close(self, status: str) -> None:
        """Write the remaining rows and ``status``; nothing can be added any more."""
        if self._log is not None:
            self._log.close(status)
            self._has_rows |= status == "finished"

    def _write(self) -> RunLog:
        if self._log is None:
            raise InputError(f"log: expected a run that has begun, got none in {self.path}")
        self._has_rows = True
        return self._log

    def _flush(self) -> None:
        if self._log is not None:
            self._log.flush()
        self._flushed = time.monotonic()

    def _read(self) -> Run | None:
        """The log as a reader; None while it is empty."""
        self._flush()
        return open_run(self.path) if self._has_rows else None

    def _ends(self, sampled: Sampled) -> tuple[npt.NDArray[Any], npt.NDArray[Any]] | None:
        """The neurons pre and post of each column; None for a variable of neurons."""
        if sampled.ends is None:
            return None
        pre, post = sampled.ends()
        return np.tile(pre, self._batch), np.tile(post, self._batch)

    def _layout(self, step: int) -> Layout:
        reports, tables = {}, {}
        for name, recording in self._recordings.items():
            for sampled in recording.states:
                reports[f"{name}.{sampled.variable}"] = Report(
                    sampled.variable,
                    sampled.unit,
                    np.tile(sampled.neurons, self._batch),
                    sampled.every * self._dt,
                    first_sample(step, sampled.every) * self._dt,
                    self._ends(sampled),
                )
            if recording.bin:
                tables[f"metrics/rate/{name}"] = {"hz": Column("f8", "Hz", (self._batch,))}
        seed = int(self._settings["run"]["seed"])
        return Layout(
            attributes={"seed": seed, "dt": self._dt, "batch": self._batch},
            config=to_toml(self._settings),
            equations=self._equations,
            provenance=collect(seed, str(self._settings["run"]["backend"]), self._reason),
            tables=tables,
            spikes={name: recording.size for name, recording in self._recordings.items() if recording.spikes},
            reports=reports,
            trials=True,
        )
