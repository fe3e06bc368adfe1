"""The commands compare and run: what reaches a study, what is printed, and what is refused in one line."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.cli.command import main
from neurosim.datasets import Dataset
from tests.neurosim.cli.command_line import Capture, refused


@dataclass
class FakeStudy:
    """A study that was not run: it remembers what was asked, and its results are fixed."""

    asked: dict[str, Any] = field(default_factory=dict)
    status: str = "ok"

    def compare(self, **options: Any) -> FakeStudy:
        self.asked = options
        Path(options["log"]).mkdir(parents=True)
        return self

    @property
    def cells(self) -> list[dict[str, Any]]:
        return [{"rule": "backprop", "status": self.status}]

    def table(self) -> str:
        return "THE TABLE"

    def report(self, path: str | None) -> Path:
        return Path(path or self.asked["log"] / "report.html")

    def json(self) -> str:
        return json.dumps(self.cells)

    def write_json(self, path: str) -> None:
        Path(path).write_text(self.json())


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeStudy:
    """In place of the real one; default folders lie below a temporary directory."""
    fake = FakeStudy()
    monkeypatch.setattr("neurosim.study.comparison.compare", fake.compare)
    monkeypatch.chdir(tmp_path)
    return fake


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--rules bakprop", ["rules: expected one of", "did you mean 'backprop'?"]),
        ("--rules backprop:rate=1", ["rules.backprop: expected no options, got 'rate'"]),
        ("--rules temporal_derivative:fedback=random", ["did you mean 'feedback'?"]),
        ("--rules temporal_derivative:feedback=rnd", ["temporal_derivative.feedback: expected one of", "'rnd'"]),
        ("--rules backprop,backprop", ["rules: expected different rules"]),
        ("--rules ,", ["study.rules: expected a list that is not empty"]),
        ("--rules nowhere.rules:Mine", ["expected a module that can be imported"]),
        ("", ["compare.rules: expected --rules or --config, got neither", "backprop"]),
        ("--rules backprop --network mpl", ["networks: expected one of", "did you mean 'mlp'?"]),
        ("--rules backprop --network mlp:hidden=0", ["networks.mlp.hidden: expected sizes >= 1"]),
        ("--rules backprop --network cnn --data xor", ["cnn", "shape (2,)"]),
        ("--rules backprop --data digist", ["data: expected one of", "did you mean 'digits'?"]),
        ("--rules backprop --data fashion-mnist --data-path nowhere", ["fashion-mnist.path: expected a folder"]),
        ("--rules backprop --epochs 0", ["study.epochs: expected a number >= 1, got 0"]),
        ("--rules backprop --epochs -3", ["study.epochs: expected a number >= 1, got -3"]),
        ("--rules backprop --epochs ten", ["--epochs", "neurosim compare --help"]),
        ("--rules backprop --seeds 0", ["study.seeds: expected a number of seeds >= 1"]),
        ("--rules backprop --seeds -1", ["study.seeds: expected a number of seeds >= 1"]),
        ("--rules backprop --seeds three", ["seeds: expected a number of seeds", "got 'three'"]),
        ("--rules backprop --seeds 1,1", ["expected a number of seeds >= 1 or a list of different seeds"]),
        ("--rules backprop --limit 0", ["study.limit: expected a number >= 1"]),
        ("--rules backprop --backend gpu", ["study.backend: expected one of auto, cpu, cuda, reference"]),
        ("--rules backprop --set rate=fast", ["settings.rate: expected a number, got 'fast'"]),
        ("--rules backprop --set rate=nan", ["settings.rate: expected a finite number, got nan"]),
        ("--rules backprop --set rte=0.1", ["settings: expected one of", "did you mean 'rate'?"]),
        ("--rules backprop --set rate", ["set: expected key=value, got 'rate'"]),
        ("--rules backprop --tune rate", ["tune: expected key=value, got 'rate'"]),
        ("--rules backprop --tune rate=0.1,fast", ["tune.rate: expected a number, got 'fast'"]),
        ("--rules backprop --tune rte=0.1", ["tune: expected one of", "did you mean 'rate'?"]),
        ("--rules backprop --config nowhere.toml", ["nowhere.toml: expected a readable TOML file"]),
        ("--rules backprop --log file/deeper", ["log: expected", "file/deeper"]),
        ("--rules backprop --report file/deeper.html", ["report: expected a file that can be written", "inside"]),
        ("--rules backprop --json .", ["json: expected a file that can be written", "a folder"]),
        ("--rulse backprop", ["No such option: --rulse", "neurosim compare --help"]),
    ],
)
def test_a_comparison_that_cannot_run_is_refused_before_it_writes_anything(
    line: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("no folder")
    answer = refused(capsys, "compare", *line.split())
    assert [word for word in words if word not in answer] == []
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_cuda_without_a_gpu_names_the_wheel(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    answer = refused(capsys, "compare", "--rules", "backprop", "--backend", "cuda")
    assert "backend: expected a usable GPU" in answer
    assert "pip install 'neurosim-lab[" in answer


def test_a_data_set_that_is_not_here_names_three_ways_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)
    for name, value in {"HOME": tmp_path, "NEUROSIM_CACHE": tmp_path, "NEUROSIM_OFFLINE": 1}.items():
        monkeypatch.setenv(name, str(value))
    answer = refused(capsys, "compare", "--rules", "backprop", "--data", "mnist")
    assert [way for way in ("neurosim data fetch mnist", "NEUROSIM_DATA", "copy ") if way not in answer] == []


def test_a_value_in_the_data_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def load(name: str, **_: Any) -> Dataset:
        x, y = np.zeros((4, 2), np.float32), np.array([0, 1, 1, 0])
        x[2, 1] = np.nan
        return Dataset(name, x, y, x.copy(), y, 2, "a test", {}, "none")

    monkeypatch.setattr("neurosim.study.comparison.load", load)
    assert "finite" in refused(capsys, "compare", "--rules", "backprop", "--data", "xor")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[study]\nrules = backprop", ["study.toml: expected a readable TOML file", "line 2"]),
        ('[study]\nrules = ["backprop"]\nepocs = 3', ["study.toml: study: expected one of", "did you mean 'epochs'?"]),
        ('[study]\nrules = ["backprop"]\nepochs = "3"', ["study.epochs: expected a whole number, got '3'"]),
        ('[study]\nrules = ["bakprop"]', ["did you mean 'backprop'?"]),
    ],
)
def test_a_wrong_study_file_is_refused(text: str, words: list[str], tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "study.toml").write_text(text)
    answer = refused(capsys, "run", tmp_path / "study.toml")
    assert [word for word in words if word not in answer] == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path, capsys: Capture) -> None:
    tmp_path.chmod(0o500)
    assert "log: expected" in refused(capsys, "compare", "--rules", "backprop", "--log", tmp_path / "log")


def test_a_report_that_may_not_be_written_is_refused_before_the_work(
    study: FakeStudy, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert "without write permission" in refused(capsys, "compare", "--rules", "backprop", "--report", "page.html")
    assert study.asked == {}


def test_the_options_reach_the_study(study: FakeStudy, capsys: Capture) -> None:
    line = "compare --rules a:b=c:d=e,f --network mlp:hidden=8x4 --data xor --epochs 7 --seeds 2 --backend cpu --log l"
    line += " --limit 5 --data-path p --set rate=0.5 --set schedule=step --set clip_norm=none --overwrite"
    line += " --tune l2=0,0.1 --tune schedule=step,cosine"
    assert main(line.split()) == 0
    asked = study.asked
    assert (asked["rules"], asked["network"], asked["data"]) == (["a:b=c:d=e", "f"], "mlp:hidden=8x4", "xor")
    assert (asked["epochs"], asked["seeds"], asked["backend"], asked["log"]) == (7, [0, 1], "cpu", Path("l"))
    assert (asked["limit"], asked["data_path"], asked["overwrite"]) == (5, "p", True)
    assert asked["settings"] == {"rate": 0.5, "schedule": "step", "clip_norm": "none"}
    assert asked["tune"] == {"l2": [0, 0.1], "schedule": ["step", "cosine"]}


def test_the_table_comes_on_stdout_with_the_log_and_the_report(study: FakeStudy, capsys: Capture) -> None:
    assert main(["compare", "--rules", "backprop", "--log", "here"]) == 0
    report = Path("here") / "report.html"
    assert capsys.readouterr().out.splitlines() == ["THE TABLE", "log: here", f"report: {report}"]


def test_json_on_stdout_is_alone_there(study: FakeStudy, capsys: Capture) -> None:
    assert main(["compare", "--rules", "backprop", "--json", "-"]) == 0
    answer = capsys.readouterr()
    assert json.loads(answer.out) == study.cells
    assert "THE TABLE" in answer.err


def test_json_goes_to_the_file(study: FakeStudy, capsys: Capture) -> None:
    assert main(["compare", "--rules", "backprop", "--json", "cells.json"]) == 0
    assert json.loads(Path("cells.json").read_text()) == study.cells
    assert "json: cells.json" in capsys.readouterr().out


def test_the_command_line_wins_over_the_file(study: FakeStudy) -> None:
    text = (
        '[study]\nrules = ["a"]\nepochs = 9\nseeds = 4\nlog = "x"\n[settings]\nrate = 0.1\nl2 = 0.2\n[tune]\nl2 = [1.0]'
    )
    Path("study.toml").write_text(text)
    assert main(["run", "study.toml", "--epochs", "2", "--seeds", "3,8", "--log", "y"]) == 0
    asked = study.asked
    assert (asked["rules"], asked["epochs"], asked["seeds"], asked["log"]) == (["a"], 2, [3, 8], Path("y"))
    assert main(["compare", "--config", "study.toml", "--rules", "b", "--set", "rate=0.3"]) == 0
    asked = study.asked
    assert (asked["rules"], asked["epochs"], asked["log"]) == (["b"], 9, Path("x"))
    assert (asked["settings"], asked["tune"]) == ({"rate": 0.3, "l2": 0.2}, {"l2": [1.0]})


def test_a_study_without_any_result_exits_with_1(study: FakeStudy) -> None:
    study.status = "failed"
    assert main(["compare", "--rules", "backprop"]) == 1


def test_an_interrupted_study_says_where_its_log_is(
    study: FakeStudy, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def stop(*_: Any, **options: Any) -> None:
        Path(options["log"]).mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr("neurosim.study.comparison.compare", stop)
    assert main(["compare", "--rules", "backprop", "--log", "mine"]) == 130
    assert capsys.readouterr().err == "interrupted; the log so far: mine; to go on, add --log mine --resume\n"


def test_a_rule_in_a_file_of_the_working_directory_is_found(tmp_path: Path) -> None:
    text = "from neurosim.rules.backprop import Backprop\n\n\nclass Mine(Backprop):\n    pass\n"
    (tmp_path / "my_own_rule.py").write_text(text)
    script = "import sys; sys.path.remove(''); from neurosim.cli.command import main; sys.exit(main(sys.argv[1:]))"
    words = ["compare", "--rules", "my_own_rule:Mine", "--network", "mlp:hidden=0"]  # refused after the rule was found
    done = subprocess.run([sys.executable, "-c", script, *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr.startswith("networks.mlp.hidden: expected")


@pytest.mark.parametrize("debug", [False, True])
def test_debug_shows_the_traceback_of_a_cell_that_failed(
    debug: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def broken(self: Any, *_: Any) -> None:
        raise KeyError("nothing")

    monkeypatch.setattr("neurosim.rules.Backprop.direction", broken)
    line = f"compare --rules backprop --data xor --epochs 1 --seeds 1 --log {tmp_path / 'log'}" + " --debug" * debug
    assert main(line.split()) == 1
    told = capsys.readouterr().err
    assert told.count("Traceback (most recent call last)") == told.count("in broken\n") == debug
    assert logging.getLogger("neurosim").handlers == []


def test_a_small_comparison_leaves_logs_a_report_and_json(tmp_path: Path, capsys: Capture) -> None:
    log = tmp_path / "log"
    line = f"compare --rules backprop,temporal_derivative --data xor --epochs 2 --seeds 2 --log {log} --json -"
    assert main(line.split()) == 0
    cells = json.loads(capsys.readouterr().out)
    assert [(cell["rule"], cell["seed"], cell["status"]) for cell in cells] == [
        (rule, seed, "ok") for rule in ("backprop", "temporal_derivative") for seed in (0, 1)
    ]
    assert "temporal_derivative" in (log / "report.html").read_text("utf-8")
    logs = [log / cell["log"] for cell in cells]
    assert main(["info", str(logs[0])]) == 0
    assert "rule: backprop" in capsys.readouterr().out
    assert main(["info", str(log)]) == 0
    lines = [line.partition(": test accuracy ")[0] for line in capsys.readouterr().out.splitlines()]
    assert lines == [f"{cell['rule']} mlp:hidden=4 xor seed {cell['seed']}" for cell in cells]
    assert main(["info", str(log), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["entries"]) == 4
    assert main(["recover", str(logs[0])]) == 0
    assert main(["report", str(log), "-o", str(tmp_path / "page.html")]) == 0
    assert "backprop" in (tmp_path / "page.html").read_text("utf-8")
    capsys.readouterr()
    assert "log: expected a folder without a study" in refused(capsys, *line.split())
    assert main([*line.split(), "--overwrite"]) == 0
