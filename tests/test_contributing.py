"""The rule that CONTRIBUTING.md shows runs as it stands, learns, and is found local; changed, it is not."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest

import neurosim as ns
from neurosim.cli.command import main
from neurosim.neurons import LIF
from neurosim.rules import PairSTDP

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
        "        for layer in passes:\n",
        '        object.__setattr__(self, "seen", error)\n        for layer in passes:\n',
    ).replace('view.feedback["error"])', 'view.feedback["error"] + self.seen.mean())')
    assert sneaky.count("seen") == 2
    verdict = cell_of(sneaky, tmp_path, monkeypatch)["locality"]
    assert verdict["local"] is False
    assert "hidden1" in verdict["leaks"]


def told(table: str) -> list[tuple[list[str], list[str]]]:
    """The paths of each row of a table in CONTRIBUTING.md, and the names that it gives to what they hold."""
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return [(re.findall(r"`([^`]+)`", paths), re.findall(r"`(\w+)`", said)) for paths, said in rows]


def test_what_a_log_holds_is_there(tmp_path: Path) -> None:
    section = CONTRIBUTING.read_text("utf-8").split("## What a log holds\n")[1].split("\n## ")[0]
    of_cell, of_simulation = section.split("and of a simulation:")
    study = ns.compare("backprop", epochs=1, seeds=1, limit=100, log=tmp_path / "study")
    net = ns.Network(1)
    net.population("POPULATION", 3, ns.Poisson(20.0))
    net.population("cells", 2, LIF())
    net.connect("POPULATION", "cells", ns.AllToAll(), weight=1.0, rule=PairSTDP(w_max=2.0), name="synapses")
    net.record("POPULATION", "spikes")
    net.record("POPULATION", "rate", every=1.0)
    net.record("synapses", "w", every=1.0)
    net.run(5.0, log=tmp_path / "run.h5")
    names = {"GROUP": "hidden1", "POPULATION.VARIABLE": "synapses.w"}
    for table, log in ((of_cell, study.logs[0]), (of_simulation, tmp_path / "run.h5")):
        rows = told(table)
        assert len(rows) > 3
        with h5py.File(log) as file:
            for paths, words in rows:
                places = [file["/".join(names.get(part, part) for part in path.split("/"))] for path in paths]
                held = {name for place in places if isinstance(place, h5py.Group) for name in place}
                assert set(words) <= held
