"""The README's Python examples run as they stand, only smaller."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_library_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = README.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    smaller = code.replace("epochs=10", "epochs=1").replace("seeds=3", "seeds=1")
    assert smaller != code
    monkeypatch.chdir(tmp_path)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(compile(smaller, "README.md", "exec"), {})
    assert "temporal_derivative:feedback=random" in shown.getvalue()
    assert "(64, 256)" in shown.getvalue()
    assert (tmp_path / "rules.html").stat().st_size > 10_000


def test_the_rule_of_ones_own_runs_from_the_command_line(tmp_path: Path) -> None:
    code = README.read_text(encoding="utf-8").split("```python\n")[2].split("```")[0]
    (tmp_path / "mine.py").write_text(code)
    command = ["-m", "neurosim", "compare", "--rules", "backprop,mine:SignOnly:size=0.02", "--epochs", "2"]
    small = ["--seeds", "1", "--limit", "200", "--log", "logs", "--json", "cells.json"]
    environment = {**os.environ, "PYTHONPATH": str(README.parent)}
    done = subprocess.run(
        [sys.executable, *command, *small], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    cells = json.loads((tmp_path / "cells.json").read_text())
    assert [cell["status"] for cell in cells] == ["ok", "ok"]
    assert cells[1]["rule"] == "mine:SignOnly:size=0.02"
    assert cells[0]["weights_sha256"] != cells[1]["weights_sha256"]


def test_the_spiking_network_runs_at_the_rate_of_the_benchmark_it_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = README.read_text(encoding="utf-8").split("```python\n")[3].split("```")[0]
    monkeypatch.chdir(tmp_path)
    seen: dict[str, Any] = {}
    exec(compile(code.replace("500.0", "300.0"), "README.md", "exec"), seen)
    late = seen["times"] > 100.0
    assert 4.0 < late.sum() / 3200 / 0.2 < 8.0  # Hz; Brette et al. (2007), benchmark 2, fires at 5 to 6
    assert (tmp_path / "raster.png").stat().st_size > 10_000


def test_the_rule_of_synapses_changes_their_weights() -> None:
    code = README.read_text(encoding="utf-8").split("```python\n")[4].split("```")[0]
    seen: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), seen)
    weights = seen["run"].get(seen["learned"], "w")
    assert weights.min() >= 0.0
    assert weights.max() <= 800.0
    assert weights.std() > 1.0
