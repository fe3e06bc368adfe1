"""The log of a run holds what its result says, and fits its capacity."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import neurosim
import neurosim as ns
from neurosim.runlog import recover
from tests.neurosim.study.studies import small

SCHEMA = Path(neurosim.__file__).with_name("study") / "cell.schema.json"


def test_the_log_holds_what_the_cell_says(study: ns.Study) -> None:
    for cell, path in zip(study.cells, study.logs, strict=True):
        run = ns.open_run(path)
        epochs, confusion = run.table("metrics/epoch"), run.array("metrics/test/confusion")
        assert run.status == "finished"
        assert epochs["step"].tolist() == [1, 2]
        assert epochs["synops"][-1] == cell["synops_training"]["total"]
        assert np.all(np.diff(epochs["synops"]) > 0)
        assert confusion.sum() == 449
        assert np.trace(confusion) / 449 == cell["test_accuracy"]
        assert run.table("metrics/alignment")["step"].tolist() == [0, 1, 2]
        assert run.table("metrics/alignment")["hidden1"][1:].tolist() == cell["alignment"]["hidden1"]
        bench = run.table("metrics/neurobench")
        assert bench["ClassificationAccuracy"][0] == cell["test_accuracy"]
        assert bench["Effective_MACs"][0] == cell["synops_inference"]["macs"]
        assert bench["Dense"][0] == 64 * 128 + 128 * 10
        assert bench["ParameterCount"][0] == 64 * 128 + 128 + 128 * 10 + 10
        assert run.config["cell"]["rule"] == cell["rule"]


def test_a_result_of_many_epochs_fits_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosim.study.log.RESULT_BYTES", 2**12)  # less than 13 bytes an epoch
    study = small(["backprop"], tmp_path / "long", data="xor", epochs=320, limit=None)
    assert study.cells[0]["status"] == "ok"
    assert len(study.cells[0]["alignment"]["output"]) == 320


def test_what_the_operations_served_is_told_and_adds_up(tmp_path: Path) -> None:
    study = small("backprop", tmp_path, network="mlp:hidden=20:activation=tanh", settings={"batch": 50})
    (cost,) = (cell["synops_training"] for cell in study.cells)
    assert cost["total"] == cost["macs"] + cost["acs"] == sum(cost["purposes"].values())
    inputs = np.count_nonzero(ns.load("digits", limit=200).x_train)
    hidden, classes, samples = 20, 10, 200  # tanh units are never zero
    assert cost["purposes"] == {
        "forward": 2 * (inputs * hidden + samples * hidden * classes),
        "feedback": 2 * samples * hidden * classes,
        "settling": 0,
        "plasticity": 2 * (inputs * hidden + samples * hidden * classes),
    }
    table = ns.open_run(study.logs[0]).table("metrics/synops")
    assert {name: values[-1] for name, values in table.items() if name != "step"} == cost["purposes"]
    assert (2 * table["feedback"][0], table["step"].tolist()) == (table["feedback"][1], [1, 2])


def test_a_study_that_was_killed_can_be_recovered(tmp_path: Path) -> None:
    code = f"import neurosim as ns; ns.compare('backprop', epochs=100000, seeds=1, log={str(tmp_path / 'killed')!r})"
    child = subprocess.Popen([sys.executable, "-c", code])
    try:
        for _ in range(600):
            logs = list((tmp_path / "killed").glob("*.h5"))
            if logs and len(ns.open_run(logs[0]).table("metrics/epoch")["step"]) > 3:
                break
            time.sleep(0.05)
    finally:
        child.kill()
        child.wait()
    recover(logs[0])
    run = ns.open_run(logs[0])
    assert run.status == "recovered"
    assert len(run.table("metrics/epoch")["step"]) > 3
