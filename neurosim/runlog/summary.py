"""The summary of a log that `neurosim info` shows, as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurosim.runlog.access import is_live, open_log
from neurosim.runlog.index import plain, read_index
from neurosim.runlog.log_files import DESCRIBING, Table
from neurosim.runlog.reader import Run
from neurosim.runlog.schema import committed_rows, is_series, text
from neurosim.runlog.superblock import read_superblock


def info(path: str | Path) -> dict[str, Any]:
    """Summarise a log, as `neurosim info` shows it.

    Parameters
    ----------
    path : path
        A log file, an index, or a folder with an index.

    Returns
    -------
    dict
        Of strings, numbers, lists and dictionaries. Keys: file, status, advice, format_version, size_bytes, created,
        finished, those of rule, network, data and seed that the run has, attributes (the others), config (as
        resolved), provenance, rows {series: number}, last {table: its last row}. The status of a log left by a kill is
        "running (not closed)", and ``advice`` has the remedy; otherwise ``advice`` is empty. Of an index: file and
        entries.

    Raises
    ------
    InputError
        The file is missing, damaged or something else.
    """
    path = Path(path)
    if path.is_dir() or path.suffix == ".json":
        return {"file": str(path), "entries": read_index(path)}
    run = Run([path])
    attributes = run.attributes
    with open_log(path) as file:
        rows: dict[str, int] = {}
        file.visititems(lambda name, item: rows.update({name: committed_rows(item)}) if is_series(item) else None)
        status, finished = text(file.attrs["status"]), text(file.attrs["finished"])
    left = not is_live(path) and (status == "running" or read_superblock(path).open)
    tables = {name: run.table(name) for name in run.tables()}
    found = {
        "file": str(path),
        "status": f"{status} (not closed)" if left else status,
        "advice": f"neurosim recover {path}" if left else "",
        "format_version": attributes.pop("format_version"),
        "size_bytes": path.stat().st_size,
        "created": attributes.pop("created"),
        "finished": finished,
        **{name: attributes.pop(name) for name in DESCRIBING if name in attributes},
        "attributes": attributes,
        "config": run.config,
        "provenance": run.provenance,
        "rows": rows,
        "last": {name: _last_row(columns) for name, columns in tables.items() if len(columns["step"])},
    }
    return {key: plain(value) for key, value in found.items()}


def _last_row(columns: Table) -> dict[str, Any]:
    return {name: column[-1].item() for name, column in columns.items()}
