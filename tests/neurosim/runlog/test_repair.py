"""Repair beyond what test_crash.py shows: what is left alone, what is refused, what is cut, and a full disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.runlog import disk
from neurosim.runlog.layout import Layout, Report
from neurosim.runlog.reader import open_run
from neurosim.runlog.repair import recover
from neurosim.runlog.writer import RunLog


def left_open(path: Path, layout: Layout) -> Path:
    """A log as a kill between rows and markers leaves it: a copy of a live file."""

    def copy(point: str) -> None:
        if point == "flush: rows" and rounds == [0, 1]:
            shutil.copy(path.with_name("live.h5"), path)

    rounds: list[int] = []
    with RunLog.create(path.with_name("live.h5"), layout, on_point=copy) as log:
        for step in range(2):
            rounds.append(step)
            log.append("metrics/epoch", step=step, loss=step, correct=step, phase="train")
            log.spikes("exc", [step], [step])
            log.trial(start=step, stop=step + 1)
            log.report("exc", [step, step])
            log.snapshot("recurrent", step=step, w=np.ones(3), delay=np.ones(3))
            log.write("metrics/test/confusion", np.eye(2, dtype=int))
            log.flush()
    path.with_name("live.h5").unlink()
    return path


def test_rows_without_their_marker_are_cut_everywhere(tmp_path: Path, layout: Layout) -> None:
    path = left_open(tmp_path / "run.h5", layout)
    done = recover(path)
    assert done.repaired
    assert str(done) == f"{path} was left with the status running: 5 rows kept, 5 incomplete ones cut"
    with h5py.File(path, "r") as file:
        lengths = {len(file[f"metrics/epoch/{name}"]) for name in ("step", "loss", "correct", "phase")}
        lengths |= {len(file[name]) for name in ("spikes/exc/node_ids", "trials/stop", "report/exc/data")}
        assert lengths == {1}
        assert file["weights/recurrent/delay"].shape == (1, 3)
        assert file["weights/recurrent/pre"].shape == (3,)
    assert os.listdir(tmp_path) == ["run.h5"]


def test_the_ends_of_reported_synapses_are_kept(tmp_path: Path) -> None:
    ids = np.arange(3)
    layout = Layout(reports={"p.w": Report("w", "pA", ids, step=1.0, ends=(ids + 4, ids + 7))})
    with RunLog.create(tmp_path / "live.h5", layout) as log:
        log.report("p.w", [1.0, 2.0, 3.0])
        log.flush()
        shutil.copy(tmp_path / "live.h5", tmp_path / "run.h5")
    assert recover(tmp_path / "run.h5").repaired
    found = open_run(tmp_path / "run.h5").report("p.w")
    assert [None if each is None else each.tolist() for each in found[-2:]] == [[4, 5, 6], [7, 8, 9]]
    assert found.values.tolist() == [[1, 2, 3]]


def test_everything_of_the_old_file_is_kept(tmp_path: Path, layout: Layout) -> None:
    path = left_open(tmp_path / "run.h5", layout)
    before = open_run(path)
    old = before.attributes, before.provenance, before.config, before.table("metrics/epoch")
    recover(path)
    run = open_run(path)
    recovered = run.attributes
    assert recovered.pop("status_before") == "running"
    assert recovered.pop("recovered")
    np.testing.assert_equal((recovered, run.provenance, run.config, run.table("metrics/epoch")), old)
    assert run.equations == layout.equations
    assert run.array("metrics/test/confusion").tolist() == [[1, 0], [0, 1]]
    assert [ids.tolist() for ids in run.synapses("recurrent")] == [[0, 0, 2], [1, 1, 0], [0, 1, 0]]
    with h5py.File(path, "r") as file:
        assert h5py.check_enum_dtype(file["spikes/exc"].attrs.get_id("sorting").dtype)
        assert list(file["metrics/epoch"]) == ["step", "loss", "correct", "phase"]
        assert file["metrics/epoch/loss"].dims[0][0] == file["metrics/epoch/step"]


def test_a_closed_log_is_left_alone(tmp_path: Path, layout: Layout) -> None:
    path = tmp_path / "run.h5"
    with pytest.raises(ZeroDivisionError), RunLog.create(path, layout):
        raise ZeroDivisionError
    before = path.read_bytes()
    done = recover(path)
    assert not done.repaired
    assert str(done) == f"{path} is whole and was closed with the status failed: left as it is"
    assert path.read_bytes() == before


def test_a_log_that_is_being_written_is_refused(tmp_path: Path, layout: Layout) -> None:
    with RunLog.create(tmp_path / "run.h5", layout), pytest.raises(InputError, match="that no run is writing"):
        recover(tmp_path / "run.h5")
    assert open_run(tmp_path / "run.h5").status == "finished"


def test_a_full_disk_leaves_the_log_as_it_was(tmp_path: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    path = left_open(tmp_path / "run.h5", layout)
    before = path.read_bytes()
    monkeypatch.setattr(disk, "reserve", full)
    with pytest.raises(InputError, match=r"expected free disk space for .*, got 'No space left on device'"):
        recover(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["run.h5"]


def test_garbage_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.h5").write_bytes(b"garbage")
    with pytest.raises(InputError, match="check: signature"):
        recover(tmp_path / "run.h5")
