"""The script that compares results before and after a change: a difference that is planted is told, and only that."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from runs import same_bits

Run = Callable[..., tuple[int, str]]
LISTED = "\n\n".join(f"{name}: What it is.\n    option=1  (number)" for name in (
    "backprop", "diehl_cook", "feedback_alignment", "stdp", "temporal_derivative", "temporal_derivative_spiking",
))  # fmt: skip


def answered(root: Path) -> Callable[..., str]:
    """A command that runs nothing, and answers as the real one."""

    def command(*words: str) -> str:
        if words[:2] == ("neurosim", "list"):
            return LISTED
        if words[0] == "neurosim.bench":
            return json.dumps({**dict.fromkeys(same_bits.OF_BENCH, 1), "spike_hash": words[1], "sim_s": 0.1})
        rules = words[words.index("--rules") + 1].split(",")
        return json.dumps([{"rule": rule, "seed": 0, "weights_sha256": rule, "wall_s": 0.1} for rule in rules])

    return command


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The script, its exit status and what it prints."""
    monkeypatch.setattr(same_bits, "command_of", answered)

    def script(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["same_bits.py", *words])
        status = same_bits.main()
        return status, capsys.readouterr().out

    return script


def test_the_same_results_differ_in_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    file.write_text(run()[1], encoding="utf-8")
    status, printed = run("--compare", str(file))
    assert status == 0
    assert printed.startswith("0 differences in ")


def plant_hash(found: dict[str, Any]) -> None:
    found["spikes"]["cuba threads=2"]["spike_hash"] = "planted"


def plant_weights(found: dict[str, Any]) -> None:
    found["weights"]["mlp: backprop seed 0"]["weights_sha256"] = "planted"


def plant_new(found: dict[str, Any]) -> None:
    del found["weights"]["cnn: backprop seed 0"]


def plant_lost(found: dict[str, Any]) -> None:
    found["weights"]["cnn: backprop seed 1"] = {}


@pytest.mark.parametrize(
    ("plant", "line"),
    [
        (plant_hash, 'spikes / cuba threads=2 / spike_hash: "planted" before, "cuba" now'),
        (plant_weights, 'weights / mlp: backprop seed 0 / weights_sha256: "planted" before, "backprop" now'),
        (plant_new, "weights / cnn: backprop seed 0: not there before"),
        (plant_lost, "weights / cnn: backprop seed 1: no longer there"),
    ],
)
def test_a_planted_difference_is_told(
    run: Run, tmp_path: Path, plant: Callable[[dict[str, Any]], None], line: str
) -> None:
    file, found = tmp_path / "before.json", json.loads(run()[1])
    planted = deepcopy(found)
    plant(planted)
    file.write_text(json.dumps(planted), encoding="utf-8")
    status, printed = run("--compare", str(file))
    assert status == 1
    assert printed.splitlines()[0] == line
    assert printed.splitlines()[1].startswith("1 differences in ")


def test_a_part_is_compared_alone(run: Run, tmp_path: Path) -> None:
    file, found = tmp_path / "before.json", json.loads(run()[1])
    plant_hash(found)
    file.write_text(json.dumps(found), encoding="utf-8")
    assert run("--part", "weights", "--compare", str(file))[0] == 0
    assert run("--part", "spikes", "--compare", str(file))[0] == 1
    assert set(json.loads(run("--part", "weights")[1])) == {"weights"}


def test_times_are_no_results(run: Run) -> None:
    text = run()[1]
    assert "wall_s" not in text
    assert "sim_s" not in text


def test_a_rule_that_no_study_trains_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {name: study for name, study in same_bits.STUDIES.items() if name != "diehl_cook"}
    monkeypatch.setattr(same_bits, "STUDIES", rest)
    with pytest.raises(SystemExit, match="studies: expected one of each rule"):
        run("--part", "weights")


def test_numbers_that_differ_in_the_last_bit_are_told() -> None:
    assert same_bits.differences({"x": 0.1}, {"x": 0.1 + 2**-56}) != []
    assert same_bits.differences({"x": float("nan")}, {"x": float("nan")}) == []
