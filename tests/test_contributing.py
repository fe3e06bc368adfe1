"""The rule that CONTRIBUTING.md shows runs as it stands, learns, and is found local; changed, it is not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from neurosim.cli import main

CONTRIBUTING = Path(__file__).resolve().parents[1] / "CONTRIBUTING.md"


def cell_of(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The cell of the rule ``code``, a file mine.py in ``folder``, trained on some digits."""
    (folder / "mine.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    words = "compare --rules mine.py:Direct --epochs 10 --seeds 1 --log logs --json cells.json"
    main([*words.split(), "--set", "rate=0.1"])
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    (cell,) = json.loads((folder / "cells.json").read_text())
    return dict(cell)


@pytest.fixture
def code() -> str:
    (block,) = CONTRIBUTING.read_text(encoding="utf-8").split("```python\n")[1:]
    return block.split("```")[0]


def test_the_rule_that_is_split_learns_and_is_found_local(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = cell_of(code, tmp_path, monkeypatch)
    assert (cell["status"], cell["rule"]) == ("ok", "mine:Direct")
    assert cell["test_accuracy"] > 0.8
    verdict = cell["locality"]
    assert (verdict["local"], verdict["leaks"], verdict["weight_transport"]) == (True, [], False)
    assert verdict["declared"]["feedback"] == ["error"]


def test_a_read_that_is_not_declared_ends_the_cell(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = code.replace('view.feedback["error"])', 'view.feedback["error"] * view.post["rate"])')
    assert greedy != code
    cell = cell_of(greedy, tmp_path, monkeypatch)
    assert cell["status"] == "failed"
    assert "Direct.local(hidden1).post: expected one of the declared variables (nothing), got 'rate'" in cell["error"]


def test_an_audit_finds_what_is_read_behind_the_view(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sneaky = code.replace(
        "        for layer in sweeps:\n",
        '        object.__setattr__(self, "seen", error)\n        for layer in sweeps:\n',
    ).replace('view.feedback["error"])', 'view.feedback["error"] + self.seen.mean())')
    assert sneaky.count("seen") == 2
    verdict = cell_of(sneaky, tmp_path, monkeypatch)["locality"]
    assert verdict["local"] is False
    assert "hidden1" in verdict["leaks"]
