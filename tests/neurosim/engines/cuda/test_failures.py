"""A GPU that fails in the middle of a run: one line, and what was recorded before is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import neurosim as ns
from neurosim.cli import bench
from neurosim.core.errors import DeviceError
from neurosim.datasets import load
from neurosim.neurons import LIF
from neurosim.runlog import info, open_run
from neurosim.simulation.network import Network
from tests.neurosim.engines.cuda.fake_cupy import CUDADriverError, Host

Install = Callable[[Host], Host]
LINE = "backend: the GPU failed: CUDARuntimeError: cudaErrorIllegalAddress: an illegal memory access"
KERNELS = 2  # in a step


def network() -> Network:
    net = Network(3)
    net.population("a", 40, LIF(i_ext=600.0), {"v": ns.Uniform(-65.0, -50.0)})
    net.record("a", "spikes")
    return net


def one_line_of(caught: pytest.ExceptionInfo[DeviceError]) -> str:
    assert isinstance(caught.value.__cause__, Exception)
    (line,) = str(caught.value).splitlines()
    return line


def test_the_log_of_a_run_on_it_is_valid_and_holds_the_slices_before(install: Install, tmp_path: Path) -> None:
    wanted = network().run(300.0, backend="reference").spikes("a").times
    host = install(Host())
    host.lasts = 2500 * KERNELS
    with pytest.raises(DeviceError) as caught:
        network().run(300.0, backend="cuda", log=tmp_path / "run.h5")
    assert one_line_of(caught).startswith(LINE)
    run = open_run(tmp_path / "run.h5")
    assert run.status == "failed"
    assert run.provenance["machine"]["device_reason"] == "chosen by the user"
    kept = np.sort(run.spikes("a").times)
    assert 0 < len(kept) < len(wanted)
    assert np.array_equal(kept, np.sort(wanted)[: len(kept)])


def test_what_is_in_memory_can_still_be_read_and_nothing_goes_on(install: Install) -> None:
    host = install(Host())
    simulation = network().compile(backend="cuda")
    simulation.run(20.0)
    before = len(simulation.spikes("a").times)
    host.lasts = len(host.ran) + 50
    for _ in range(2):
        with pytest.raises(DeviceError):
            simulation.run(20.0)
    assert len(simulation.spikes("a").times) == before > 0
    with pytest.raises(DeviceError):
        simulation.get("a", "v")


def test_a_study_on_it_ends_with_the_line_and_an_index_that_can_be_read(install: Install, tmp_path: Path) -> None:
    host = install(Host())
    host.lasts = 1000
    network, rule = "winner_take_all:cells=8:duration=20:strength=60", "stdp"
    with pytest.raises(DeviceError, match=LINE):
        ns.compare(rule, network, load("digits", limit=4), 1, 2, backend="cuda", log=tmp_path)
    assert info(tmp_path)["entries"] == []
    assert [open_run(log).status for log in tmp_path.glob("*.h5")] == ["failed"]


def test_machine_code_that_it_refuses_is_one_line(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    host = install(Host())

    def refuse(**options: object) -> None:
        raise CUDADriverError("CUDA_ERROR_INVALID_IMAGE: device kernel image is invalid")

    cupy = host.module()
    cupy.RawModule = refuse
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    with pytest.raises(
        DeviceError, match="the GPU failed: CUDADriverError: CUDA_ERROR_INVALID_IMAGE: device kernel image"
    ) as caught:
        network().compile(backend="cuda")
    assert one_line_of(caught)


def test_a_benchmark_on_it_prints_the_line(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install(Host()).lasts = 100
    assert bench.main(["cuba", "--backend", "cuda", "--scale", "0.1", "--seconds", "0.1", "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(LINE)
    assert printed.err.count("\n") == 1
