"""Reading run logs: `open_run` gives a `Run`, whose methods return plain NumPy arrays.

No file stays open between calls, so that a live log is seen as it is at each call, and none is kept from its writer.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError, one_of
from neurosim.runlog.access import damaged, open_log
from neurosim.runlog.index import log_paths
from neurosim.runlog.plot import Plot
from neurosim.runlog.recorded import LoggedSeries, LoggedSpikes, NeuronSeries, Synapses, TimeSeries
from neurosim.runlog.schema import committed_rows, is_series, members, text

Value = TypeVar("Value")
Table = dict[str, npt.NDArray[Any]]

MAX_NAMES = 8  # of one kind, in the line that stands for a run
GRAVITY = ("finished", "recovered", "interrupted", "failed", "running")  # the last found among the parts is the run's
DESCRIBING = ("rule", "network", "data", "seed")
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
    return Run(log_paths(Path(path)))


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
        """Check that ``paths`` are logs of one run."""
        self.paths = paths
        runs = self._each(lambda file: [text(file["config"].attrs["sha256"]), *_identity(file)])
        for path, run in zip(paths, runs, strict=True):
            if run != runs[0]:
                raise InputError(
                    f"index: expected the parts of one run, got several, such as {paths[0]} and {path}; open one"
                )

    def __repr__(self) -> str:
        try:
            attributes = {"status": self.status, **self.attributes}
            held = self._held()
        except InputError:
            return f"Run({str(self.paths[0])!r}, which cannot be read any more)"
        words = [f"{name}={attributes[name]!r}" for name in ("status", *DESCRIBING) if name in attributes]
        parts = [f"parts={len(self.paths)}"] if len(self.paths) > 1 else []
        return f"Run({', '.join([repr(str(self.paths[0])), *parts, *words, *held])})"

    @property
    def status(self) -> str:
        """running, finished, failed, interrupted or recovered; `info` tells a live run from one left by a kill."""
        return max(self._each(lambda file: text(file.attrs["status"])), key=GRAVITY.index)

    @property
    def attributes(self) -> dict[str, Any]:
        """What the run says of itself: rule, network, data, seed, when it was created, and whatever was given."""
        return self._first(lambda file: _attributes(file, OWN_ATTRIBUTES))

    @property
    def plot(self) -> Plot:
        """Figures of what was logged; in a log without a batch, a raster's sample is the number of a trial."""
        return Plot(self._spikes_of_samples, self._lines)

    @property
    def config_text(self) -> str:
        """The resolved configuration as TOML."""
        return self._text("config")

    @property
    def config(self) -> dict[str, Any]:
        """The resolved configuration."""
        return tomllib.loads(self.config_text)

    @property
    def equations(self) -> str:
        """The equations of the run's models and rules as text; empty where it has none."""
        return self._text("equations")

    @property
    def provenance(self) -> dict[str, Any]:
        """Seed, versions, commit, device and so on, nested as they were given; ``wall_s`` is NaN until the end."""
        return self._first(lambda file: _tree(file["provenance"]))

    def tables(self) -> list[str]:
        """The names of the tables."""
        return self._names(lambda name, item: name if _kind(item) == "table" else None)

    def arrays(self) -> list[str]:
        """The names of the arrays, written or not."""
        return self._names(lambda name, item: name if "shape" in item.attrs else None)

    def populations(self) -> list[str]:
        """The names of the populations whose spikes are logged."""
        return self._names(lambda name, item: name.partition("/")[2] if _kind(item) == "spikes" else None)

    def reports(self) -> list[str]:
        """The names of the populations of which a variable is logged."""
        return self._names(lambda name, item: name.partition("/")[2] if _kind(item) == "report" else None)

    def projections(self) -> list[str]:
        """The names of the projections whose weights are logged."""
        return self._names(lambda name, item: name.partition("/")[2] if _kind(item) == "weights" else None)

    def table(self, name: str) -> Table:
        """The columns of a table by name, ``step`` first."""
        return self._series(name, "table", self.tables)

    def trials(self) -> Table:
        """The columns of the table of trials: start and stop in ms, and what was shown."""
        return self._series("trials", "trials", list)

    def array(self, name: str) -> npt.NDArray[Any]:
        """An array as it was written last."""

        def read(file: Any) -> npt.NDArray[Any] | None:
            if name not in file or "shape" not in file[name].attrs:
                raise self._absent("array", name, self.arrays())
            return file[name][...] if len(file[name]) else None

        written = [value for value in self._each(read) if value is not None]
        if not written:
            raise InputError(f"log.{name}: expected an array that was written, got none in {self.paths[0]}")
        return written[-1]

    def weight_steps(self, projection: str) -> npt.NDArray[np.int64]:
        """The steps at which the weights of a projection were stored."""
        return self._series(f"weights/{projection}", "weights", self.projections, ("step",))["step"]

    def weights(self, projection: str, variable: str = "w", step: int = -1) -> npt.NDArray[Any]:
        """A ``variable`` of a projection at ``step``, -1 for the last one stored: (pre, post), or (n_synapses,)."""
        steps, path = self.weight_steps(projection), f"weights/{projection}"
        if not len(steps):
            raise InputError(f"log.{path}: expected weights that were stored, got none in {self.paths[0]}")
        found = np.flatnonzero(steps == (steps[-1] if step == -1 and len(steps) else step))
        if not len(found):
            raise one_of(f"log.{path}.step", str(step), [str(each) for each in steps])
        row = int(found[-1])
        for part in self.paths:
            with open_log(part) as file:
                if variable not in members(file[path]):
                    raise one_of(f"log.{path}", variable, members(file[path]))
                rows = committed_rows(file[path])
                if row < rows:
                    return file[path][variable][row]  # type: ignore[no-any-return]
                row -= rows
        raise damaged(self.paths[-1], "data", f"the snapshot at step {step} is gone")

    def synapses(self, projection: str) -> Synapses:
        """Which synapse each value of a sparse projection belongs to."""

        def read(file: Any) -> Synapses:
            group = file.get(f"weights/{projection}")
            if group is None:
                raise self._absent("synapses", projection, self._groups("weights", "pre"))
            if "pre" not in group:
                expected = "expected a sparse projection, whose synapses are listed"
                remedy = f"read weights({projection!r}), which are [pre, post]"
                raise InputError(f"log.synapses: {expected}, got {projection!r}, a full matrix; {remedy}")
            return Synapses(*(group[name][...] for name in Synapses._fields))

        return self._first(read)

    def spikes(self, population: str) -> LoggedSpikes:
        """The spikes of a population, as they were written; those of several files are merged by time."""
        columns = self._series(f"spikes/{population}", "spikes", self.populations)
        found = LoggedSpikes(
            columns["timestamps"], columns["node_ids"].astype(np.int64), columns["trial_ids"].astype(np.int64)
        )
        if len(self.paths) == 1:
            return found
        order = np.argsort(found.times, kind="stable")
        return LoggedSpikes(found.times[order], found.neurons[order], found.trials[order])

    def report(self, population: str) -> LoggedSeries:
        """The reported variable of a population."""
        path = f"report/{population}"
        values = self._series(path, "report", self.reports)["data"]

        def read(file: Any) -> LoggedSeries:
            group = file[path]
            start, _, step = group["mapping/time"][...]
            neurons = group["mapping/node_ids"][...].astype(np.int64)
            units = text(group["data"].attrs.get("units", ""))
            ends = [group[name][...].astype(np.int64) if name in group else None for name in ("pre", "post")]
            return LoggedSeries(start + step * np.arange(len(values)), neurons, values, units, *ends)

        return self._first(read)

    def states(self, population: str, variable: str) -> TimeSeries:
        """The recorded values of a state, or of a variable of a projection with a rule, as a simulation returns them.

        `report` has them with the numbers of neurons, and as they are stored.
        """
        times, _, values, _ = self._lines(population, variable)
        return TimeSeries(times, values)

    def rates(self, population: str) -> TimeSeries:
        """The recorded rate of a population, in Hz, as a simulation returns it."""
        table = self._series(f"metrics/rate/{population}", "table", self._rated)
        return TimeSeries(table["step"] * float(self.attributes["dt"]), table["hz"])

    def _rated(self) -> list[str]:
        return [name for name in self.tables() if name.startswith("metrics/rate/")]

    def _spikes_of_samples(self, population: str) -> LoggedSpikes:
        found, batch = self.spikes(population), self.attributes.get("batch")
        return found if batch is None else found._replace(trials=found.trials % batch)

    def _lines(self, population: str, variable: str) -> NeuronSeries:
        found, batch = self.report(f"{population}.{variable}"), int(self.attributes.get("batch", 1))
        numbers = found.neurons[: len(found.neurons) // batch]  # the same for each sample
        return NeuronSeries(
            found.times, numbers, found.values.reshape(len(found.values), batch, len(numbers)), found.units
        )

    def _series(
        self, path: str, kind: str, known: Callable[[], list[str]], only: tuple[str, ...] | None = None
    ) -> dict[str, npt.NDArray[Any]]:
        def read(file: Any) -> Table:
            if path not in file or _kind(file[path]) != kind:
                raise self._absent(kind, path.removeprefix(f"{kind}/"), known())
            rows = committed_rows(file[path])
            return {name: _values(file[path][name][:rows]) for name in only or members(file[path])}

        parts = self._each(read)
        names = sorted(parts[0], key=lambda name: name != "step")
        return {name: np.concatenate([part[name] for part in parts]) for name in names}

    def _absent(self, kind: str, name: str, known: list[str]) -> InputError:
        """The error for a ``name`` that is not among the ``known``; where there are none, it says what there is."""
        if kind in ("weights", "synapses"):
            having = "data" if kind == "weights" else "pre"
            reported = [each for each in self._groups("report", having) if each.startswith(f"{name}.")]
            if reported:
                calls = " or ".join(f"report({each!r})" for each in reported)
                remedy = f"read {calls}" if kind == "weights" else f"read pre and post of {calls}"
                got = f"got {name!r}, which was recorded over time"
                return InputError(f"log.{kind}: expected a projection with snapshots of weights, {got}; {remedy}")
        if known:
            return one_of(f"log.{kind}", name, known)
        held = f"; it holds {', '.join(self._held())}" if self._held() else ""
        wanted = kind if kind.endswith("s") else f"{kind}s"
        return InputError(f"log.{kind}: expected a log with {wanted}, got {self.paths[0]}, which has none{held}")

    def _groups(self, kind: str, having: str) -> list[str]:
        """The names of the groups of a kind that have a dataset ``having``."""
        return self._names(
            lambda name, item: name.partition("/")[2] if _kind(item) == kind and having in item else None
        )

    def _held(self) -> list[str]:
        """What is logged of populations and projections, of each kind the first names: populations=['exc', 'inh']."""
        found = {"populations": self.populations(), "reports": self.reports(), "projections": self.projections()}
        return [
            f"{kind}=[{', '.join(map(repr, names[:MAX_NAMES]))}{', ...' * (len(names) > MAX_NAMES)}]"
            for kind, names in found.items()
            if names
        ]

    def _names(self, pick: Callable[[str, Any], str | None]) -> list[str]:
        def read(file: Any) -> list[str]:
            found: list[str] = []
            file.visititems(lambda name, item: found.append(picked) if (picked := pick(name, item)) else None)
            return found

        return self._first(read)

    def _text(self, name: str) -> str:
        def read(file: Any) -> tuple[bytes, str]:
            return file[name][()], text(file[name].attrs["sha256"])

        raw, digest = self._first(read)
        if hashlib.sha256(raw).hexdigest() != digest:
            raise damaged(self.paths[0], f"{name}@sha256", "the text is not the one that was written")
        return raw.decode()

    def _first(self, read: Callable[[Any], Value]) -> Value:
        with open_log(self.paths[0]) as file:
            return read(file)

    def _each(self, read: Callable[[Any], Value]) -> list[Value]:
        found = []
        for path in self.paths:
            with open_log(path) as file:
                found.append(read(file))
        return found


def _kind(item: Any) -> str:
    return text(item.attrs["kind"]) if is_series(item) else ""


def _identity(file: Any) -> list[str]:
    return [str(file.attrs.get(name)) for name in DESCRIBING]


def _attributes(item: Any, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    return {name: _scalar(value) for name, value in item.attrs.items() if name not in leave_out}


def _tree(group: Any) -> dict[str, Any]:
    return _attributes(group) | {name: _tree(item) for name, item in group.items()}


def _scalar(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if hasattr(value, "item") and np.ndim(value) == 0 else value


def _values(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.char.decode(column, "utf-8") if column.dtype.kind == "S" else column
