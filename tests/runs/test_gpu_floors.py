"""The parts of a step on a GPU, measured alone: what is measured happens, on the shim; the text compiles."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from runs.gpu_floors import floors, resident_microcircuit
from tests.neurosim.engines.cuda.compilers import assert_nvrtc_takes, by_nvcc
from tests.neurosim.engines.cuda.fake_cupy import Host

SOURCE = Path(__file__).resolve().parents[2] / "runs" / "gpu_floors.cu"
SMALL = {"slots": 1 << 13, "links": 1 << 14, "threads": 32, "rounds": 3, "hops": 50}


def measured(monkeypatch: pytest.MonkeyPatch, folder: Path, host: Host) -> dict[str, Any]:
    monkeypatch.setenv("NEUROSIM_CACHE", str(folder))
    monkeypatch.setitem(sys.modules, "cupy", host.module())
    return floors(**SMALL)


def test_every_addition_and_every_read_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    host = Host(processors=1)  # blocks of the shim run one after the other, and cannot meet
    found = measured(monkeypatch, tmp_path, host)
    assert found.pop("equal") is True
    assert found.pop("multiprocessors") == 1
    assert found.pop("threads") == 32
    assert found.pop("cooperative_in_graph") == "yes"
    assert found.pop("resident_microcircuit").keys() == {"step_us", "rtf"}
    assert set(found) == {
        "launch_us", "launch_in_graph_us", "counter_barrier_us", "mailbox_barrier_us", "add_integers_per_ns",
        "add_reals_per_ns", "add_in_block_per_ns", "read_memory_ns", "read_cache_ns",
    }  # fmt: skip
    assert host.replayed == 4 * 10 + 1


def test_a_graph_that_takes_no_cooperative_launch_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    host = Host(processors=1)
    host.captures_at_once = False
    found = measured(monkeypatch, tmp_path, host)
    assert found["equal"] is True
    assert found["cooperative_in_graph"] == "no: CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"


def test_a_resident_step_is_an_exchange_a_read_and_the_additions_of_the_microcircuit() -> None:
    per_ns, exchange_us, read_ns = 500.0, 1.25, 650.0
    found = resident_microcircuit(
        {"mailbox_barrier_us": exchange_us, "read_memory_ns": read_ns, "add_in_block_per_ns": per_ns}
    )
    second_ns = 1e4 * (1e3 * exchange_us + read_ns) + 0.967e9 / per_ns  # 10,000 steps, 0.967e9 events in a second
    assert found["rtf"] == pytest.approx(1e-9 * second_ns, abs=1e-6)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("atomicAdd(&f.slots[x & f.slot_mask], (int)f.one)", "f.slots[0] = 1"),
        ("atomicAdd(&f.reals[x & f.slot_mask], 1.0f)", "f.reals[0] = 1.0f"),
        ("hop < f.hops", "hop <= f.hops"),
        ("f.onward ? *f.seen : 0", "0"),
        ("round * (int)gridDim.x", "round * (int)gridDim.x + 1"),
    ],
)
def test_what_went_wrong_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: str, after: str) -> None:
    host = Host(processors=1)

    def planted(source: str) -> str:
        assert source.count(before) == 1
        return source.replace(before, after).replace("1 << 22", "1 << 4")

    host.edit = planted
    assert measured(monkeypatch, tmp_path, host)["equal"] is False


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
def test_nvcc_takes_the_text_without_a_warning(architecture: str, tmp_path: Path) -> None:
    printed = by_nvcc(SOURCE.read_text("utf-8"), tmp_path, "-cubin", f"-arch={architecture}")
    assert "warning" not in printed


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
def test_the_compiler_of_the_engine_takes_the_text_without_headers(architecture: str) -> None:
    assert_nvrtc_takes(SOURCE.read_text("utf-8"), architecture)
