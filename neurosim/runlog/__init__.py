"""Run logs: `RunLog` writes one, `open_run` reads it; `info`, `recover` and index files serve the command line.

Names are imported when first used, so that h5py loads with the first log.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOME = MappingProxyType(
    {
        "Column": "layout",
        "Layout": "layout",
        "Recovery": "repair",
        "Report": "layout",
        "Run": "reader",
        "RunLog": "writer",
        "RunLogError": "disk",
        "Sparse": "layout",
        "default_name": "disk",
        "info": "summary",
        "new_folder": "disk",
        "open_run": "reader",
        "read_index": "index",
        "recover": "repair",
        "write_index": "index",
    }
)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'neurosim.runlog' has no attribute {name!r}")
    return getattr(import_module(f"neurosim.runlog.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
