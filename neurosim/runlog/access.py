"""Opening a log to read it, whether finished, being written or left by a kill; errors name the failed check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from neurosim.core.errors import InputError
from neurosim.runlog.disk import is_locked
from neurosim.runlog.schema import FORMAT, FORMAT_VERSION, text
from neurosim.runlog.superblock import read_superblock

PARTS = ("config", "equations", "provenance")
HELD = (
    "already open",
    "locking flag",
)  # in messages of HDF5: the file is open with other settings, in this process or another


@contextmanager
def open_log(path: Path) -> Iterator[Any]:
    """The open h5py.File of a run log, read-only; the file is neither changed nor locked.

    Raises:
        InputError: there is no such file, or one of the checks signature, superblock, length, structure, format,
            version and data fails.
    """
    file = _open(path)
    with file:
        try:
            _check_format(path, file)
            yield file
        except InputError:
            raise
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            raise damaged(path, "data", error) from error


def is_live(path: Path) -> bool:
    """Whether a process on this machine is writing the log now. Where the system has no locks: False."""
    try:
        return read_superblock(path).open and is_locked(path)
    except InputError:
        return False


def refuse_live(path: Path) -> None:
    """Raise an `InputError` if a run is writing ``path``."""
    if is_live(path):
        raise InputError(f"log: expected a file that no run is writing, got {path}; stop that run or pass another path")


def damaged(path: Path, check: str, reason: object) -> InputError:
    """The error for a damaged log."""
    line = " ".join(str(reason).split())
    return InputError(f"log: expected a whole run log, got {path}, which is damaged (check: {check}; {line})")


def _open(path: Path) -> Any:
    for last in (False, True):
        block = read_superblock(path)
        size = path.stat().st_size
        if not block.open and size < block.end:
            raise damaged(path, "length", f"{size} of {block.end} bytes are there")
        try:
            return h5py.File(path, "r", swmr=block.open, locking=False)
        except OSError as error:
            if is_locked(path) and any(words in str(error) for words in HELD):
                raise InputError(
                    f"log: expected a file that this program can open, got {path}, which is open elsewhere with other "
                    "settings; close it there (in Python: file.close())"
                ) from None
            if last or read_superblock(path) == block:  # else its writer has just opened or closed it
                raise damaged(path, "structure", error) from None
    raise AssertionError


def _check_format(path: Path, file: Any) -> None:
    if text(file.attrs.get("format", "")) != FORMAT:
        raise InputError(f"log: expected a run log of neurosim, got {path}, another HDF5 file (check: format)")
    version = text(file.attrs["format_version"])
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise InputError(
            f"log: expected version {FORMAT_VERSION} of the format, got {version} in {path} (check: version)"
        )
    missing = [name for name in PARTS if name not in file]
    if missing:
        raise damaged(path, "structure", f"no /{missing[0]}")
