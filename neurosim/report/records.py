"""The input of a report: the runs of a study, each with its log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError
from neurosim.runlog.index import INDEX_NAME, read_index

if TYPE_CHECKING:
    from neurosim.runlog.reader import Run
    from neurosim.runlog.recorded import LoggedSpikes

Cell: TypeAlias = Mapping[str, Any]
"""One entry of ``compare --json``."""
Table: TypeAlias = Mapping[str, npt.NDArray[Any]]
"""Columns by name; ``step`` is the epoch."""

CONFUSION, RESULT = "metrics/test/confusion", "metrics/result"
CELLS = "cells"  # the population whose spikes are shown


@dataclass(frozen=True)
class Record:
    """The result of a run and its log; what a log lacks is empty, as the tables of a failed run.

    Parameters
    ----------
    cell : dict
        The result, by `neurosim/study/cell.schema.json`.
    tables : mapping
        Columns by the short name of a table (epoch, alignment, activity).
    confusion : array of int (n_classes, n_classes), optional
        Test samples by true class and answer.
    config : str
        The resolved settings as TOML.
    provenance : mapping
        Versions, commit, machine and so on.
    created : str
        When the log was created.
    fields : array (pixels, neurons), optional
        The final input weights of a spiking network.
    spikes : LoggedSpikes, optional
        Of some test samples of a spiking network: times in ms, neurons and trials.
    """

    cell: Cell
    tables: Mapping[str, Table] = field(default_factory=dict)
    confusion: npt.NDArray[np.int64] | None = None
    config: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    created: str = ""
    fields: npt.NDArray[Any] | None = None
    spikes: LoggedSpikes | None = None

    @property
    def rule(self) -> str:
        """The rule's label."""
        return str(self.cell["rule"])

    def columns(self, table: str) -> list[str]:
        """The columns of a table that hold a number somewhere.

        Parameters
        ----------
        table : str
            Its short name.

        Returns
        -------
        list of str
            Without ``step``.
        """
        return [
            name
            for name, values in self.tables.get(table, {}).items()
            if name != "step" and bool(np.isfinite(values).any())
        ]


def read(sources: Sequence[str | Path]) -> list[Record]:
    """Read runs with their logs.

    Parameters
    ----------
    sources : sequence of str or Path
        Folders of studies, index files, or single logs.

    Returns
    -------
    list of Record
        In the order of the sources.

    Raises
    ------
    InputError
        No run, or a file that is missing, damaged or of another kind.

    Examples
    --------
    >>> import tempfile
    >>> import neurosim as ns
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = ns.compare("backprop", data="xor", epochs=2, seeds=1, log=f"{folder}/study")
    ...     (record,) = read([study.folder])
    >>> record.rule, record.tables["epoch"]["step"].tolist()
    ('backprop', [1, 2])
    """
    records = [record for source in sources for record in _read_one(Path(source))]
    if not records:
        raise InputError("report: expected at least one run, got none; name a study folder or a log")
    return records


def _read_one(path: Path) -> Iterable[Record]:
    if path.is_dir() and not (path / INDEX_NAME).exists():
        logs = sorted(path.glob("*.h5"))
        if not logs:
            raise InputError(f"report: expected a folder with {INDEX_NAME} or logs (*.h5), got {path}")
        return [from_log(log) for log in logs]
    if not path.is_dir() and path.suffix != ".json":
        return [from_log(path)]
    folder = path if path.is_dir() else path.parent
    return [_from_entry(folder, entry) for entry in read_index(path)]


def _from_entry(folder: Path, entry: Cell) -> Record:
    """The record of an index entry; without a log (the run never began) it has the result only."""
    _check(entry, str(folder))
    log = folder / str(entry["log"]) if entry.get("log") else None
    return from_log(log, entry) if log is not None and log.exists() else Record(entry)


def from_log(path: Path, cell: Cell | None = None) -> Record:
    """The record of the log ``path``; without ``cell``, the result is read from the log."""
    from neurosim.runlog.reader import open_run

    run = open_run(path)
    attributes, names = run.attributes, run.tables()
    tables = {name.removeprefix("metrics/"): run.table(name) for name in names if name.startswith("metrics/")}
    confusion = _array(run, CONFUSION)
    if cell is None:
        result = _array(run, RESULT)
        cell = json.loads(result[0]) if result is not None else _result_so_far(run.status, attributes, tables)
        _check(cell, str(path))
    created = str(attributes.get("created", ""))
    fields, spikes = _spiking(run) if CELLS in run.populations() else (None, None)
    return Record(cell, tables, confusion, run.config_text, run.provenance, created, fields, spikes)


def _spiking(run: Run) -> tuple[npt.NDArray[Any] | None, LoggedSpikes | None]:
    """Final input weights and spikes of a spiking network; None if it stopped before."""
    try:
        fields, spikes = run.weights("input"), run.spikes(CELLS)
    except InputError:
        return None, None
    return fields, spikes if len(spikes.times) else None


def _array(run: Any, name: str) -> npt.NDArray[Any] | None:
    """The array ``name``; None where the run has not written it."""
    if name not in run.arrays():
        return None
    try:
        return run.array(name)  # type: ignore[no-any-return]
    except InputError:
        return None


def _result_so_far(status: str, attributes: Mapping[str, Any], tables: Mapping[str, Table]) -> Cell:
    """The part of a result that a log without one contains: of a run in progress, or interrupted."""
    cell = {name: attributes.get(name) for name in ("rule", "network", "data", "seed", "native")}
    epoch = tables.get("epoch", {})
    done = f", {len(epoch['step'])} epochs done" if "step" in epoch else ""
    return cell | {"status": "failed", "error": f"the log has no result; its run is {status}{done}"}


def _check(cell: Cell, where: str) -> None:
    for name in ("rule", "network", "data", "seed"):
        if cell.get(name) is None:
            raise InputError(f"report: expected runs of a study in {where}, got one without {name!r}")
