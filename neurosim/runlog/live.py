"""The file of a run while it is written: made under another name, renamed, opened for one writer, closed.

Each step leaves a valid file. The name is given while the file is closed; then HDF5 opens it in its mode for a single
writer (SWMR), in which readers, and a kill, always find what was flushed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py

from neurosim.runlog import disk
from neurosim.runlog.access import refuse_live
from neurosim.runlog.disk import RunLogError
from neurosim.runlog.superblock import HEAD_BYTES, parse_superblock

MARGIN_BYTES = 2**16  # space kept free for closing the file


class LiveFile:
    """A log file open for writing: ``file`` is the h5py.File, ``pending`` until it is published under its name."""

    def __init__(self, target: Path, content: bytes, replace: bool, on_point: Callable[[str], None]) -> None:
        """Write ``content``, a closed HDF5 file, beside ``target`` and open it; publish it unless ``replace``.

        Raises:
            InputError: the name was taken meanwhile, the folder cannot be written, or the disk is full.
        """
        self.target = target
        self.pending = True
        self.file: Any = None
        self._on_point = on_point
        self._path = disk.write_temporary(target, content)
        self._descriptor = os.open(self._path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            on_point("created")
            disk.mark_in_use(self._descriptor)
            self._open()
            if not replace:
                self.publish(replace=False)
        except BaseException:
            self.discard()
            if not self.pending:
                target.unlink(missing_ok=True)  # the name was free, and no row is in the file
            raise

    def reserve(self, more: int) -> None:
        """Reserve space for ``more`` bytes and for closing the file.

        Raises:
            RunLogError: the disk is full; the file is as it was.
        """
        try:
            disk.reserve(self._descriptor, self.file.id.get_filesize() + more + MARGIN_BYTES)
        except OSError as error:
            raise disk.no_room(self.target, error) from None

    def publish(self, replace: bool) -> None:
        """Give the file its name: in place of an old file, or only if the name is free.

        Raises:
            InputError: another run is writing under that name, or has taken it. This file is deleted then.
        """
        self._shut()
        try:
            if replace and self.target.exists():
                refuse_live(self.target)
            disk.publish(self._path, self.target, replace)
            self._path, self.pending = self.target, False
            self._on_point("renamed")
            self._open()
        except BaseException:
            self.discard()
            raise

    def close(self) -> None:
        """Close the file and bring it to the disk.

        Raises:
            RunLogError: someone deleted or replaced it meanwhile.
        """
        self._shut()
        with suppress(OSError):
            os.fsync(self._descriptor)
        mine, there = os.fstat(self._descriptor), self._path.stat() if self._path.exists() else None
        os.close(self._descriptor)
        self._on_point("closed")
        if there is None or (mine.st_dev, mine.st_ino) != (there.st_dev, there.st_ino):
            raise RunLogError(f"log: expected {self.target} to stay in place, got it deleted or replaced meanwhile")

    def abandon(self) -> None:
        """Abandon a file that HDF5 could not write; what was flushed stays readable."""
        with suppress(OSError, RuntimeError):
            self.file.close()
        self.file = None
        os.close(self._descriptor)

    def discard(self) -> None:
        """Close the file, and delete it if it was not published."""
        with suppress(OSError, RuntimeError):
            if self.file is not None:
                self.file.close()
        self.file = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if self.pending:
            self._path.unlink(missing_ok=True)

    def _open(self) -> None:
        access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
        access.set_libver_bounds(h5py.h5f.LIBVER_V110, h5py.h5f.LIBVER_V110)
        access.set_file_locking(False, True)  # our own lock does not exclude readers
        flags = h5py.h5f.ACC_RDWR | h5py.h5f.ACC_SWMR_WRITE
        self.file = h5py.File(h5py.h5f.open(os.fsencode(self._path), flags, access))
        self.reserve(0)

    def _shut(self) -> None:
        """Close the HDF5 file and free reserved space that was not used."""
        self.file.close()
        self.file = None
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.ftruncate(self._descriptor, parse_superblock(os.read(self._descriptor, HEAD_BYTES), self._path).end)
