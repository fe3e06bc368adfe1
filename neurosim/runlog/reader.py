"""Reading run logs: `open_run` gives a `Run`, whose methods return plain NumPy arrays.

No file stays open between calls, so that each call reads a live log as it is then, and no writer is locked out.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import check_path
from neurosim.core.errors import InputError, one_of
from neurosim.runlog.index import log_paths
from neurosim.runlog.log_files import DESCRIBING, LogFiles, Table, attributes_of, kind_of, tree_of
from neurosim.runlog.plot import Plot
from neurosim.runlog.recorded import LoggedSeries, LoggedSpikes, NeuronSeries, Synapses, TimeSeries
from neurosim.runlog.schema import text

GRAVITY = ("finished", "recovered", "interrupted", "failed", "running")  # the run has the last one that a part has
OWN_ATTRIBUTES = ("NX_class", "default", "magic", "version", "status", "finished")


def open_run(path: str | Path) -> Run:
    """Open a run log for reading.

    Parameters
    ----------
    path : path
        A log file, an index of the files of one run, or a folder with such an index.

    Returns
    -------
    Run
        Its methods return NumPy arrays. No file stays open between calls.

    Raises
    ------
    InputError
        A file is missing, damaged or of another format, or the index lists several runs.

    Examples
    --------
    >>> import tempfile, neurosim as ns
    >>> net = ns.Network()
    >>> net.record(net.population("in", 1, ns.SpikeTimes([0.5], [0])), "spikes")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     simulation = net.run(1.0, backend="reference", log=f"{folder}/run.h5")
    ...     ns.open_run(f"{folder}/run.h5").spikes("in").times.tolist()
    [0.5]
    """
    return Run(log_paths(check_path("log", path)))


class Run:
    """One logged run, made by `open_run`; where it consists of several files, their rows in the order of the index.

    Parameters
    ----------
    paths : list of Path
        The log files of the run.

    Raises
    ------
    InputError
        The files belong to several runs. Methods raise it for names that the log does not hold.
    """

    def __init__(self, paths: list[Path]) -> None:
        self.paths, self._files = paths, LogFiles(paths)

    def __repr__(self) -> str:
        try:
            attributes = {"status": self.status, **self.attributes}
            held = self._files.held()
        except InputError:
            return f"Run({str(self.paths[0])!r}, which cannot be read any more)"
        words = [f"{name}={attributes[name]!r}" for name in ("status", *DESCRIBING) if name in attributes]
        parts = [f"parts={len(self.paths)}"] if len(self.paths) > 1 else []
        return f"Run({', '.join([repr(str(self.paths[0])), *parts, *words, *held])})"

    @property
    def status(self) -> str:
        """running, finished, failed, interrupted or recovered; `info` knows a live run from one left by a kill."""
        return max(self._files.each(lambda file: text(file.attrs["status"])), key=GRAVITY.index)

    @property
    def attributes(self) -> dict[str, Any]:
        """Attributes of the run: rule, network, data, seed, when it was created, and those of its layout."""
        return self._files.first(lambda file: attributes_of(file, OWN_ATTRIBUTES))

    @property
    def plot(self) -> Plot:
        """Figures of what was logged; in a log without a batch, a raster's sample is the number of a trial."""
        return Plot(self._spikes_of_samples, self._lines)

    @property
    def config_text(self) -> str:
        """The resolved configuration as TOML."""
        return self._files.text_of("config")

    @property
    def config(self) -> dict[str, Any]:
        """The resolved configuration."""
        return tomllib.loads(self.config_text)

    @property
    def equations(self) -> str:
        """The equations of the run's models and rules as text; empty where it has none."""
        return self._files.text_of("equations")

    @property
    def provenance(self) -> dict[str, Any]:
        """Seed, versions, commit, device and so on, nested as in its layout; ``wall_s`` is NaN until the end."""
        return self._files.first(lambda file: tree_of(file["provenance"]))

    def tables(self) -> list[str]:
        """The names of the tables.

        Returns
        -------
        list of str
            As `table` takes them ("metrics/epoch").
        """
        return self._files.names(lambda name, item: name if kind_of(item) == "table" else None)

    def arrays(self) -> list[str]:
        """The names of the arrays, written or not.

        Returns
        -------
        list of str
            As `array` takes them ("metrics/test/confusion").
        """
        return self._files.names(lambda name, item: name if "shape" in item.attrs else None)

    def populations(self) -> list[str]:
        """The names of the populations whose spikes are logged.

        Returns
        -------
        list of str
            As `spikes` takes them.
        """
        return self._files.groups("spikes")

    def reports(self) -> list[str]:
        """The names of the variables that are logged over time.

        Returns
        -------
        list of str
            As `report` takes them ("exc.v").
        """
        return self._files.groups("report")

    def projections(self) -> list[str]:
        """The names of the projections whose weights are logged.

        Returns
        -------
        list of str
            As `weights` takes them.
        """
        return self._files.groups("weights")

    def table(self, name: str) -> Table:
        """Read a table.

        Parameters
        ----------
        name : str
            One of `tables`.

        Returns
        -------
        dict of array
            The columns (n_rows,) by name, ``step`` first.
        """
        return self._files.series(name, "table", self.tables)

    def trials(self) -> Table:
        """Read the table of trials.

        Returns
        -------
        dict of array
            The columns (n_trials,) by name: ``start`` and ``stop`` in ms, and what was presented.
        """
        return self._files.series("trials", "trials", list)

    def array(self, name: str) -> npt.NDArray[Any]:
        """Read an array.

        Parameters
        ----------
        name : str
            One of `arrays`.

        Returns
        -------
        ndarray
            As it was written last.

        Raises
        ------
        InputError
            It was never written, or the log has no such array.
        """

        def read(file: Any) -> npt.NDArray[Any] | None:
            if name not in file or "shape" not in file[name].attrs:
                raise self._files.absent("array", name, self.arrays())
            return file[name][...] if len(file[name]) else None

        written = [value for value in self._files.each(read) if value is not None]
        if not written:
            raise InputError(f"log.{name}: expected an array that was written, got none in {self.paths[0]}")
        return written[-1]

    def weight_steps(self, projection: str) -> npt.NDArray[np.int64]:
        """The steps at which the weights of a projection were stored.

        Parameters
        ----------
        projection : str
            One of `projections`.

        Returns
        -------
        array of int (n_snapshots,)
            In order.
        """
        return self._files.series(f"weights/{projection}", "weights", self.projections, ("step",))["step"]

    def weights(self, projection: str, variable: str = "w", step: int = -1) -> npt.NDArray[Any]:
        """Read a snapshot of the weights of a projection.

        Parameters
        ----------
        projection : str
            One of `projections`.
        variable : str
            The weights or, where more is stored, another variable.
        step : int
            One of `weight_steps`; -1 for the last one.

        Returns
        -------
        array (n_pre, n_post, ...) or (n_synapses,)
            In the second form, `synapses` lists the synapses.

        Raises
        ------
        InputError
            No snapshot at this step, or no such variable.
        """
        steps, path = self.weight_steps(projection), f"weights/{projection}"
        if not len(steps):
            raise InputError(f"log.{path}: expected weights that were stored, got none in {self.paths[0]}")
        found = np.flatnonzero(steps == (steps[-1] if step == -1 and len(steps) else step))
        if not len(found):
            raise one_of(f"log.{path}.step", str(step), [str(each) for each in steps])
        return self._files.row(path, variable, int(found[-1]))

    def synapses(self, projection: str) -> Synapses:
        """The synapses of a projection that is stored by synapse.

        Parameters
        ----------
        projection : str
            One of `projections`.

        Returns
        -------
        Synapses
            ``pre``, ``post`` and ``ordinal``, arrays (n_synapses,).

        Raises
        ------
        InputError
            Its weights are stored as a full matrix.
        """

        def read(file: Any) -> Synapses:
            group = file.get(f"weights/{projection}")
            if group is None:
                raise self._files.absent("synapses", projection, self._files.groups("weights", "pre"))
            if "pre" not in group:
                expected = "expected a sparse projection, whose synapses are listed"
                remedy = f"read weights({projection!r}), which are [pre, post]"
                raise InputError(f"log.synapses: {expected}, got {projection!r}, a full matrix; {remedy}")
            return Synapses(*(group[name][...] for name in Synapses._fields))

        return self._files.first(read)

    def spikes(self, population: str) -> LoggedSpikes:
        """Read the spikes of a population.

        Parameters
        ----------
        population : str
            One of `populations`.

        Returns
        -------
        LoggedSpikes
            ``times`` in ms, ``neurons`` and ``trials``, arrays (n_spikes,) as they were written; those of several files
            are merged by time.
        """
        columns = self._files.series(f"spikes/{population}", "spikes", self.populations)
        found = LoggedSpikes(
            columns["timestamps"], columns["node_ids"].astype(np.int64), columns["trial_ids"].astype(np.int64)
        )
        if len(self.paths) == 1:
            return found
        order = np.argsort(found.times, kind="stable")
        return LoggedSpikes(found.times[order], found.neurons[order], found.trials[order])

    def report(self, population: str) -> LoggedSeries:
        """Read a variable that was logged over time, as it is stored.

        Parameters
        ----------
        population : str
            One of `reports` ("exc.v").

        Returns
        -------
        LoggedSeries
            ``times`` (n_times,) in ms, ``neurons`` (n,), ``values`` (n_times, n) in ``units``; for a variable of
            synapses also ``pre`` and ``post`` (n,).
        """
        path = f"report/{population}"
        values = self._files.series(path, "report", self.reports)["data"]

        def read(file: Any) -> LoggedSeries:
            group = file[path]
            start, _, step = group["mapping/time"][...]
            neurons = group["mapping/node_ids"][...].astype(np.int64)
            units = text(group["data"].attrs.get("units", ""))
            ends = [group[name][...].astype(np.int64) if name in group else None for name in ("pre", "post")]
            return LoggedSeries(start + step * np.arange(len(values)), neurons, values, units, *ends)

        return self._files.first(read)

    def states(self, population: str, variable: str) -> TimeSeries:
        """The recorded values of a state, or of a variable of a projection with a rule, as a simulation returns them.

        Parameters
        ----------
        population : str
            The name of a population or projection.
        variable : str
            A variable that was recorded.

        Returns
        -------
        TimeSeries
            ``times`` (n_times,) in ms and ``values`` (n_times, batch, n) in the variable's unit; `report` has them with
            the numbers of neurons.
        """
        times, _, values, _ = self._lines(population, variable)
        return TimeSeries(times, values)

    def rates(self, population: str) -> TimeSeries:
        """The recorded rate of a population, as a simulation returns it.

        Parameters
        ----------
        population : str
            The name of a population.

        Returns
        -------
        TimeSeries
            ``times`` (n_bins,), the ends of the bins in ms, and ``values`` (n_bins, batch) in Hz.
        """

        def rated() -> list[str]:
            return [name for name in self.tables() if name.startswith("metrics/rate/")]

        table = self._files.series(f"metrics/rate/{population}", "table", rated)
        return TimeSeries(table["step"] * float(self.attributes["dt"]), table["hz"])

    def _spikes_of_samples(self, population: str) -> LoggedSpikes:
        found, batch = self.spikes(population), self.attributes.get("batch")
        return found if batch is None else found._replace(trials=found.trials % batch)

    def _lines(self, population: str, variable: str) -> NeuronSeries:
        found, batch = self.report(f"{population}.{variable}"), int(self.attributes.get("batch", 1))
        numbers = found.neurons[: len(found.neurons) // batch]  # the same for each sample
        return NeuronSeries(
            found.times, numbers, found.values.reshape(len(found.values), batch, len(numbers)), found.units
        )
