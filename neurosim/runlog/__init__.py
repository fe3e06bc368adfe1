"""Run logs: `RunLog` writes one, `open_run` reads it; `info`, `recover` and index files serve the command line."""

from neurosim.runlog.disk import RunLogError, default_name, new_folder
from neurosim.runlog.index import read_index, write_index
from neurosim.runlog.layout import Column, Layout, Report, Sparse
from neurosim.runlog.reader import Run, open_run
from neurosim.runlog.repair import Recovery, recover
from neurosim.runlog.summary import info
from neurosim.runlog.writer import RunLog

__all__ = [
    "Column",
    "Layout",
    "Recovery",
    "Report",
    "Run",
    "RunLog",
    "RunLogError",
    "Sparse",
    "default_name",
    "info",
    "new_folder",
    "open_run",
    "read_index",
    "recover",
    "write_index",
]
