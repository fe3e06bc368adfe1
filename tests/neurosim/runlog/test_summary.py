"""What `info` says of a log."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from neurosim.cli.command import main
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
    assert said["config"] == {"network": {"name": "é", "sizes": [4, 3]}}
    assert said["provenance"]["git"] == {"commit": "abc", "dirty": True}
    assert said["size_bytes"] == path.stat().st_size


def test_a_live_log_is_running_and_one_left_by_a_kill_is_not_closed(tmp_path: Path, layout: Layout) -> None:
    with RunLog.create(tmp_path / "run.h5", layout):
        assert info(tmp_path / "run.h5")["status"] == "running"
        shutil.copy(tmp_path / "run.h5", tmp_path / "left.h5")
    said = info(tmp_path / "left.h5")
    assert said["status"] == "running (not closed)"
    assert said["provenance"]["wall_s"] is None
    assert said["advice"] == f"neurosim recover {tmp_path / 'left.h5'}"


def test_a_log_without_a_rule_does_not_speak_of_one(tmp_path: Path, layout: Layout) -> None:
    RunLog.create(tmp_path / "run.h5", replace(layout, attributes={"seed": 1, "dt": 0.1})).close()
    said = info(tmp_path / "run.h5")
    assert {"rule", "network", "data"} & said.keys() == set()
    assert (said["seed"], said["attributes"]["dt"]) == (1, 0.1)


def test_the_command_prints_a_line_for_each_entry_of_an_index(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = {"rule": "stdp", "network": "mlp", "data": "xor", "seed": 3, "log": None}
    write_index(tmp_path / "index.json", [{**cell, "status": "failed", "error": "loss: nan"}, {"log": "part.h5"}])
    assert main(["info", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "stdp mlp xor seed 3: failed: loss: nan\npart.h5\n"


def test_info_of_a_folder_shows_its_index(tmp_path: Path) -> None:
    write_index(tmp_path / "index.json", [{"rule": "stdp", "log": None}])
    assert info(tmp_path) == {"file": str(tmp_path), "entries": [{"rule": "stdp", "log": None}]}
