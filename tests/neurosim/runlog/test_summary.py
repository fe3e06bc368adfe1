"""What `info` says of a log."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from neurosim.runlog.index import write_index
from neurosim.runlog.layout import Layout
from neurosim.runlog.summary import info
from neurosim.runlog.writer import RunLog


def test_info_is_plain_data_with_lengths_and_last_rows(tmp_path: Path, layout: Layout) -> None:
    path = tmp_path / "run.h5"
    with RunLog.create(path, layout) as log:
        log.append("metrics/epoch", step=[1, 2], loss=[0.5, 0.25], correct=[7, 8], phase=["train", "test"])
        log.spikes("exc", [1.0, 2.0, 3.0], [0, 0, 0])
    said = info(path)
    assert json.loads(json.dumps(said)) == said
    assert said["status"] == "finished"
    assert said["advice"] == ""
    assert [said[name] for name in ("rule", "network", "data", "seed")] == ["backprop", "mlp", "digits", 2**64 - 1]
    assert said["rows"]["metrics/epoch"] == 2
    assert said["rows"]["spikes/exc"] == 3
    assert said["last"] == {"metrics/epoch": {"step": 2, "loss": 0.25, "correct": 8, "phase": "test"}}
    assert said["size_bytes"] == path.stat().st_size


def test_a_live_log_is_running_and_one_left_by_a_kill_is_not_closed(tmp_path: Path, layout: Layout) -> None:
    with RunLog.create(tmp_path / "run.h5", layout):
        assert info(tmp_path / "run.h5")["status"] == "running"
        shutil.copy(tmp_path / "run.h5", tmp_path / "left.h5")
    said = info(tmp_path / "left.h5")
    assert said["status"] == "running (not closed)"
    assert said["advice"] == f"neurosim recover {tmp_path / 'left.h5'}"


def test_info_of_a_folder_shows_its_index(tmp_path: Path) -> None:
    write_index(tmp_path / "index.json", [{"rule": "stdp", "log": None}])
    assert info(tmp_path) == {"file": str(tmp_path), "entries": [{"rule": "stdp", "log": None}]}
