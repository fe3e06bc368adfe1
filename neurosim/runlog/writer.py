"""`RunLog`: writes the HDF5 log of one run, which can be read while it is written and after any crash.

Rows are kept in memory until `flush`, which first reserves the space they need on the disk, then writes all columns but
the marker, then the markers. So a kill leaves whole rows, and a full disk an error instead of a damaged file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError, one_of
from neurosim.runlog import disk
from neurosim.runlog.access import refuse_live
from neurosim.runlog.layout import MARKER, SPIKE_COLUMNS, Column, Layout
from neurosim.runlog.live import LiveFile
from neurosim.runlog.rows import growth, make_rows, refuse, write_rows
from neurosim.runlog.schema import SORTING, STATUS, TIME, image, now

Rows: TypeAlias = dict[str, npt.NDArray[Any]]

BUFFER_BYTES = 2**24  # rows held in memory before they are written unasked


class RunLog:
    """The open log of a run. Make one with `create`, use it as a context manager.

    Leaving the block writes the remaining rows and the status: finished, failed after an exception, interrupted after
    KeyboardInterrupt.

    Parameters
    ----------
    live : LiveFile
        The open file.
    layout : Layout
        Everything that the log may hold.
    on_point : callable
        As of `create`.

    Raises
    ------
    RunLogError
        By every method, where the disk is full; what was flushed is kept.

    Examples
    --------
    >>> import tempfile, neurosim as ns
    >>> from neurosim.runlog import Layout
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with ns.RunLog.create(f"{folder}/run.h5", Layout(tables={"metrics/epoch": {"loss": "f8"}})) as log:
    ...         log.append("metrics/epoch", step=1, loss=0.5)
    ...     ns.open_run(f"{folder}/run.h5").table("metrics/epoch")["loss"].tolist()
    [0.5]
    """

    def __init__(self, live: LiveFile, layout: Layout, on_point: Callable[[str], None]) -> None:
        self.path = live.target
        self._live: LiveFile | None = live
        self._series = layout.series()
        self._arrays = dict(layout.arrays)
        self._start = {f"report/{name}": (report.start, report.step) for name, report in layout.reports.items()}
        self._on_point = on_point
        self._rows = dict.fromkeys(self._series, 0)
        self._last_spike = dict.fromkeys(layout.spikes, -np.inf)
        self._buffer: list[tuple[str, Rows]] = []
        self._bytes = 0
        self._began = time.perf_counter()
        self._broken = False

    @classmethod
    def create(
        cls,
        path: str | Path,
        layout: Layout,
        overwrite: bool = False,
        on_point: Callable[[str], None] = lambda name: None,
    ) -> RunLog:
        """Create a log; its folder is made, and an old file is replaced by the first flush, not before.

        Parameters
        ----------
        path : path
            The HDF5 file.
        layout : Layout
            Everything that the log may hold.
        overwrite : bool
            Whether an existing file may be replaced.
        on_point : callable, optional
            For tests of crashes: called with created, renamed, flush, flush: rows, flush: done, close, closed.

        Returns
        -------
        RunLog
            Open for writing.

        Raises
        ------
        InputError
            ``path`` exists and ``overwrite`` is False, is being written, or cannot be written.
        """
        target = disk.check_target(path, overwrite)
        replace = overwrite and target.exists()
        if replace:
            refuse_live(target)
        return cls(LiveFile(target, image(layout), replace, on_point), layout, on_point)

    def append(self, table: str, *, step: Any, **columns: Any) -> None:
        """Add rows to a table.

        Parameters
        ----------
        table : str
            Of the layout.
        step : int or array (n_rows,)
            The step of each row, >= 0.
        **columns : number or array (n_rows,)
            Every column of the table.

        Raises
        ------
        InputError
            An unknown table or column, a missing one, or columns of different lengths.
        """
        self._expect("table", table)
        self._put(table, {"step": step, **columns})

    def snapshot(self, projection: str, *, step: int, **variables: Any) -> None:
        """Add the weights of a projection at a step; the arrays are copied.

        Parameters
        ----------
        projection : str
            Of the layout.
        step : int
            The step, >= 0.
        **variables : array
            The weights and every other variable, of the layout's shapes.

        Raises
        ------
        InputError
            An unknown projection, another shape, or a missing variable.
        """
        path = f"weights/{projection}"
        self._expect("weights", path)
        self._put(path, {"step": step, **variables})

    def spikes(self, population: str, timestamps: Any, node_ids: Any, trial_ids: Any = None) -> None:
        """Add spikes of a population.

        Parameters
        ----------
        population : str
            Of the layout.
        timestamps : array (n_spikes,)
            In ms.
        node_ids : array of int (n_spikes,)
            The neurons.
        trial_ids : array of int (n_spikes,), optional
            The trials or, in a simulation, also the samples of the batch; default: 0.

        Raises
        ------
        InputError
            An unknown population, or arrays of different lengths.
        """
        path = f"spikes/{population}"
        self._expect("spikes", path)
        times = make_rows(f"{path}.timestamps", SPIKE_COLUMNS["timestamps"], timestamps)
        trials = np.zeros(times.shape, np.uint32) if trial_ids is None else trial_ids
        self._put(path, {"timestamps": times, "node_ids": node_ids, "trial_ids": trials})
        if times.size:
            ordered = bool((np.diff(times, prepend=self._last_spike[population]) >= 0).all())
            self._last_spike[population] = times[-1] if ordered else np.nan  # not in order from now on

    def report(self, population: str, block: Any) -> None:
        """Add samples of a reported variable, the next in time.

        Parameters
        ----------
        population : str
            A report of the layout.
        block : array (n_times, n_neurons)
            In the units of the report.

        Raises
        ------
        InputError
            An unknown report, or another number of neurons.
        """
        self._expect("report", f"report/{population}")
        self._put(f"report/{population}", {"data": block})

    def trial(
        self,
        *,
        start: float,
        stop: float,
        sample_index: int = -1,
        label: int = -1,
        prediction: int = -1,
        epoch: int = -1,
        split: str = "",
    ) -> None:
        """Add a trial: the presentation of a sample, and the answer.

        Parameters
        ----------
        start, stop : float
            In ms.
        sample_index, label, prediction, epoch : int
            Of the sample; -1 where there is none.
        split : str
            The part of the data set ("train", "test").
        """
        self._expect("trials", "trials")
        shown = {"sample_index": sample_index, "label": label, "prediction": prediction}
        self._put("trials", {"start": start, "stop": stop, **shown, "epoch": epoch, "split": split})

    def write(self, array: str, value: Any) -> None:
        """Set an array; an earlier value is replaced.

        Parameters
        ----------
        array : str
            Of the layout.
        value : array
            Of the layout's shape.

        Raises
        ------
        InputError
            An unknown array, or another shape.
        """
        if array not in self._arrays:
            raise one_of("log.array", array, self._arrays)
        shape, dtype = self._arrays[array]
        made = make_rows(array, Column(dtype, "", shape), value)
        refuse(len(made) != 1, array, f"one array of shape {shape}", f"{len(made)} of them")
        self._remember(array, {"": made[0]})

    def flush(self) -> None:
        """Write every row given so far to the file. After this no kill can lose them.

        Raises
        ------
        RunLogError
            The disk is full; the rows are kept in memory, and what was written before is untouched.
        """
        if self._live is None or not self._buffer:
            return
        self._on_point("flush")
        grown, arrays = self._collect()
        self._live.reserve(self._growth(self._live.file, grown, arrays))
        try:
            self._write(self._live.file, grown, arrays)
        except (OSError, RuntimeError) as error:
            self._broken = True
            raise disk.no_room(self.path, error) from None
        rows = {path: self._rows[path] + len(next(iter(columns.values()))) for path, columns in grown.items()}
        self._rows, self._buffer, self._bytes = self._rows | rows, [], 0
        self._on_point("flush: done")
        if self._live.pending:
            self._publish()

    def close(self, status: str = "finished") -> None:
        """Write the remaining rows and the status, and close the file. A closed log ignores further calls.

        Parameters
        ----------
        status : {"finished", "failed", "interrupted"}
            What the log says of the run.
        """
        if self._live is None:
            return
        try:
            if not self._broken:
                self.flush()
            if self._live.pending and status == "finished":
                self._publish()
        except BaseException as error:
            status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            raise
        finally:
            live, self._live = self._live, None
            if live is not None:
                self._finish(live, status)

    def __enter__(self) -> RunLog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        stopped = isinstance(error, KeyboardInterrupt)
        try:
            self.close("interrupted" if stopped else "finished" if error is None else "failed")
        except InputError as second:
            if error is None:
                raise
            error.add_note(str(second))

    def _expect(self, kind: str, path: str) -> None:
        if path not in self._series or self._series[path].kind != kind:
            known = [name for name, series in self._series.items() if series.kind == kind]
            raise one_of(f"log.{kind}", path, known)

    def _put(self, path: str, given: Mapping[str, Any]) -> None:
        columns = self._series[path].columns
        for name in given:
            if name not in columns:
                raise one_of(f"log.{path}", name, columns)
        missing = [name for name in columns if name not in given]
        refuse(missing, path, f"all of {', '.join(columns)}", f"no {', '.join(missing)}")
        made = {name: make_rows(f"{path}.{name}", column, given[name]) for name, column in columns.items()}
        marker = MARKER[self._series[path].kind]
        if marker:
            there = made[marker] >= 0 if made[marker].dtype.kind == "i" else np.isfinite(made[marker])
            refuse(not there.all(), f"{path}.{marker}", "whole numbers >= 0 or finite times", given[marker])
        lengths = {name: len(rows) for name, rows in made.items()}
        refuse(len({*lengths.values()}) > 1, path, "columns of one length", lengths)
        if next(iter(lengths.values())):
            self._remember(path, made)

    def _remember(self, path: str, columns: Rows) -> None:
        if self._live is None:
            raise InputError(f"log: expected an open log, got {self.path}, which is closed")
        self._buffer.append((path, columns))  # one step, so that an interrupt leaves a row whole or out
        self._bytes += sum(rows.nbytes for rows in columns.values())
        if self._bytes >= BUFFER_BYTES:
            self.flush()

    def _collect(self) -> tuple[dict[str, Rows], Rows]:
        parts: dict[str, list[Rows]] = {}
        arrays = {}
        for path, columns in self._buffer:
            if path in self._series:
                parts.setdefault(path, []).append(columns)
            else:
                arrays[path] = columns[""]
        grown = {
            path: {name: np.concatenate([part[name] for part in found]) for name in found[0]}
            for path, found in parts.items()
        }
        return grown, arrays

    def _growth(self, file: Any, grown: Mapping[str, Rows], arrays: Rows) -> int:
        size = sum(growth(file[path], 0, len(value)) for path, value in arrays.items())
        for path, columns in grown.items():
            size += sum(growth(file[f"{path}/{name}"], self._rows[path], len(columns[name])) for name in columns)
        return size

    def _write(self, file: Any, grown: Mapping[str, Rows], arrays: Rows) -> None:
        for path, value in arrays.items():
            write_rows(file[path], 0, value)
        for path, columns in grown.items():
            for name in columns.keys() - {MARKER[self._series[path].kind]}:
                write_rows(file[f"{path}/{name}"], self._rows[path], columns[name])
        file.flush()
        self._on_point("flush: rows")
        for path, columns in grown.items():
            marker = MARKER[self._series[path].kind]
            if marker:
                write_rows(file[f"{path}/{marker}"], self._rows[path], columns[marker])
            else:
                start, step = self._start[path]
                file[f"{path}/mapping/time"][1] = start + step * (self._rows[path] + len(columns["data"]))
        file.flush()

    def _publish(self) -> None:
        live, self._live = self._live, None  # gone, should it fail
        if live is not None:
            live.publish(replace=True)
        self._live = live

    def _finish(self, live: LiveFile, status: str) -> None:
        """Close the file with ``status``; space for this was reserved with the last rows."""
        if live.pending:
            return live.discard()
        if self._broken:
            return live.abandon()
        attributes = live.file.attrs
        for name, moment in self._last_spike.items():
            if not np.isnan(moment):
                live.file[f"spikes/{name}"].attrs.modify("sorting", np.array(2, SORTING))
        attributes.modify("finished", np.array(now().encode(), TIME))
        live.file["provenance"].attrs.modify("wall_s", time.perf_counter() - self._began)
        attributes.modify("status", np.array(status.encode(), STATUS))
        live.file.flush()
        self._on_point("close")
        live.close()
        return None
