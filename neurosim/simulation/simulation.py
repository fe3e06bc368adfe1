"""A compiled network: run it, present samples, read and set variables, save its state.

Times are in ms. A step n covers n dt .. (n + 1) dt; a spike in it has the time (n + 1) dt. Everything drawn
during a run depends on the seed, the step and the sample alone, so that any slicing of a run gives the same spikes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError
from neurosim.core.interrupts import deferred_interrupt
from neurosim.core.time_steps import whole_steps
from neurosim.engines.engine import Engine
from neurosim.engines.plan import NetworkPlan, PoissonSource
from neurosim.runlog.recorded import Trial
from neurosim.simulation.assemble import Assembly
from neurosim.simulation.recording import MemoryStore, Recorder, watched
from neurosim.simulation.records import Records
from neurosim.simulation.sources import check_rates
from neurosim.simulation.state import State, network_hash, read_state, write_state
from neurosim.simulation.variables import Variables, Write

NONE = -1  # for a trial without a sample or a label


class Simulation(Records):
    """A compiled network, made by `Network.compile`; with a log, it is a context manager.

    Populations, projections and signals are given by handle or name.

    Parameters
    ----------
    assembly : Assembly
        A network in numbers with its engine and store, as `Network.compile` makes it.

    Examples
    --------
    >>> import neurosim as ns
    >>> net = ns.Network()
    >>> source = net.population("source", 2, ns.SpikeTimes([0.5, 1.0], [0, 1]))
    >>> net.record(source, "spikes")
    >>> simulation = net.compile(dt=0.1, backend="reference")
    >>> simulation.run(2.0)
    >>> simulation.spikes("source").times.tolist(), simulation.spikes("source").neurons.tolist()
    ([0.5, 1.0], [0, 1])
    """

    def __init__(self, assembly: Assembly) -> None:
        self.backend, self.backend_reason = assembly.engine.backend, assembly.engine.reason
        self.roundings: Mapping[str, float] = dict(assembly.roundings)
        """The largest rounding of a weight, relative to the root-mean-square weight, by projection and drive."""
        self.integrators: Mapping[str, Mapping[str, str]] = dict(assembly.integrators)
        """How each state of each population is integrated."""
        recorded = [recording.population for recording in assembly.recordings if recording.counts_spikes]

        def make(plan: NetworkPlan) -> Engine:
            engine = assembly.engine.make(plan, recorded)
            engine.watch(watched(assembly.recordings))
            return engine

        variables = Variables(assembly.plan, make, assembly.rates)
        super().__init__(assembly.plan, variables, assembly.recordings, assembly.store)
        self._shown = 0
        self._closed = False
        self._recorder = self._new_recorder()

    def __repr__(self) -> str:
        sizes = {population.name: population.size for population in self._built.populations}
        run = f"time={self.time:g}, dt={self.dt:g}, batch={self.batch}, backend={self.backend!r}"
        return f"Simulation({run}, populations={sizes}, recorded={list(self._recordings)})"

    @property
    def dt(self) -> float:
        """The time step in ms."""
        return self._built.dt

    @property
    def batch(self) -> int:
        """The number of samples side by side."""
        return self._built.batch

    @property
    def time(self) -> float:
        """The time reached, in ms."""
        return self._variables.engine.step * self.dt

    @property
    def engine(self) -> Engine:
        """The engine; attributes beyond those of `neurosim.engines.engine.Engine` depend on the backend."""
        return self._variables.engine

    @property
    def saturations(self) -> dict[str, int]:
        """How often a transmitted value was clipped to its bounds, by projection with a rule or a graded state."""
        numbered = enumerate(self._built.projections)
        return {plan.name: self.engine.saturations(number) for number, plan in numbered if plan.plastic or plan.graded}

    def run(
        self,
        ms: float,
        progress: Callable[[float, float], None] | None = None,
        signals: Mapping[Any, npt.ArrayLike] | None = None,
    ) -> None:
        """Advance in time. Ctrl-C and SIGTERM take effect between two slices, so that the simulation can go on.

        Parameters
        ----------
        ms : float
            A multiple of dt.
        progress : callable, optional
            Called after each slice with the time done and the total, in ms.
        signals : mapping, optional
            Values of signals in each step, arrays (n_steps,) or (n_steps, batch).

        Raises
        ------
        InputError
            No multiple of dt, an unknown signal, a wrong shape, or a closed log.
        DivergenceError
            A state became NaN or infinite; looked for when all steps are done.
        """
        steps = whole_steps("run.ms", ms, self._built.dt, least=0)
        self._advance(steps, progress, self._variables.schedule(signals, steps) if signals else ())

    def present(
        self,
        population: Any,
        rates: npt.ArrayLike,
        ms: float,
        rest: float = 0.0,
        labels: Sequence[int] | npt.NDArray[Any] | None = None,
    ) -> None:
        """Present samples as rates of a Poisson population, which then has its own rates again; records the trials.

        Parameters
        ----------
        population : Population or str
            A Poisson population.
        rates : array (n_samples, size)
            In Hz; a batch of B presents B rows side by side (where none is left, the trial's sample is -1).
        ms, rest : float
            How long each row is presented, and how long the rates are 0 afterwards.
        labels : array of int (n_samples,), optional
            Kept in the trials.

        Raises
        ------
        InputError
            No Poisson population; rates or labels of another shape.
        """
        number = self._variables.population(population)
        size, name = self._built.populations[number].size, self._built.populations[number].name
        if not isinstance(self._built.populations[number].source, PoissonSource):
            raise InputError(f"present.population: expected a Poisson population, got {name!r}")
        check_rates("present.rates", rates)
        shown = np.asarray(rates, np.float64)
        if shown.ndim != 2 or shown.shape[1] != size:
            raise InputError(f"present.rates: expected an array of shape (n_samples, {size}), got shape {shown.shape}")
        known = np.full(len(shown), NONE) if labels is None else np.asarray(labels)
        if known.shape != (len(shown),) or known.dtype.kind not in "iu":
            raise InputError(f"present.labels: expected {len(shown)} whole numbers, got {known.dtype} {known.shape}")
        steps = whole_steps("present.ms", ms, self.dt), whole_steps("present.rest", rest, self.dt, least=0)
        own = self._variables.get(name, "rate")
        try:
            for first in range(0, len(shown), self.batch):
                self._show(number, shown, known, first, steps)
        finally:
            self._variables.set_rates(number, own)

    def reset(self) -> None:
        """Go back to time 0 and the initial state, and drop records; weights and delays stay.

        Raises
        ------
        InputError
            Records went to a log.
        """
        self._refuse_log("reset")
        self._variables.reset()
        self._restart()

    def forget(self) -> None:
        """Drop all records so far; time and state stay.

        Raises
        ------
        InputError
            Records went to a log.
        """
        self._refuse_log("forget")
        self._restart()

    def get(self, what: Any, variable: str) -> npt.NDArray[Any]:
        """Read a variable.

        Parameters
        ----------
        what : Population, Projection, GlobalSignal or str
            Whose variable.
        variable : str
            A state, or the "rate" of a Poisson population in Hz; "w", "delay" (ms), "pre", "post" or "ordinal" of a
            projection, or a variable of its rule; "value" of a signal.

        Returns
        -------
        ndarray
            A copy: (batch, size) of neurons; (n_synapses,) in canonical order (pre, post, ordinal), (batch, n_synapses)
            where each sample has its own synapses; (batch,) of a signal.

        Raises
        ------
        InputError
            An unknown name.
        """
        return self._variables.get(what, variable)

    def set(self, what: Any, variable: str, values: npt.ArrayLike) -> None:
        """Write a variable that `get` reads.

        Static weights are rounded to the grid of their input; pre, post and ordinal cannot be set, nor the delays of a
        projection with a rule or a graded state.

        Parameters
        ----------
        what : Population, Projection, GlobalSignal or str
            Whose variable.
        variable : str
            Its name, as of `get`.
        values : array
            In the variable's unit, broadcast to the shape that `get` returns.

        Raises
        ------
        InputError
            An unknown name, another shape, numbers that are not finite, or weights beyond the grid.
        """
        self._variables.set(what, variable, values)

    def save(self, path: str | Path) -> None:
        """Write the state to a file; records are not part of it.

        Parameters
        ----------
        path : path
            An HDF5 file; an earlier state is replaced.

        Raises
        ------
        InputError
            Another file in its place, or one that cannot be written.
        """
        write_state(path, self.snapshot())

    def snapshot(self) -> State:
        """Copy the state, as `save` writes it.

        Returns
        -------
        State
            In memory; `restore` can return to it any number of times.
        """
        return self._variables.snapshot(self._hash)

    def restore(self, state: str | Path | State) -> None:
        """Set the state of the same network, saved with any backend, and drop records.

        Parameters
        ----------
        state : path or State
            A file of `save`, or what `snapshot` returned.

        Raises
        ------
        InputError
            No such file, or the state of another network, which changes nothing; records went to a log.
        """
        self._refuse_log("restore")
        saved = state if isinstance(state, State) else read_state(state)
        if saved.network != self._hash:
            raise InputError(
                f"restore.state: expected a state of this network ({self._hash[:8]}), got one of another "
                f"({saved.network[:8]}); build the network as it was, with its dt and batch"
            )
        self._variables.apply(saved)
        self._restart()

    def close(self, status: str = "finished") -> None:
        """Finish the log, if there is one; reading goes on, running does not.

        Parameters
        ----------
        status : {"finished", "failed", "interrupted"}
            What the log says of the run.
        """
        if not isinstance(self._store, MemoryStore):
            self._closed = True
            self._store.close(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        stopped = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        try:
            self.close("finished" if error is None else stopped)
        except InputError as second:
            if error is None:
                raise
            error.add_note(str(second))

    @cached_property
    def _hash(self) -> str:
        return network_hash(self._built)

    def _advance(
        self, steps: int, progress: Callable[[float, float], None] | None = None, writes: Sequence[Write] = ()
    ) -> None:
        if self._closed:
            raise InputError("run: expected a simulation whose log is open, got a closed one; compile another")
        engine = self._variables.engine
        begin = engine.step
        end = begin + steps
        self._recorder.begin(begin)
        pending, step = deque(writes), begin
        with deferred_interrupt() as check_interrupt:
            while step < end:
                while pending and pending[0].step == step:
                    self._variables.set_signal(*pending.popleft()[1:])
                stop = self._recorder.stops.after(step, pending[0].step if pending else end)
                engine.advance(stop - step)
                step = stop
                self._recorder.collect(engine, step)
                if progress is not None:
                    progress((step - begin) * self.dt, steps * self.dt)
                check_interrupt()
        if not engine.has_finite_states():
            self._variables.check_states(begin)

    def _show(
        self,
        number: int,
        rates: npt.NDArray[np.float64],
        labels: npt.NDArray[Any],
        first: int,
        steps: tuple[int, int],
    ) -> None:
        """Present one row to each sample of the batch, from row ``first`` on, then rates of 0."""
        block = np.zeros((self.batch, rates.shape[1]))
        there = min(self.batch, len(rates) - first)
        block[:there] = rates[first : first + there]
        self._recorder.shown, self._shown = self._shown, self._shown + 1
        self._variables.set_rates(number, block)
        start = self.time
        self._advance(steps[0])
        for sample in range(self.batch):
            shown = (first + sample, int(labels[first + sample])) if sample < there else (NONE, NONE)
            self._store.add_trial(Trial(start, self.time, *shown))
        self._variables.set_rates(number, np.zeros_like(block))
        self._advance(steps[1])

    def _new_recorder(self) -> Recorder:
        recordings, synaptic = list(self._recordings.values()), self._variables.synaptic
        return Recorder(recordings, self._store, self.dt, self.batch, self._start, synaptic)

    def _restart(self) -> None:
        """Start recording anew at the current step."""
        if isinstance(self._store, MemoryStore):
            self._store = MemoryStore(self.batch, list(self._recordings.values()), self._built.precision)
        self._start, self._shown = self._variables.engine.step, 0
        self._recorder = self._new_recorder()

    def _refuse_log(self, owner: str) -> None:
        if not isinstance(self._store, MemoryStore) and not self._recorder.is_empty:
            raise InputError(f"{owner}: reset, forget and restore are not possible after records went to a log")
