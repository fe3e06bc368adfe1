"""The script for a machine with a GPU: what it writes, and what it says where there is none."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from neurosim.core.errors import DeviceError
from neurosim.engines.engine import SignalState
from neurosim.engines.reference import ReferenceEngine
from neurosim.study.components import known
from tests.device_arrays import device_module
from tests.neurosim.engines.cuda.fake_cupy import Host
from tests.neurosim.engines.cuda_networks import competing, learning, sending
from tests.neurosim.engines.networks import plan_of

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
    monkeypatch.setattr(module, "outcomes", lambda names, _: (module.tried(part)[0] for part in module.parts()))
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
        script.Part("sends", partial(script.same_on_all_engines, lambda: plan_of(sending(6), 2))),
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
        "sends": "passed",
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
        def set_signal(self, number: int, signal: SignalState) -> None:
            super().set_signal(number, SignalState(0.0 * signal.values, signal.given))

    monkeypatch.setattr(script, "CudaEngine", Unrewarded)
    found = script.same_on_all_engines(lambda: plan_of(learning(5), 2))
    assert "Unrewarded: cells_to_cells" in found["differences"]


def test_states_that_are_sent_otherwise_are_named(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unbounded(ReferenceEngine):
        def saturations(self, projection: int) -> int:
            return 0

    monkeypatch.setattr(script, "CudaEngine", Unbounded)
    found = script.same_on_all_engines(lambda: plan_of(sending(6), 2))
    assert found["differences"] == ["Unbounded: back", "Unbounded: gap"]


WORKS = """
import json, os, sys, time
for k in range(int(sys.argv[1]), 8):
    if k == 1:
        print("half a line of a libr", flush=True)
    if k == 2:
        os.abort()
    if k == 4:
        break
    if k == 6:
        time.sleep(60)
    print("result: " + json.dumps({"part": k}), flush=True)
    if k == 3:  # the GPU failed
        break
"""


def test_a_process_that_dies_or_hangs_costs_its_part_alone(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # of what the fixture put in the place of processes
    monkeypatch.setattr(script, "worker", lambda first, spent_s: [sys.executable, "-c", WORKS, str(first)])
    monkeypatch.setattr(script, "LATEST_START_S", 4.0)
    monkeypatch.setattr(script, "LATEST_END_S", 5.0)
    found = list(script.outcomes(list("01234567"), time.perf_counter()))
    assert [each.get("part") for each in found] == [0, 1, None, 3, None, 5, None, None]
    assert found[2] == {"verdict": "failed", "error": f"the process ended with status {-signal.SIGABRT}"}
    assert found[4] == {"verdict": "failed", "error": "the process ended with status 0"}
    assert found[6] == {"verdict": "failed", "error": "given up after 5 s"}
    assert found[7]["verdict"] == "not run"


def test_what_comes_after_a_gpu_that_failed_is_for_another_process(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> dict[str, Any]:
        print("a library that talks")
        raise DeviceError("backend: the GPU failed")

    chosen = [script.Part("skipped", dict), script.Part("good", dict), script.Part("bad", fail), script.Part("x", dict)]
    monkeypatch.setattr(script, "parts", lambda: chosen)
    assert script.work(1, 0.0) == 0
    good, bad = (json.loads(line.removeprefix("result: ")) for line in capsys.readouterr().out.splitlines())
    assert good["verdict"] == "passed"
    assert (bad["verdict"], bad["error"]) == ("failed", "DeviceError: backend: the GPU failed")
    assert script.work(0, 481.0) == 0
    assert capsys.readouterr().out == ""


def test_the_process_of_the_parts_is_this_script(script: Any) -> None:
    blocked = "import sys, runpy; sys.modules['cupy'] = None; sys.argv = sys.argv[1:]; "
    run = blocked + "runpy.run_path(sys.argv[0], run_name='__main__')"
    last = len(script.parts()) - 2  # of compute-sanitizer
    _, *command = script.worker(last, 1.5)
    done = subprocess.run([sys.executable, "-c", run, *command], capture_output=True, text=True, env={"PATH": ""})
    found = [json.loads(line.removeprefix("result: ")) for line in done.stdout.splitlines()]
    assert [each["verdict"] for each in found] == ["not run", "not run"], done.stderr


TOOL = """#!/bin/sh
[ "$1 $3" = "--tool --error-exitcode" ] || exit 3
echo "looked by $2"
[ "$2" = memcheck ] && exit 0
[ "$2" = racecheck ] && exit "$4"
echo "$SAID"
exit 1
"""


def test_the_sanitizer_is_asked_where_there_is_one(
    script: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(script.shutil, "which", lambda *_, **__: None)
    assert script.tried(script.Part("none", partial(script.sanitized, "memcheck")))[0]["verdict"] == "not run"
    tool = tmp_path / "compute-sanitizer"
    tool.write_text(TOOL)
    tool.chmod(0o755)
    monkeypatch.setattr(script.shutil, "which", lambda *_, **__: str(tool))
    memory, races, barriers = script.TOOLS
    asked = (
        (memory, ""),
        (races, ""),
        (barriers, "ERROR SUMMARY: 3 errors"),
        (barriers, "Error: Device not supported"),
    )
    found = []
    for name, said in asked:
        monkeypatch.setenv("SAID", said)
        found.append(script.tried(script.Part("", partial(script.sanitized, name)))[0])
    assert [each["verdict"] for each in found] == ["passed", "failed", "failed", "not run"]
    assert [each["status"] for each in found] == [0, 99, 1, 1]
    assert found[0]["output"] == "looked by memcheck\n"


def test_the_sanitizer_sees_kernels_of_every_kind(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host = Host()
    monkeypatch.setitem(sys.modules, "cupy", host.module())
    assert script.under_sanitizer() == 0
    learning = {"on_pre_phase", "on_post_phase", "retire_spikes"}
    assert set(host.ran) >= {"deliver", "share", "update", "receive", "note", *learning}
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_layers_are_trained_on_the_gpu_and_torch_is_not_asked_where_it_sees_none(
    script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, traffic = device_module()
    monkeypatch.setitem(sys.modules, "cupy", module)
    found = script.bench_layers.measure("cuda", None, 0, 0.005)
    assert (found["backend"], found["images"]) == ("cuda", 300)
    assert found["loss"] == pytest.approx(script.bench_layers.measure("cpu", None, 0, 0.005)["loss"], rel=1e-5)
    assert traffic.down == 2  # of the warm-up and of the epoch
    monkeypatch.setitem(sys.modules, "torch", None)
    assert script.beside_torch() == {"absent": "PyTorch is not installed"}
    fake = SimpleNamespace(__version__="2.0", cuda=SimpleNamespace(is_available=lambda: False))
    monkeypatch.setitem(sys.modules, "torch", fake)
    assert script.beside_torch() == {"absent": "PyTorch 2.0 sees no GPU"}


def test_every_part_has_a_name_of_its_own(script: Any) -> None:
    names = [part.name for part in script.parts()]
    assert len(set(names)) == len(names)
    assert {name.partition(":")[0] for name in names} == {"equal", "timed", "sanitized"}


def test_every_published_network_is_compared(script: Any) -> None:
    assert {text.partition(":")[0] for text, _ in script.EQUAL} == set(known("spiking_networks"))
    nets = [script.published(text) for text, _ in script.EQUAL]
    assert all(net.populations for net in nets)


def test_it_needs_no_library_of_the_command_line_and_no_test_tool() -> None:
    absent = ("pydantic", "pooch", "typer", "rich", "matplotlib", "pytest", "torch", "cupy")
    blocked = f"import sys, runpy; sys.modules.update(dict.fromkeys({absent}))"
    run = f"{blocked}; sys.argv = [{str(SCRIPT)!r}]; runpy.run_path(sys.argv[0], run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("gpu: expected a usable GPU, got none: CuPy is not installed; ")
    assert "  equal: microcircuit, 1 s" in done.stdout.splitlines()


def test_without_the_compiler_of_cuda_it_says_so_in_one_line(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", Host(compiler=RuntimeError("no libnvrtc")).module())
    assert script.main() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("gpu: backend: expected NVRTC, the compiler of CUDA, got none (no libnvrtc); install")


def test_without_a_gpu_it_says_so_and_exits_with_2(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", Host(devices=0).module())
    assert script.main() == 2
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert line.startswith("gpu: expected a usable GPU, got none: the driver sees no GPU; check nvidia-smi")
    assert printed.out.splitlines()[0].startswith("nothing was run")
    assert printed.out.splitlines()[1:] == [f"  {part.name}" for part in script.parts()]
