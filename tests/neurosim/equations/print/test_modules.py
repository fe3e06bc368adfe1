"""A generated module is written once, whole, and compiled once: a second process loads the machine code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from neurosim.equations.print.modules import cache_folder, load_module

ROOT = Path(__file__).resolve().parents[4]
SCRIPT = """
import numpy as np
from neurosim.equations import compile_model, load_update
from neurosim.neurons import LIF
model = compile_model(LIF(), 0.1)
update = load_update(model, "numba")
n = 8
update(np.zeros((2, n), np.float32), np.zeros((1, n), np.int32), np.ones(1, np.float32), model.scalars(),
       model.arrays(n), np.zeros((0, n), np.float32), np.zeros(n, np.uint16), np.zeros(n, np.uint8))
print(sum(update.stats.cache_hits.values()), sum(update.stats.cache_misses.values()))
"""


def hits_and_misses(folder: Path) -> list[int]:
    environment = {**os.environ, "NEUROSIM_CACHE": str(folder)}
    run = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return [int(word) for word in run.stdout.split()]


def test_a_second_process_compiles_nothing(tmp_path: Path) -> None:
    assert hits_and_misses(tmp_path) == [0, 1]
    assert hits_and_misses(tmp_path) == [1, 0]


def test_a_module_is_loaded_once_and_named_by_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path))
    first = load_module(f"answer = 41  # {tmp_path.name}\n")
    assert load_module(f"answer = 41  # {tmp_path.name}\n") is first
    second = load_module(f"answer = 42  # {tmp_path.name}\n")
    assert (first.answer, second.answer) == (41, 42)
    assert first.__name__ != second.__name__
    assert {path.stem for path in (tmp_path / "compiled").iterdir() if path.suffix} == {first.__name__, second.__name__}


def test_a_damaged_file_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path))
    source = f"answer = 43  # {tmp_path.name}\n"
    module = load_module(source)
    path = tmp_path / "compiled" / f"{module.__name__}.py"
    path.write_text("answer = ")
    monkeypatch.delitem(sys.modules, module.__name__)
    assert load_module(source).answer == 43
    assert path.read_text() == source


def test_a_module_that_fails_leaves_no_half_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path))
    before = set(sys.modules)
    with pytest.raises(ZeroDivisionError):
        load_module("1 / 0\n")
    assert not [name for name in set(sys.modules) - before if name.startswith("neurosim_generated")]


def test_a_folder_that_cannot_be_written_is_replaced_by_a_private_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    module = load_module(f"answer = 44  # {tmp_path.name}\n")
    assert module.answer == 44
    assert Path(str(module.__file__)).parent.parent == tmp_path


def test_the_folder_is_the_user_s_unless_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEUROSIM_CACHE", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "neurosim" / "compiled"
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own" / "compiled"
