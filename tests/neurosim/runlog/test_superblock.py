"""The first bytes of an HDF5 file against the format's specification and against what h5py writes."""

from __future__ import annotations

import struct
from pathlib import Path

import h5py
import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.runlog.superblock import HEAD_BYTES, Superblock, parse_superblock, read_superblock

# HDF5 File Format Specification 3.0, II.A, layout of versions 2 and 3: signature, version, size of offsets, size of
# lengths, consistency flags; addresses of base, extension, end of file, root object; checksum
FIELDS = "<8s4B4QI"
WRITE, SWMR = 1, 4  # "bit 0: file has been opened for write access", "bit 2: ... for single-writer/multiple-reader"


def head(version: int = 3, sizes: tuple[int, int] = (8, 8), flags: int = 0, end: int = 2**40 + 7) -> bytes:
    return struct.pack(FIELDS, b"\x89HDF\r\n\x1a\n", version, *sizes, flags, 0, 2**64 - 1, end, 48, 0)


def test_the_head_is_as_long_as_the_specification_says() -> None:
    assert struct.calcsize(FIELDS) == HEAD_BYTES


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    ("flags", "is_open"), [(0, False), (WRITE, True), (SWMR, True), (WRITE | SWMR, True), (2, False)]
)
def test_end_and_open_are_read_where_the_specification_puts_them(version: int, flags: int, is_open: bool) -> None:
    assert parse_superblock(head(version, flags=flags), Path("x")) == Superblock(2**40 + 7, is_open)


@pytest.mark.parametrize("other", [head(0), head(1), head(4), head(sizes=(4, 8)), head(sizes=(8, 4)), head()[:-1]])
def test_other_layouts_are_another_hdf5_file(other: bytes) -> None:
    with pytest.raises(InputError, match=r"another HDF5 file \(check: superblock\)"):
        parse_superblock(other, Path("x"))


def test_a_file_of_h5py_ends_where_it_ends_and_is_open_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        file["x"] = np.arange(1000)
        file.flush()
        assert read_superblock(path).open
    assert read_superblock(path) == Superblock(path.stat().st_size, False)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a file that can be read, got .*none\.h5 \(No such file"):
        read_superblock(tmp_path / "none.h5")


@pytest.mark.parametrize("content", [b"", b"epoch,loss\n1,0.5\n", b"\0" * 4096])
def test_another_kind_of_file_fails_the_check_of_the_signature(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.h5").write_bytes(content)
    with pytest.raises(InputError, match=r"expected an HDF5 file, got .*run\.h5, .*\(check: signature\)"):
        read_superblock(tmp_path / "run.h5")
