"""What the script that counts calls takes for a file, a call and a crossing, and when it says that targets are met."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from runs.call_paths import TARGETS, Counter, judged, table

INNER = """
import re

class Box:
    size = 1

def twice(x):
    return 2 * x

def numbers():
    yield 1

def replaced(text, function):
    return re.sub(".", function, text)
"""
OUTER = """
import re

import counted_inner as inner

def work():
    return [inner.twice(n) for n in inner.numbers()]

def replaced_here(text):
    return re.sub(".", lambda found: "", text)

def replaced_there(text):
    return inner.replaced(text, lambda found: "")

def recursive(n):
    return n and recursive(n - 1)
"""


@pytest.fixture
def outer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of ours, which calls another one."""
    (tmp_path / "counted_inner.py").write_text(INNER, encoding="utf-8")
    (tmp_path / "counted_outer.py").write_text(OUTER, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield import_module("counted_outer")
    for name in ("counted_outer", "counted_inner"):
        sys.modules.pop(name, None)


def counted(work: Any, folder: Path) -> tuple[int, ...]:
    with Counter(folder) as counter:
        work()
    return tuple(counter.counts.values())


def test_a_call_into_another_file_is_a_crossing_and_so_is_the_first(outer: Any, tmp_path: Path) -> None:
    assert counted(outer.work, tmp_path)[0] == 2
    resumed = 2  # the generator: its number, its end
    own = 2 if sys.version_info < (3, 12) else 1  # a comprehension is a call of its own until 3.11
    assert counted(outer.work, tmp_path)[1:] == (own + resumed + 1, 1 + resumed + 1)


def test_calls_within_a_file_cross_nothing(outer: Any, tmp_path: Path) -> None:
    assert counted(lambda: outer.recursive(3), tmp_path) == (1, 4, 1)


def test_a_call_by_way_of_a_library_comes_from_the_nearest_caller_of_ours(outer: Any, tmp_path: Path) -> None:
    assert counted(lambda: outer.replaced_here("ab"), tmp_path) == (1, 3, 1)
    assert counted(lambda: outer.replaced_there("ab"), tmp_path) == (2, 4, 4)


def test_a_module_that_is_loaded_counts_but_the_body_of_its_class_does_not(outer: Any, tmp_path: Path) -> None:
    del sys.modules["counted_inner"]
    assert counted(lambda: import_module("counted_inner"), tmp_path) == (1, 1, 1)


def test_what_others_do_is_not_counted(outer: Any, tmp_path: Path) -> None:
    assert counted(outer.work, tmp_path / "elsewhere") == (0, 0, 0)


def met() -> dict[str, dict[str, Any]]:
    counts: dict[str, dict[str, Any]] = {path: target._asdict() for path, target in TARGETS.items()}
    counts["compare"] |= {"modules_loaded": 60, "spiking_modules": ["neurosim.neurons"]}  # imported before
    counts["compare_cold"] = {**counts["compare"], "spiking_modules": []}
    return counts


def test_targets_are_met_up_to_their_value() -> None:
    assert [row["ok"] for row in judged(met())] == [True] * len(TARGETS)


@pytest.mark.parametrize("path", TARGETS)
@pytest.mark.parametrize("name", ["files", "calls", "crossings"])
def test_one_too_many_is_told(path: str, name: str) -> None:
    counts = met()
    counts[path][name] += 1
    rows = judged(counts)
    assert [row["path"] for row in rows if not row["ok"]] == [path]
    assert [line.split()[0] for line in table(rows).splitlines() if line.endswith("no")] == [path]


def test_a_study_that_loads_spiking_code_has_not_met_its_target() -> None:
    counts = met()
    counts["compare_cold"]["spiking_modules"] = ["neurosim.equations"]
    assert [row["path"] for row in judged(counts) if not row["ok"]] == ["compare"]
