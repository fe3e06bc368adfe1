"""Names: an old file is replaced only on demand and only by rows; two runs never share a name."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import pytest

from neurosim.core.errors import InputError
from neurosim.runlog.layout import Layout
from neurosim.runlog.reader import open_run
from neurosim.runlog.writer import RunLog

LAYOUT = Layout(tables={"t": {"value": "f8"}})


def test_an_existing_file_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(b"old")
    with pytest.raises(InputError) as error:
        RunLog.create(path, LAYOUT)
    remedy = "pass another path, or overwrite=True (--overwrite)"
    assert str(error.value) == f"log: expected a new file, got existing {path}; {remedy}"
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"run.h5": b"old"}


def test_overwriting_replaces_the_old_file_at_the_first_flush(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(b"old")
    with RunLog.create(path, LAYOUT, overwrite=True) as log:
        log.append("t", step=0, value=1.0)
        assert path.read_bytes() == b"old"
        log.flush()
        assert open_run(path).table("t")["value"].tolist() == [1.0]
        log.append("t", step=1, value=2.0)
    assert open_run(path).table("t")["value"].tolist() == [1.0, 2.0]
    assert os.listdir(tmp_path) == ["run.h5"]


def test_a_run_that_fails_before_its_first_row_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), RunLog.create(path, LAYOUT, overwrite=True):
        raise ZeroDivisionError
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"run.h5": b"old"}


def test_a_finished_run_without_rows_replaces_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(b"old")
    with RunLog.create(path, LAYOUT, overwrite=True):
        pass
    assert open_run(path).status == "finished"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_log_that_is_being_written_is_refused(tmp_path: Path, overwrite: bool) -> None:
    path = tmp_path / "run.h5"
    with RunLog.create(path, LAYOUT) as first:
        with pytest.raises(InputError, match=r"expected a (new file|file that no run is writing)"):
            RunLog.create(path, LAYOUT, overwrite=overwrite)
        first.append("t", step=0, value=1.0)
    assert open_run(path).table("t")["value"].tolist() == [1.0]
    assert os.listdir(tmp_path) == ["run.h5"]


def test_of_two_runs_that_begin_at_once_one_gets_the_name(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    others: list[RunLog] = []

    def begin_another(point: str) -> None:
        if point == "created":  # after the first look at the name, before it is taken
            others.append(RunLog.create(path, LAYOUT))

    with pytest.raises(InputError, match="expected a new file, got existing"):
        RunLog.create(path, LAYOUT, on_point=begin_another)
    with others[0] as other:
        other.append("t", step=0, value=1.0)
    assert open_run(path).table("t")["value"].tolist() == [1.0]
    assert os.listdir(tmp_path) == ["run.h5"]


def test_of_two_runs_that_overwrite_at_once_the_second_is_refused_at_its_first_flush(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    path.write_bytes(b"old")
    first, second = (RunLog.create(path, LAYOUT, overwrite=True) for _ in range(2))
    for value, log in enumerate((first, second)):
        log.append("t", step=0, value=value)
    first.flush()
    with pytest.raises(InputError, match="expected a file that no run is writing"):
        second.flush()
    second.close()
    first.close()
    assert open_run(path).table("t")["value"].tolist() == [0.0]
    assert os.listdir(tmp_path) == ["run.h5"]


def test_a_log_deleted_while_it_is_written_is_reported(tmp_path: Path) -> None:
    log = RunLog.create(tmp_path / "run.h5", LAYOUT)
    (tmp_path / "run.h5").unlink()
    with pytest.raises(InputError, match="to stay in place, got it deleted or replaced"):
        log.close()


def test_the_written_file_is_no_longer_than_it_says(tmp_path: Path) -> None:
    with RunLog.create(tmp_path / "run.h5", LAYOUT) as log:
        log.append("t", step=range(1000), value=range(1000))
    with h5py.File(tmp_path / "run.h5", "r") as file:
        assert file["t/value"].shape == (1000,)
        assert file.id.get_filesize() == (tmp_path / "run.h5").stat().st_size < 50_000


@pytest.mark.parametrize("place", ["file/run.h5", "file/deep/run.h5", "/proc/neurosim/run.h5", "folder"])
def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    if place.startswith("/proc") and not Path("/proc").exists():
        pytest.skip("no /proc here")
    with pytest.raises(InputError, match=r"^log: expected [^\n]*$"):
        RunLog.create(tmp_path / place, LAYOUT, overwrite=True)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
