"""A study that was stopped goes on: what was finished is kept, and all is as if it had never been stopped."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.cli.command import main
from neurosim.core.errors import InputError
from neurosim.datasets import Dataset
from neurosim.rules import FeedbackAlignment
from neurosim.runlog import info, open_run
from neurosim.runlog.disk import held
from neurosim.study.progress import Progress

RULES = ("backprop", "feedback_alignment")
TIMED = {"wall_s", "training_s", "peak_rss_mb"}


def small(folder: Path, rules: Any = RULES, **options: Any) -> ns.Study:
    given: dict[str, Any] = {"epochs": 2, "seeds": 2, "limit": 200, "log": folder} | options
    return ns.compare(rules, **given)


class Told(Progress):
    """Keeps what is said of the cells, and stops the study in an epoch of the cell number ``last``."""

    def __init__(self, last: int | None = None) -> None:
        self.last, self.ends = last, list[str]()

    def epoch(self, n: int, loss: float, accuracy: float) -> None:
        if len(self.ends) == self.last:
            raise KeyboardInterrupt

    def end_run(self, summary: str) -> None:
        self.ends.append(summary)

    @property
    def kept(self) -> list[bool]:
        return [end.endswith("(kept)") for end in self.ends]


def stopped(folder: Path, last: int = 2, **options: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        small(folder, progress=Told(last), **options)


def resumed(folder: Path, **options: Any) -> tuple[ns.Study, Told]:
    told = Told()
    return small(folder, resume=True, progress=told, **options), told


def without_times(cells: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in cell.items() if key not in TIMED} for cell in cells]


def test_the_results_are_those_of_a_study_that_was_never_stopped(tmp_path: Path) -> None:
    stopped(tmp_path / "stopped")
    assert [open_run(log).status for log in sorted((tmp_path / "stopped").glob("*.h5"))].count("interrupted") == 1
    study, told = resumed(tmp_path / "stopped")
    assert told.kept == [True, True, False, False]
    whole = small(tmp_path / "whole")
    assert without_times(study.cells) == without_times(whole.cells)
    assert without_times(json.loads(study.json())) == without_times(json.loads(whole.json()))
    assert {open_run(log).status for log in study.logs} == {"finished"}
    assert info(study.folder)["entries"] == list(study.cells)
    assert study.report().exists()


def test_a_study_that_was_killed_goes_on(tmp_path: Path) -> None:
    code = f"import neurosim as ns; ns.compare({RULES}, epochs=2, seeds=[0, 1], limit=200, log={str(tmp_path)!r}"
    slow = "import neurosim.study.run, time; real = neurosim.study.run.log_epoch\n"
    slow += "neurosim.study.run.log_epoch = lambda log, epoch: (real(log, epoch), time.sleep(0.4 * epoch.number))\n"
    child = subprocess.Popen([sys.executable, "-c", f"{slow}{code})"])
    try:
        for _ in range(600):
            if len(list(tmp_path.glob("*.h5"))) == 2:
                break
            time.sleep(0.05)
    finally:
        child.kill()
        child.wait()
    study, told = resumed(tmp_path)
    assert told.kept == [True, False, False, False]
    assert {cell["status"] for cell in study.cells} == {"ok"}


def test_more_seeds_and_rules_are_added_to_what_is_there(tmp_path: Path) -> None:
    small(tmp_path)
    rules = (*RULES, "temporal_derivative")
    study, told = resumed(tmp_path, rules=rules, seeds=3)
    assert told.kept == [True, True, False, True, True, False, False, False, False]
    assert [(cell["rule"], cell["seed"]) for cell in study.cells] == [
        (rule, seed) for rule in rules for seed in range(3)
    ]


def other_settings(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"settings": {"rate": 0.02}}


def other_epochs(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"epochs": 3}


def candidates(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"tune": {"rate": [0.1, 0.2]}}


def other_versions(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    patch.setattr("neurosim.runlog.provenance.__version__", "999")
    return {}


def other_commit(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    patch.setattr("neurosim.runlog.provenance.git_state", lambda folder: {"commit": "f" * 40, "dirty": False})
    return {}


def other_data(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    return {"limit": 150}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (other_settings, "config.settings.rate"),
        (other_epochs, "config.settings.epochs 2"),
        (candidates, "config.tune.rate None"),
        (other_versions, "versions.neurosim"),
        (other_commit, "git.commit"),
        (other_data, "config.cell.n_train 200"),
    ],
)
def test_results_that_would_come_out_otherwise_today_are_neither_kept_nor_lost(
    change: Callable[[Path, pytest.MonkeyPatch], dict[str, Any]],
    place: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stopped(tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(InputError, match=rf"^resume: expected {re.escape(place)}.* as in .*, got .*overwrite"):
        resumed(tmp_path, **change(tmp_path, monkeypatch))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_rule_whose_file_has_changed_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = "from neurosim.rules import Backprop\n\n\nclass Mine(Backprop):\n    {}\n"
    monkeypatch.syspath_prepend(tmp_path)
    for text in ("pass", "x = 1"):
        (tmp_path / "mine_resumed.py").write_text(rule.format(text))
        sys.modules.pop("mine_resumed", None)
        importlib.invalidate_caches()
        if text == "pass":
            small(tmp_path / "logs", rules="mine_resumed:Mine")
            assert resumed(tmp_path / "logs", rules="mine_resumed:Mine")[1].kept == [True, True]
    with pytest.raises(InputError, match=r"^resume: expected sources\.rule '\w{64}' as in"):
        resumed(tmp_path / "logs", rules="mine_resumed:Mine")


def test_logs_that_are_lost_or_damaged_are_made_again(tmp_path: Path) -> None:
    study = small(tmp_path)
    study.logs[0].write_bytes(study.logs[0].read_bytes()[:100])
    study.logs[1].unlink()
    assert resumed(tmp_path)[1].kept == [False, False, True, True]


def test_a_cell_that_failed_runs_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(FeedbackAlignment, "local", lambda self, view: 1 // 0)
        assert [cell["status"] for cell in small(tmp_path).cells] == ["ok", "ok", "failed", "failed"]
    study, told = resumed(tmp_path)
    assert told.kept == [True, True, False, False]
    assert {cell["status"] for cell in study.cells} == {"ok"}


def test_a_study_that_is_stopped_twice_loses_nothing(tmp_path: Path) -> None:
    small(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        small(tmp_path, rules=("temporal_derivative", *RULES), resume=True, progress=Told(0))
    _, told = resumed(tmp_path, rules=("temporal_derivative", *RULES))
    assert told.kept == [False, False, True, True, True, True]


def dataset(seed: int) -> Dataset:
    """Data of no file."""
    x = np.random.default_rng(seed).random((40, 6)).astype(np.float32)
    y = np.arange(40) % 2
    return Dataset("mine", x, y, x, y, 2, "a test", {}, "none")


def test_other_arrays_of_the_same_name_are_other_data(tmp_path: Path) -> None:
    options = {"rules": "backprop", "limit": None, "network": "mlp:hidden=4"}
    small(tmp_path, data=dataset(1), **options)
    assert resumed(tmp_path, data=dataset(1), **options)[1].kept == [True, True]
    with pytest.raises(InputError, match=r"^resume: expected data\.sha256\.\w+ '\w{64}' as in"):
        resumed(tmp_path, data=dataset(2), **options)


def test_a_rule_that_was_typed_in_may_be_another_now(tmp_path: Path) -> None:
    module: Any = ModuleType("typed_in")
    exec("from neurosim.rules import Backprop\nclass Mine(Backprop):\n    pass", module.__dict__)
    sys.modules["typed_in"] = module
    try:
        small(tmp_path, rules="typed_in:Mine")
        with pytest.raises(InputError, match=r"^resume: expected a rule and a network from files, got typed_in:"):
            resumed(tmp_path, rules="typed_in:Mine")
    finally:
        del sys.modules["typed_in"]


def test_finished_logs_without_their_index_are_not_run_again_unasked(tmp_path: Path) -> None:
    small(tmp_path)
    (tmp_path / "index.json").unlink()
    with pytest.raises(InputError, match=r"^resume: expected index\.json beside the finished backprop_"):
        resumed(tmp_path)
    assert small(tmp_path, overwrite=True).cells


@pytest.mark.parametrize("options", [{"resume": True}, {"overwrite": True}])
def test_two_studies_do_not_run_in_one_folder(options: dict[str, bool], tmp_path: Path) -> None:
    small(tmp_path)
    before = (tmp_path / "index.json").read_bytes()
    with held(tmp_path), pytest.raises(InputError, match=r"^log: expected a folder in which no study runs"):
        small(tmp_path, **options)
    assert (tmp_path / "index.json").read_bytes() == before


def test_an_index_that_cannot_be_read_can_be_overwritten(tmp_path: Path) -> None:
    (tmp_path / "index.json").touch()
    assert [cell["status"] for cell in small(tmp_path, overwrite=True).cells] == 4 * ["ok"]


def test_results_of_other_cells_are_not_lost(tmp_path: Path) -> None:
    small(tmp_path)
    before = (tmp_path / "index.json").read_bytes()
    with pytest.raises(InputError, match=r"^resume: expected the study .*, got one without feedback_alignment_"):
        resumed(tmp_path, rules="backprop")
    assert (tmp_path / "index.json").read_bytes() == before


def test_where_no_study_is_it_begins(tmp_path: Path) -> None:
    _, told = resumed(tmp_path / "new", seeds=1)
    assert told.kept == [False, False]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"log": None}, "^resume: expected the folder"), ({"overwrite": True}, "^resume: expected resume or overwrite")],
)
def test_resuming_nothing_in_particular_is_refused(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        small(tmp_path / "none", resume=True, **options)
    assert not (tmp_path / "none").exists()


def test_the_command_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stopped(tmp_path, seeds=2)
    line = ["compare", "--rules", ",".join(RULES), "--epochs", "2", "--seeds", "2", "--limit", "200", "--resume"]
    assert main(line) == 2
    assert capsys.readouterr().err.startswith("resume: expected the folder of the interrupted study")
    assert main([*line, "--log", str(tmp_path)]) == 0
    shown = capsys.readouterr().err.splitlines()
    assert [text.endswith("(kept)") for text in shown] == [True, True, False, False]


def test_the_command_line_wins_over_a_file_that_says_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = tmp_path / "logs", tmp_path / "study.toml"
    file.write_text(f'[study]\nrules = ["backprop"]\nepochs = 1\nlimit = 100\nlog = "{folder}"\noverwrite = true\n')
    for arguments, kept in (([], False), (["--resume"], True), ([], False)):
        assert main(["run", str(file), *arguments]) == 0
        assert ("(kept)" in capsys.readouterr().err) == kept
