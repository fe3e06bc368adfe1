"""The contents of a run log, declared before it is created: a live file can take rows, but no new names.

Everything that grows is a *series*: fields of equal length along their first axis. One field of each series is its
marker. Its fill value cannot be appended, and it is written last: a row exists once its marker does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import check_name
from neurosim.core.errors import InputError

MARKER = MappingProxyType({"table": "step", "trials": "start", "spikes": "timestamps", "weights": "step", "report": ""})
"""The marker of each kind of series; a report has none, its `mapping/time` says how many rows there are."""

RESERVED = ("config", "equations", "provenance", "spikes", "report", "trials", "weights")
NUMBER_OR_TEXT = "biufS"  # NumPy's letters for the kinds of values that HDF5 stores in place


@dataclass(frozen=True)
class Column:
    """One field of a series.

    Parameters
    ----------
    dtype : str
        The NumPy type of a value ("f8", "i8", "S16").
    units : str
        The unit of a value.
    shape : tuple of int
        Of one row.
    """

    dtype: str = "f8"
    units: str = ""
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sparse:
    """A projection stored by synapse: the list of synapses once, variables at every snapshot.

    Parameters
    ----------
    pre, post : array of int (n_synapses,)
        The neurons of each synapse.
    ordinal : array of int (n_synapses,)
        The number of each synapse among those between the same two neurons.
    variables : mapping of str
        The NumPy type of each variable by name ({"w": "f4"}).
    """

    pre: npt.NDArray[Any]
    post: npt.NDArray[Any]
    ordinal: npt.NDArray[Any]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Report:
    """One variable of some neurons or synapses, sampled at regular times.

    Parameters
    ----------
    variable : str
        Its name.
    units : str
        Its unit.
    node_ids : array of int (n,)
        Numbers of the neurons or synapses.
    step : float
        The time between two samples in ms.
    start : float
        The time of the first sample in ms.
    ends : tuple of two arrays (n,), optional
        For synapses: their presynaptic and postsynaptic neurons.
    """

    variable: str
    units: str
    node_ids: npt.NDArray[Any]
    step: float
    start: float = 0.0
    ends: tuple[npt.NDArray[Any], npt.NDArray[Any]] | None = None


@dataclass(frozen=True)
class Series:
    """A group of equally long datasets: its ``kind`` (a key of `MARKER`) and its ``columns`` by name."""

    kind: str
    columns: Mapping[str, Column]


Dense: TypeAlias = Mapping[str, tuple[tuple[int, ...], str]]
"""The variables of a projection stored as matrices: {"w": ((n_pre, n_post), "f4")}."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The names, shapes and types of everything a run may log, and the texts that describe the run.

    Parameters
    ----------
    attributes : mapping
        Of the file: text, numbers and booleans by name.
    config : str
        The resolved configuration as TOML.
    equations : str
        The texts of models and rules.
    provenance : mapping
        Nested, of text, numbers and booleans.
    tables : mapping
        Columns by table, {"metrics/epoch": {"loss": "f8"}}; each table also has a column "step".
    arrays : mapping
        Shape and type by array, {"metrics/test/confusion": ((10, 10), "i8")}.
    weights : mapping
        By projection: {"w": (shape, type)}, or `Sparse`.
    spikes : mapping of int
        The number of neurons by population.
    reports : mapping of Report
        By name ("exc.v").
    trials : bool
        Whether there is a table of trials.

    Raises
    ------
    InputError
        A configuration that is no TOML, a name in use or reserved, or a type or shape that cannot be stored.

    Examples
    --------
    >>> sorted(Layout(tables={"metrics/epoch": {"loss": "f8"}}, spikes={"exc": 100}).series())
    ['metrics/epoch', 'spikes/exc']
    """

    attributes: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    config: str = ""
    equations: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, str | Column]] = field(default_factory=dict)
    arrays: Mapping[str, tuple[tuple[int, ...], str]] = field(default_factory=dict)
    weights: Mapping[str, Dense | Sparse] = field(default_factory=dict)
    spikes: Mapping[str, int] = field(default_factory=dict)
    reports: Mapping[str, Report] = field(default_factory=dict)
    trials: bool = False

    def __post_init__(self) -> None:
        try:
            tomllib.loads(self.config)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"log.config: expected TOML, got a text that does not parse ({error})") from None
        _check_names([*self.tables, *self.arrays])
        for path in (*self.weights, *self.spikes, *self.reports):
            check_name("log", path)
        for name, (shape, dtype) in self.arrays.items():
            _check_dtype(name, dtype)
            if not shape or min(shape) < 1:
                raise InputError(f"log.arrays.{name}: expected a shape of axes >= 1, got {shape}")
        for path, one in self.series().items():
            for name, column in one.columns.items():
                check_name(path, name)
                _check_dtype(f"{path}.{name}", column.dtype)

    def series(self) -> dict[str, Series]:
        """Every growing group of the log.

        Returns
        -------
        dict of Series
            By its path in the file.
        """
        found = {name: Series("table", _table(name, columns)) for name, columns in self.tables.items()}
        if self.trials:
            found["trials"] = Series("trials", TRIAL_COLUMNS)
        for name in self.spikes:
            found[f"spikes/{name}"] = Series("spikes", SPIKE_COLUMNS)
        for name, report in self.reports.items():
            data = Column("f4", report.units, (len(report.node_ids),))
            found[f"report/{name}"] = Series("report", {"data": data})
        for name, projection in self.weights.items():
            found[f"weights/{name}"] = Series("weights", _snapshots(projection))
        return found


TRIAL_COLUMNS = MappingProxyType(
    {
        "start": Column("f8", "ms"),
        "stop": Column("f8", "ms"),
        "sample_index": Column("i8"),
        "label": Column("i8"),
        "prediction": Column("i8"),
        "epoch": Column("i8"),
        "split": Column("S16"),
    }
)
SPIKE_COLUMNS = MappingProxyType(
    {"node_ids": Column("u8"), "trial_ids": Column("u4"), "timestamps": Column("f8", "ms")}
)


def _table(path: str, columns: Mapping[str, str | Column]) -> dict[str, Column]:
    if not columns or "step" in columns:
        raise InputError(
            f"log.tables.{path}: expected columns other than 'step', which every table has, got {[*columns]}"
        )
    made = {name: Column(given) if isinstance(given, str) else given for name, given in columns.items()}
    return {"step": Column("i8"), **made}


def _snapshots(projection: Dense | Sparse) -> dict[str, Column]:
    if isinstance(projection, Sparse):
        shape = (len(projection.pre),)
        return {"step": Column("i8")} | {name: Column(dtype, "", shape) for name, dtype in projection.variables.items()}
    return {"step": Column("i8")} | {name: Column(dtype, "", shape) for name, (shape, dtype) in projection.items()}


def _check_names(paths: Iterable[str]) -> None:
    names = sorted(paths)
    for path in names:
        parts = path.split("/")
        for part in parts:
            check_name("log", part)
        if parts[0] in RESERVED:
            raise InputError(
                f"log: expected a name outside {', '.join(RESERVED)}, got {path!r}; begin it with 'metrics/'"
            )
        inside = [other for other in names if other.startswith(f"{path}/")]
        if names.count(path) > 1 or inside:
            raise InputError(
                f"log: expected distinct names, none inside another, got {path!r} and {[path, *inside][-1]!r}"
            )


def _check_dtype(owner: str, dtype: str) -> None:
    try:
        fits = np.dtype(dtype).kind in NUMBER_OR_TEXT and np.dtype(dtype).itemsize > 0
    except TypeError:
        fits = False
    if not fits:
        raise InputError(f"log.{owner}: expected a NumPy type such as f8, f4, i8, u4 or S16, got {dtype!r}")
