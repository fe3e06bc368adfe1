"""Repair of a log left open by a kill: flushed rows are copied into a file that every HDF5 program opens."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.runlog import disk
from neurosim.runlog.access import open_log, refuse_live
from neurosim.runlog.schema import LIBVER, STATUS, attach_step, committed_rows, is_series, members, now, text
from neurosim.runlog.superblock import read_superblock

SCALE_ATTRIBUTES = ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST")  # references into the old file; made anew
BLOCK_BYTES = 2**24
GROWTH = 2**20  # space that a copy may need beyond the size of the original


@dataclass(frozen=True)
class Recovery:
    """The result of `recover`.

    Parameters
    ----------
    path : Path
        The log.
    repaired : bool
        Whether the log had to be repaired.
    note : str
        What was done, in words.
    """

    path: Path
    repaired: bool
    note: str

    def __str__(self) -> str:
        return self.note


def recover(path: str | Path) -> Recovery:
    """Make a log that a kill left open a closed file of status "recovered", in one step; a closed log stays as it is.

    Incomplete rows are cut; the old status is kept as the attribute ``status_before``.

    Parameters
    ----------
    path : path
        The log file.

    Returns
    -------
    Recovery
        What was done.

    Raises
    ------
    InputError
        A run is writing the log; it is missing, damaged or something else; the disk is full.
    """
    path = Path(os.path.realpath(path))
    with open_log(path) as source:
        status = text(source.attrs["status"])
        if not read_superblock(path).open and status != "running":
            return Recovery(path, False, f"{path} is whole and was closed with the status {status}: left as it is")
        refuse_live(path)
        temporary = disk.write_temporary(path, b"")
        try:
            kept, cut = _copy(source, temporary, path.stat().st_size + GROWTH)
            shutil.copymode(path, temporary)
        except OSError as error:
            temporary.unlink()
            raise disk.no_room(path, error) from None
        except BaseException:
            temporary.unlink()
            raise
    disk.publish(temporary, path, replace=True)
    return Recovery(
        path, True, f"{path} was left with the status {status}: {kept} rows kept, {cut} incomplete ones cut"
    )


def _copy(source: Any, temporary: Path, size: int) -> tuple[int, int]:
    """Copy the open log to ``temporary`` and bring it to the disk; how many rows were kept and how many cut."""
    descriptor = os.open(temporary, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        disk.reserve(descriptor, size)  # HDF5 does not survive a full disk, and empties the file when it opens it
        with h5py.File(temporary, "w", libver=LIBVER, locking=False) as target:
            disk.reserve(descriptor, size)
            kept, cut = _copy_group(source, target)
            target.attrs["status_before"] = text(source.attrs["status"])
            target.attrs["recovered"] = now()
            target.attrs.create("status", b"recovered", dtype=STATUS)
        os.ftruncate(descriptor, read_superblock(temporary).end)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return kept, cut


def _copy_group(source: Any, target: Any) -> tuple[int, int]:
    _copy_attributes(source, target)
    rows, growing = (committed_rows(source), members(source)) if is_series(source) else (0, [])
    kept, cut = (rows, max(len(source[name]) for name in growing) - rows) if growing else (0, 0)
    for name, item in source.items():
        if isinstance(item, h5py.Group):
            below = _copy_group(item, target.create_group(name, track_order=is_series(item)))
            kept, cut = kept + below[0], cut + below[1]
        else:
            _copy_dataset(item, target, name, rows if name in growing else None)
    if growing and text(source.attrs["kind"]) == "table":
        attach_step(target)
    return kept, cut


def _copy_dataset(source: Any, target: Any, name: str, rows: int | None) -> None:
    shape = source.shape if rows is None else (rows, *source.shape[1:])
    options = {"maxshape": source.maxshape, "chunks": source.chunks} if source.chunks else {}
    if source.chunks and np.any(
        source.fillvalue
    ):  # an empty one is what HDF5 takes anyway, and a long text is too long
        options["fillvalue"] = source.fillvalue
    if source.compression:
        options |= {"compression": source.compression, "compression_opts": source.compression_opts}
        options["shuffle"] = source.shuffle
    made = target.create_dataset(name, shape, source.dtype, **options)
    _copy_attributes(source, made)
    if not shape:
        made[()] = source[()]
        return
    chunk = source.chunks[0] if source.chunks else 1
    row_bytes = max(1, int(np.prod(shape[1:], dtype=np.int64)) * source.dtype.itemsize)
    block = max(1, BLOCK_BYTES // (row_bytes * chunk)) * chunk
    for low in range(0, shape[0], block):
        made[low : min(low + block, shape[0])] = source[low : min(low + block, shape[0])]


def _copy_attributes(source: Any, target: Any) -> None:
    for name in source.attrs:
        if name not in SCALE_ATTRIBUTES:
            kind = source.attrs.get_id(name)
            target.attrs.create(name, source.attrs[name], shape=kind.shape, dtype=kind.dtype)
