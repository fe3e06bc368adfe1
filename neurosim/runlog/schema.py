"""The HDF5 form of a run log, version 1.0: the empty file of a `Layout`, and how many rows of a file count.

    /            @format "neurosim-run" @format_version @status @created @finished @library_version, the run's own
                 attributes (rule, network, data, seed); SONATA's @magic and @version; NeXus' @NX_class and @default
    config, equations            texts, each with its @sha256
    provenance/                  nested groups of attributes; @wall_s of the whole run in seconds
    <table>/                     one dataset per column, `step` as their scale; NXdata, so that viewers plot it
    <array>                      as declared once written, of length 0 before
    trials/                      start, stop (ms) and what was shown
    spikes/<population>/         timestamps (ms), node_ids, trial_ids; @sorting        SONATA
    report/<population>/         data (time, neuron), mapping/                         SONATA; of a variable of
                                 synapses also pre, post (synapse), absent from older logs, and mapping/node_ids
                                 numbers them
    weights/<projection>/        step, and per variable (snapshot, pre, post); or pre, post, ordinal once, and per
                                 variable (snapshot, synapse)

Sources: SONATA developer guide, version 0.1; NeXus definitions NXdata; HDF5 dimension scales.

Bounds of the format are those of HDF5 1.10, which current readers know. Rows are stored plain: while a file is live,
HDF5 never uses freed space again, and a compressed column of 1,000 rows, flushed after each, takes 1 to 4 MB instead of
9 kB. Weights, arrays and connectivity are written once per chunk and compressed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from neurosim.core.checks import check_name
from neurosim.core.errors import InputError
from neurosim.core.version import __version__
from neurosim.runlog.layout import MARKER, Column, Layout, Report, Series, Sparse

FORMAT = "neurosim-run"
FORMAT_VERSION = "1.0"
LIBVER = ("v110", "v110")
STATUS = h5py.string_dtype("utf-8", 16)  # of fixed size, so that a live file can change it in place
TIME = h5py.string_dtype("utf-8", 32)

SONATA_MAGIC = 0x0A7A
SORTING = h5py.enum_dtype({"none": 0, "by_id": 1, "by_time": 2}, basetype="u1")
COMPRESSED = MappingProxyType({"compression": "gzip", "compression_opts": 1, "shuffle": True})
CHUNK_ROWS = MappingProxyType({"table": 256, "trials": 256, "spikes": 8192})
CHUNK_VALUES = 2**16  # of a report
MAX_CHUNK = 2**22  # values of one chunk of a weight matrix


def image(layout: Layout) -> bytes:
    """The bytes of a closed HDF5 file that holds everything of ``layout`` and no row yet.

    It is made in memory, because HDF5 must not meet a full disk (see disk.py).
    """
    with h5py.File("image", "w", driver="core", backing_store=False, libver=LIBVER) as file:
        _write_root(file, layout)
        for path, series in layout.series().items():
            _create_series(file.create_group(path, track_order=True), series)
        for name in layout.tables:
            _describe_table(file[name])
        for name, (shape, dtype) in layout.arrays.items():
            rest = shape[1:]
            file.create_dataset(name, (0, *rest), dtype, maxshape=(None, *rest), chunks=_chunk(*shape), **COMPRESSED)
            file[name].attrs["shape"] = shape
        for name, neurons in layout.spikes.items():
            group = file[f"spikes/{name}"]
            group.attrs.create("sorting", 0, dtype=SORTING)
            group.attrs["n_neurons"] = neurons
        for name, report in layout.reports.items():
            _describe_report(file[f"report/{name}"], report)
        for name, projection in layout.weights.items():
            if isinstance(projection, Sparse):
                _write_synapses(file[f"weights/{name}"], projection)
        file.flush()
        return bytes(file.id.get_file_image())


def members(group: Any) -> list[str]:
    """The names of the datasets of a series, which share its row number."""
    if group.attrs["kind"] == "report":
        return ["data"]
    return [name for name in group if name not in ("pre", "post", "ordinal")]


def is_series(item: Any) -> bool:
    """Whether an object of an open file is a group of equally long datasets."""
    return isinstance(item, h5py.Group) and "kind" in item.attrs


def committed_rows(group: Any) -> int:
    """How many rows of a series are whole: those before the end of its shortest dataset that have a marker."""
    rows = min(len(group[name]) for name in members(group))
    kind = text(group.attrs["kind"])
    if kind == "report":
        start, stop, step = group["mapping/time"][...]
        return min(rows, round(float((stop - start) / step)))
    while rows:
        low = max(0, rows - 4096)
        marker = group[MARKER[kind]][low:rows]
        present = np.flatnonzero(marker >= 0 if marker.dtype.kind == "i" else ~np.isnan(marker))
        if len(present):
            return low + int(present[-1]) + 1
        rows = low
    return 0


def attach_step(group: Any) -> None:
    """Make `step` the scale of every other column, as netCDF readers and viewers expect."""
    group["step"].make_scale("step")
    for name in group:
        if name != "step":
            group[name].dims[0].attach_scale(group["step"])


def text(value: Any) -> str:
    """A string attribute as str, whether HDF5 stores it with a fixed size or not."""
    return value.decode() if isinstance(value, bytes) else str(value)


def now() -> str:
    """The time in UTC to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write_root(file: Any, layout: Layout) -> None:
    root = file.attrs
    root["format"], root["format_version"], root["library_version"] = FORMAT, FORMAT_VERSION, __version__
    root.create("status", b"running", dtype=STATUS)
    root["created"] = now()
    root.create("finished", b"", dtype=TIME)
    root["magic"], root["version"] = np.uint32(SONATA_MAGIC), np.array([0, 1], np.uint32)
    root["NX_class"] = "NXroot"
    if layout.tables:
        root["default"] = next(iter(layout.tables))
    for name, value in layout.attributes.items():
        if name in root:
            raise InputError(f"log.attributes: expected names that the format does not use, got {name!r}")
        _set_attribute(file, name, value)
    for name, content in (("config", layout.config), ("equations", layout.equations)):
        raw = content.encode()
        file.create_dataset(name, data=raw, dtype=h5py.string_dtype("utf-8", max(1, len(raw))))
        file[name].attrs["sha256"] = hashlib.sha256(raw).hexdigest()
    _write_tree(file.create_group("provenance"), layout.provenance)
    file["provenance"].attrs.create("wall_s", np.nan)


def _write_tree(group: Any, tree: Mapping[str, Any]) -> None:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            check_name(f"log{group.name}", name)
            _write_tree(group.create_group(name), value)
        else:
            _set_attribute(group, name, value)


def _set_attribute(group: Any, name: str, value: Any) -> None:
    if not isinstance(value, str | int | float | bool | np.generic) or (isinstance(value, str) and "\0" in value):
        raise InputError(f"log{group.name}.{name}: expected a text or a number, got {value!r}")
    try:
        group.attrs[name] = value
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"log{group.name}.{name}: expected a text or a number that HDF5 holds, got {value!r} ({error})"
        ) from None


def _create_series(group: Any, series: Series) -> None:
    group.attrs["kind"] = series.kind
    for name, column in series.columns.items():
        shape, packed = column.shape, series.kind == "weights" and name != MARKER["weights"]
        group.create_dataset(
            name,
            (0, *shape),
            column.dtype,
            maxshape=(None, *(n or None for n in shape)),
            chunks=_row_chunk(series.kind, shape),
            fillvalue=_fill(column),
            **(COMPRESSED if packed else {}),
        )
        if column.units:
            group[name].attrs["units"] = column.units


def _row_chunk(kind: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    if kind == "report":
        return _chunk(max(1, CHUNK_VALUES // max(1, *shape)), *shape)
    return _chunk(CHUNK_ROWS.get(kind, CHUNK_ROWS["table"] if not shape else 1), *shape)


def _chunk(rows: int, *shape: int) -> tuple[int, ...]:
    """A chunk of ``rows`` and the whole of ``shape``, cut along its first axes to `MAX_CHUNK` values."""
    left, cut = MAX_CHUNK, list[int]()
    for n in reversed((rows, *shape)):
        cut.append(max(1, min(n, left)))
        left //= cut[-1]
    return tuple(reversed(cut))


def _fill(column: Column) -> Any:
    """The fill value of a type: NaN, -1, or zero where the type has neither."""
    return {"f": np.nan, "i": -1}.get(np.dtype(column.dtype).kind)


def _describe_table(group: Any) -> None:
    names = [name for name in group if name != "step"]
    group.attrs["NX_class"], group.attrs["signal"], group.attrs["axes"] = "NXdata", names[0], ["step"]
    if names[1:]:
        group.attrs["auxiliary_signals"] = names[1:]
    attach_step(group)


def _describe_report(group: Any, report: Report) -> None:
    count = len(report.node_ids)
    group.attrs["variable"] = report.variable
    mapping = group.create_group("mapping")
    mapping["node_ids"] = np.asarray(report.node_ids, np.uint64)
    mapping["index_pointers"] = np.arange(count + 1, dtype=np.uint64)
    mapping["element_ids"] = np.zeros(count, np.uint32)
    mapping["time"] = np.array([report.start, report.start, report.step], np.float64)
    mapping["time"].attrs["units"] = "ms"
    for name, ids in zip(("pre", "post"), report.ends or (), strict=False):
        _write_ids(group, name, ids, count)


def _write_synapses(group: Any, projection: Sparse) -> None:
    for name in ("pre", "post", "ordinal"):
        _write_ids(group, name, getattr(projection, name), len(projection.pre))


def _write_ids(group: Any, name: str, given: npt.NDArray[Any], count: int) -> None:
    """Write the dataset ``name`` of ``count`` whole numbers."""
    ids: npt.NDArray[Any] = np.asarray(given)
    if ids.shape != (count,) or ids.dtype.kind not in "iu":
        got = f"{ids.dtype} of shape {ids.shape}"
        raise InputError(f"log{group.name}.{name}: expected {count} whole numbers, got {got}")
    group.create_dataset(name, data=ids, maxshape=(None,), chunks=_chunk(max(1, len(ids))), **COMPRESSED)
