"""Files that appear whole, reserved disk space, locks, and folder names that do not collide."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from neurosim.core.errors import InputError
from neurosim.runlog import disk


def test_folders_made_in_one_second_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "default_name", lambda kind, seed: f"2026-11-23_194500_{kind}_seed{seed}")
    made = [disk.new_folder(tmp_path / "logs", "compare", 0).name for _ in range(3)]
    assert made == [f"2026-11-23_194500_compare_seed0{end}" for end in ("", "_2", "_3")]


def test_a_default_name_carries_date_kind_and_seed() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d{6}_run_seed7", disk.default_name("run", 7))


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="expected a folder that can be written"):
        disk.new_folder(tmp_path / "file", "compare", 0)


@pytest.mark.parametrize("fallocate", [True, False])
def test_reserved_space_lengthens_the_file_and_keeps_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fallocate: bool
) -> None:
    if not fallocate:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with open(path, "r+b") as stream:
        disk.reserve(stream.fileno(), 3_000_000)
        disk.reserve(stream.fileno(), 10)
    assert path.read_bytes() == b"content".ljust(3_000_000, b"\0")


def test_a_file_system_that_cannot_reserve_is_filled_with_zeros(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, offset: int, length: int) -> None:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    with open(tmp_path / "file", "w+b") as stream:
        disk.reserve(stream.fileno(), 100)
    assert (tmp_path / "file").stat().st_size == 100


def test_a_lock_is_seen_until_its_descriptor_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    descriptor = os.open(path, os.O_RDWR)
    disk.mark_in_use(descriptor)
    assert disk.is_locked(path) is (os.name == "posix")
    os.close(descriptor)
    assert not disk.is_locked(path)


def test_without_hard_links_a_taken_name_is_still_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError(errno.EPERM, "no hard links")

    monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "run.h5"
    disk.publish(disk.write_temporary(target, b"one"), target, replace=False)
    with pytest.raises(InputError, match="expected a new file"):
        disk.publish(disk.write_temporary(target, b"two"), target, replace=False)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"run.h5": b"one"}
