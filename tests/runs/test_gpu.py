"""The script for a machine with a GPU: what it writes, and what it says where there is none."""

from __future__ import annotations

import json
import sys
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from neurosim.kernels.reference import ReferenceEngine
from neurosim.kernels.table import Signal
from tests.neurosim.kernels.cpu.networks import plan_of
from tests.neurosim.kernels.cuda.fake_cupy import Host
from tests.neurosim.kernels.cuda.networks import competing, learning

SCRIPT = Path(__file__).resolve().parents[2] / "runs" / "gpu.py"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The script as a module that writes to a folder of the test."""
    spec = spec_from_file_location("runs_gpu", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module: Any = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "runs_gpu", module)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path / "cache"))
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "CpuEngine", ReferenceEngine)  # as compiling it again takes longer than the test
    monkeypatch.setattr(module, "SMALL_STEPS", 60)
    return module


def test_each_part_is_written_down_whatever_happened_to_the_others(
    script: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", Host().module())
    chosen = [
        script.Part("broken", lambda: 1 // 0),
        script.Part("different", lambda: {"equal": False}),
        script.Part("equal", partial(script.same_on_all_engines, lambda: plan_of(competing(5), 2))),
        script.Part("learns", partial(script.same_on_all_engines, lambda: plan_of(learning(5), 2))),
        script.Part("timed", partial(script.timed, partial(script.published, "cuba:scale=0.05"), 0.02)),
    ]
    monkeypatch.setattr(script, "parts", lambda: chosen)
    assert script.main() == 1
    written = json.loads((tmp_path / "runs" / "bench" / "results" / "host-of-the-tests.json").read_text())
    assert {name: part["verdict"] for name, part in written["results"].items()} == {
        "broken": "failed",
        "different": "failed",
        "equal": "passed",
        "learns": "passed",
        "timed": "passed",
    }
    assert written["results"]["equal"]["spikes"] > 100
    assert written["results"]["timed"]["us_per_step"] > 0
    assert written["gpu"]["compute_capability"] == "9.0"


def test_a_wrong_engine_is_named(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(ReferenceEngine):
        def advance(self, steps: int) -> None:
            super().advance(steps - 1)

    monkeypatch.setattr(script, "CudaEngine", Wrong)
    found = script.same_on_all_engines(lambda: plan_of(competing(5), 2))
    assert not found["equal"]
    assert found["differences"][0] == "Wrong: a"


def test_synapses_that_learn_something_else_are_named(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unrewarded(ReferenceEngine):
        def set_signal(self, number: int, signal: Signal) -> None:
            super().set_signal(number, Signal(0.0 * signal.values, signal.given))

    monkeypatch.setattr(script, "CudaEngine", Unrewarded)
    found = script.same_on_all_engines(lambda: plan_of(learning(5), 2))
    assert "Unrewarded: cells_to_cells" in found["differences"]


def test_what_would_begin_too_late_is_left_out(script: Any) -> None:
    assert script.tried(script.Part("late", dict), 481.0)["verdict"] == "not run"


def test_every_part_has_a_name_of_its_own(script: Any) -> None:
    names = [part.name for part in script.parts()]
    assert len(set(names)) == len(names)
    assert {name.partition(":")[0] for name in names} == {"equal", "timed"}


def test_without_a_gpu_it_says_so_and_exits_with_2(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", Host(devices=0).module())
    assert script.main() == 2
    printed = capsys.readouterr()
    assert printed.err == "gpu: expected a usable GPU, got none: the driver sees no GPU; check nvidia-smi\n"
    assert printed.out.splitlines()[0].startswith("nothing was run")
    assert printed.out.splitlines()[1:] == [f"  {part.name}" for part in script.parts()]
