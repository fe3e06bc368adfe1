"""The first 48 bytes of an HDF5 file: whether it is one, its length, and whether it was closed.

Source: HDF5 File Format Specification, version 3.0, II.A "Superblock", layout 2 and 3. Read here because HDF5 itself
refuses a file left by a kill in words that do not help.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neurosim.core.errors import InputError

HEAD_BYTES = 48
SIGNATURE = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class Superblock:
    """``end``: the length in bytes at the last clean close; ``open``: a writer has not closed the file."""

    end: int
    open: bool


def read_superblock(path: Path) -> Superblock:
    """The superblock of the file ``path``.

    Raises:
        InputError: it cannot be read, is not HDF5, or is not of the version that a run log has.
    """
    try:
        with open(path, "rb") as stream:
            return parse_superblock(stream.read(HEAD_BYTES), path)
    except OSError as error:
        raise InputError(f"log: expected a file that can be read, got {path} ({error.strerror})") from None


def parse_superblock(head: bytes, path: Path) -> Superblock:
    """The superblock in the first bytes of ``path``; errors as in `read_superblock`."""
    if head[:8] != SIGNATURE:
        kind = "another kind of file" if head else "an empty file"
        raise InputError(f"log: expected an HDF5 file, got {path}, which is {kind} (check: signature)")
    if len(head) < HEAD_BYTES or head[8] not in (2, 3) or head[9:11] != b"\x08\x08":
        raise InputError(f"log: expected a run log of neurosim, got {path}, another HDF5 file (check: superblock)")
    return Superblock(end=int.from_bytes(head[28:36], "little"), open=bool(head[11] & 0b101))
