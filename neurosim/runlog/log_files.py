"""The files of one logged run: opened anew for each reading, their rows in the order of the index."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError, one_of
from neurosim.runlog.access import damaged, open_log
from neurosim.runlog.schema import committed_rows, is_series, members, text

Value = TypeVar("Value")
Table = dict[str, npt.NDArray[Any]]

DESCRIBING = ("rule", "network", "data", "seed")
MAX_NAMES = 8  # of one kind, in the representation of a run


class LogFiles:
    """The log files of one run, read as one; InputError where they belong to several runs."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        runs = self.each(lambda file: [text(file["config"].attrs["sha256"]), *_identity(file)])
        for path, run in zip(paths, runs, strict=True):
            if run != runs[0]:
                raise InputError(
                    f"index: expected the parts of one run, got several, such as {paths[0]} and {path}; open one"
                )

    def series(
        self, path: str, kind: str, known: Callable[[], list[str]], only: tuple[str, ...] | None = None
    ) -> Table:
        """The columns of a series by name, ``step`` first; ``known`` gives the names for an error."""

        def read(file: Any) -> Table:
            if path not in file or kind_of(file[path]) != kind:
                raise self.absent(kind, path.removeprefix(f"{kind}/"), known())
            rows = committed_rows(file[path])
            return {name: _values(file[path][name][:rows]) for name in only or members(file[path])}

        parts = self.each(read)
        names = sorted(parts[0], key=lambda name: name != "step")
        return {name: np.concatenate([part[name] for part in parts]) for name in names}

    def row(self, path: str, name: str, number: int) -> npt.NDArray[Any]:
        """One row of a dataset of a series, counted over all files."""
        rest = number
        for part in self.paths:
            with open_log(part) as file:
                if name not in members(file[path]):
                    raise one_of(f"log.{path}", name, members(file[path]))
                rows = committed_rows(file[path])
                if rest < rows:
                    return file[path][name][rest]  # type: ignore[no-any-return]
                rest -= rows
        raise damaged(self.paths[-1], "data", f"row {number} of {path} is gone")

    def absent(self, kind: str, name: str, known: list[str]) -> InputError:
        """The error for a ``name`` that is not among the ``known``; if there are none, it lists what the log holds."""
        if kind in ("weights", "synapses"):
            having = "data" if kind == "weights" else "pre"
            reported = [each for each in self.groups("report", having) if each.startswith(f"{name}.")]
            if reported:
                calls = " or ".join(f"report({each!r})" for each in reported)
                remedy = f"read {calls}" if kind == "weights" else f"read pre and post of {calls}"
                got = f"got {name!r}, which was recorded over time"
                return InputError(f"log.{kind}: expected a projection with snapshots of weights, {got}; {remedy}")
        if known:
            return one_of(f"log.{kind}", name, known)
        held = f"; it holds {', '.join(self.held())}" if self.held() else ""
        wanted = kind if kind.endswith("s") else f"{kind}s"
        return InputError(f"log.{kind}: expected a log with {wanted}, got {self.paths[0]}, which has none{held}")

    def groups(self, kind: str, having: str = "") -> list[str]:
        """The names of the groups of a kind, without their folder; with ``having``, of those that have this dataset."""

        def pick(name: str, item: Any) -> str | None:
            return name.partition("/")[2] if kind_of(item) == kind and (not having or having in item) else None

        return self.names(pick)

    def held(self) -> list[str]:
        """The first names of what is logged, by kind: populations=['exc', 'inh']."""
        kinds = {"populations": "spikes", "reports": "report", "projections": "weights"}
        found = {words: self.groups(kind) for words, kind in kinds.items()}
        return [
            f"{kind}=[{', '.join(map(repr, names[:MAX_NAMES]))}{', ...' * (len(names) > MAX_NAMES)}]"
            for kind, names in found.items()
            if names
        ]

    def names(self, pick: Callable[[str, Any], str | None]) -> list[str]:
        """What ``pick`` returns for the groups and datasets of the first file, but None."""

        def read(file: Any) -> list[str]:
            found: list[str] = []
            file.visititems(lambda name, item: found.append(picked) if (picked := pick(name, item)) else None)
            return found

        return self.first(read)

    def text_of(self, name: str) -> str:
        """A text of the first file, checked by its digest."""

        def read(file: Any) -> tuple[bytes, str]:
            return file[name][()], text(file[name].attrs["sha256"])

        raw, digest = self.first(read)
        if hashlib.sha256(raw).hexdigest() != digest:
            raise damaged(self.paths[0], f"{name}@sha256", "the text is not the one that was written")
        return raw.decode()

    def first(self, read: Callable[[Any], Value]) -> Value:
        """The result of ``read`` on the first file."""
        with open_log(self.paths[0]) as file:
            return read(file)

    def each(self, read: Callable[[Any], Value]) -> list[Value]:
        """The results of ``read`` on each file."""
        found = []
        for path in self.paths:
            with open_log(path) as file:
                found.append(read(file))
        return found


def _identity(file: Any) -> list[str]:
    return [str(file.attrs.get(name)) for name in DESCRIBING]


def kind_of(item: Any) -> str:
    """The kind of a series; "" for any other group or dataset."""
    return text(item.attrs["kind"]) if is_series(item) else ""


def attributes_of(item: Any, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """The attributes of an object, as plain values."""
    return {name: _scalar(value) for name, value in item.attrs.items() if name not in leave_out}


def tree_of(group: Any) -> dict[str, Any]:
    """The attributes of a group and of all groups in it, nested."""
    return attributes_of(group) | {name: tree_of(item) for name, item in group.items()}


def _scalar(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if hasattr(value, "item") and np.ndim(value) == 0 else value


def _values(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.char.decode(column, "utf-8") if column.dtype.kind == "S" else column
