"""Opening a log: which file is refused by which check, and that reading leaves it and its writer alone."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.runlog.access import PARTS, damaged, is_live, open_log, refuse_live
from neurosim.runlog.layout import Layout
from neurosim.runlog.writer import RunLog


def written(folder: Path) -> Path:
    """A closed log of three rows."""
    with RunLog.create(folder / "run.h5", Layout(tables={"metrics/epoch": {"loss": "f8"}})) as log:
        log.append("metrics/epoch", step=[0, 1, 2], loss=[3.0, 2.0, 1.0])
    return folder / "run.h5"


def opened(path: Path) -> list[float]:
    """The rows of a log that can be opened."""
    with open_log(path) as file:
        losses: list[float] = file["metrics/epoch/loss"][...].tolist()
        return losses


def test_a_log_is_opened_to_be_read_only(tmp_path: Path) -> None:
    path = written(tmp_path)
    before = path.read_bytes()
    assert opened(path) == [3.0, 2.0, 1.0]
    with pytest.raises(InputError, match="check: data"), open_log(path) as file:
        file["metrics/epoch/loss"][0] = 7.0
    assert path.read_bytes() == before


@pytest.mark.parametrize("libver", ["earliest", "v110"])
def test_another_hdf5_file_is_not_taken_for_a_log(tmp_path: Path, libver: str) -> None:
    with h5py.File(tmp_path / "run.h5", "w", libver=(libver, "v110")) as file:
        file.attrs["format"] = "one of theirs"
    with pytest.raises(InputError, match=r"another HDF5 file \(check: (superblock|format)\)"):
        opened(tmp_path / "run.h5")


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_a_log_that_is_open_in_another_way_is_not_called_damaged(tmp_path: Path, mode: str) -> None:
    path = written(tmp_path)
    with (
        h5py.File(path, mode),
        pytest.raises(InputError, match=r"run\.h5, which is open elsewhere .*; close it there \(in Python"),
    ):
        opened(path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = "2.0"
    with pytest.raises(InputError, match=r"expected version 1\.0 of the format, got 2\.0 .*\(check: version\)"):
        opened(path)


def test_a_file_cut_at_any_length_is_refused_with_the_check(tmp_path: Path) -> None:
    whole = written(tmp_path).read_bytes()
    for length in [*range(0, 100, 7), *np.linspace(100, len(whole) - 1, 40).astype(int)]:
        (tmp_path / "cut.h5").write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"check: (signature|superblock|length)"):
            opened(tmp_path / "cut.h5")


@pytest.mark.parametrize("part", PARTS)
def test_a_log_without_one_of_its_parts_is_damaged(tmp_path: Path, part: str) -> None:
    path = written(tmp_path)
    with h5py.File(path, "r+") as file:
        del file[part]
    with pytest.raises(InputError, match=rf"which is damaged \(check: structure; no /{part}\)"):
        opened(path)


@pytest.mark.parametrize("error", [OSError("a\nb"), RuntimeError("a\nb"), KeyError("a\nb"), ValueError("a\nb")])
def test_what_fails_while_a_log_is_read_is_damage_in_one_line(tmp_path: Path, error: Exception) -> None:
    with (
        pytest.raises(InputError, match=r"which is damaged \(check: data; .*\)$") as caught,
        open_log(written(tmp_path)),
    ):
        raise error
    assert "\n" not in str(caught.value)


def test_an_error_for_people_passes_through(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^mine$"), open_log(written(tmp_path)):
        raise InputError("mine")


def test_a_log_is_live_while_its_writer_has_it_open_and_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with RunLog.create(path, Layout()) as log:
        log.flush()
        assert is_live(path)
        with pytest.raises(InputError, match=r"expected a file that no run is writing, got .*run\.h5"):
            refuse_live(path)
    assert not is_live(path)
    refuse_live(path)


def test_what_a_kill_left_open_is_not_live(tmp_path: Path) -> None:
    path = written(tmp_path)
    content = bytearray(path.read_bytes())
    content[11] |= 5  # the flags of a writer that never came to close its file, without its lock
    path.write_bytes(content)
    assert not is_live(path)


def test_what_is_no_log_is_not_live(tmp_path: Path) -> None:
    assert not is_live(tmp_path / "none.h5")
    (tmp_path / "text").write_text("x")
    assert not is_live(tmp_path / "text")


def test_damage_is_told_in_one_line(tmp_path: Path) -> None:
    assert str(damaged(tmp_path, "length", " a\n  b ")).endswith("which is damaged (check: length; a b)")
