"""Files that appear whole, reserved disk space, locks, and folder names that do not collide."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
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


def test_only_files_of_its_own_kind_are_replaced(tmp_path: Path) -> None:
    def is_ours(content: bytes) -> bool:
        return content.startswith(b"ours")

    for name, content in (("ours", b"ours, older"), ("other", b"the only copy")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "link").symlink_to("ours")
    (tmp_path / "folder").mkdir()
    special = ["folder"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        special.append("pipe")
    assert disk.check_own("page", tmp_path / "new" / "file", "a page", is_ours) == tmp_path / "new" / "file"
    assert disk.check_own("page", tmp_path / "ours", "a page", is_ours) == tmp_path / "ours"
    assert disk.check_own("page", tmp_path / "link", "a page", is_ours) == tmp_path / "ours"
    with pytest.raises(InputError, match=r"^page: expected a new file or a page of neurosim to replace, got .*other"):
        disk.check_own("page", tmp_path / "other", "a page", is_ours)
    for name in special:
        with pytest.raises(InputError, match=rf"^page: expected a file that can be written, got .*{name}, which is a"):
            disk.check_own("page", tmp_path / name, "a page", is_ours)
    with pytest.raises(InputError, match=r"^page: expected a file that can be written, got .*inside"):
        disk.check_own("page", tmp_path / "other" / "inside", "a page", is_ours)
    assert (tmp_path / "other").read_bytes() == b"the only copy"


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot be asked whether a process runs without ending it")
def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = [tmp_path / f".run.h5.{dead.pid}-0123abcd.tmp", tmp_path / f".index.json.{dead.pid}-ffffffff.tmp"]
    kept = [
        disk.write_temporary(tmp_path / "run.h5", b"of this process"),
        tmp_path / f"run.h5.{dead.pid}-0123abcd.tmp",
        tmp_path / f".notes.{dead.pid}.tmp",
        tmp_path / ".vim.tmp",
    ]
    for path in (*left, *kept):
        path.touch()
    disk.remove_leftovers(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)
