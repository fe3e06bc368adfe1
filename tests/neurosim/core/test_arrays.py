"""The door between NumPy and CuPy. Where there is no GPU a stand-in named cupy plays its part."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from neurosim.core.arrays import BACKENDS, cuda_problem, device_failure, namespace, resolve_backend, to_host
from neurosim.core.errors import InputError


class CUDARuntimeError(RuntimeError):
    """What cupy raises when the driver is missing."""


def stand_in(devices: int | Exception, driver: int = 13000) -> ModuleType:
    """A module like cupy 14 for CUDA 13 on a machine with that many GPUs, or whose ``driver`` raises that error."""

    def get_device_count() -> int:
        if isinstance(devices, Exception):
            raise devices
        return devices

    module: Any = ModuleType("cupy")
    runtime = SimpleNamespace(
        getDeviceCount=get_device_count,
        CUDARuntimeError=CUDARuntimeError,
        driverGetVersion=lambda: driver,
        runtimeGetVersion=lambda: 13000,
    )
    module.cuda = SimpleNamespace(runtime=runtime)
    return module  # type: ignore[no-any-return]


def gpu_array(values: list[float]) -> Any:
    """An object that looks like a cupy array: its class lives in cupy, and `get` copies it to the host."""
    kind = type("ndarray", (), {"__module__": "cupy._core.core", "get": lambda self: np.array(values)})
    return kind()


def test_an_array_knows_its_module(xp: ModuleType, dtype: np.dtype[Any]) -> None:
    assert namespace(xp.zeros(3, dtype)) is xp


def test_an_array_comes_to_the_host_with_its_values_and_type(xp: ModuleType, dtype: np.dtype[Any]) -> None:
    moved = to_host(xp.arange(3, dtype=dtype))
    assert isinstance(moved, np.ndarray)
    assert moved.dtype == dtype
    assert moved.tolist() == [0, 1, 2]


def test_a_host_array_is_not_copied() -> None:
    array = np.zeros(3)
    assert to_host(array) is array


def test_a_gpu_array_leads_to_cupy_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    cupy = stand_in(1)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    assert namespace(gpu_array([1.0])) is cupy
    assert to_host(gpu_array([1.0, 2.0])).tolist() == [1.0, 2.0]


INSUFFICIENT = CUDARuntimeError("cudaErrorInsufficientDriver:\nCUDA driver version is insufficient")


@pytest.mark.parametrize(
    ("devices", "driver", "named"),
    [
        (None, 0, "CuPy is not installed; install the wheel for your driver: pip install 'neurosim-lab"),
        (0, 13000, "no GPU; check nvidia-smi"),
        (CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected"), 13000, "no GPU; check nvidia-smi"),
        (INSUFFICIENT, 0, "there is none: install it, and check nvidia-smi"),
        (INSUFFICIENT, 12090, "it knows CUDA 12.9, this CuPy needs 13.0: update the driver or install a wheel for an"),
        (CUDARuntimeError("cudaErrorUnknown"), 13020, "(cudaErrorUnknown); update the driver"),
    ],
)
def test_cuda_without_a_gpu_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, devices: int | Exception | None, driver: int, named: str
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None if devices is None else stand_in(devices, driver))
    with pytest.raises(InputError, match="backend: expected a usable GPU") as caught:
        resolve_backend("cuda")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cupy_that_cannot_be_imported_is_not_called_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cupy.py").write_text("import a_library_of_cupy")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    problem = str(cuda_problem())
    assert problem.startswith("CuPy cannot be imported (No module named 'a_library_of_cupy'); install the wheel")


def test_cuda_with_a_gpu_computes_on_cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    cupy = stand_in(1)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    assert cuda_problem() is None
    assert resolve_backend("cuda").xp is cupy


@pytest.mark.parametrize(
    ("asked", "devices", "name", "reason"),
    [
        ("auto", None, "cpu", "no GPU: CuPy is not installed; "),
        ("auto", 1, "cpu", "layers were never timed on a GPU"),
        ("cpu", 1, "cpu", "chosen by the user"),
        ("reference", 1, "reference", "chosen by the user"),
    ],
)
def test_every_other_backend_computes_on_numpy_and_says_why(
    asked: str, devices: int | None, name: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None if devices is None else stand_in(devices))
    backend = resolve_backend(asked)
    assert (backend.name, backend.xp) == (name, np)
    assert backend.reason.startswith(reason)


def test_an_unknown_backend_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="did you mean 'cuda'") as caught:
        resolve_backend("cudda")
    assert all(name in str(caught.value) for name in BACKENDS)


class OfCuBLAS(RuntimeError):
    __module__ = "cupy_backends.cuda.libs.cublas"


class OutOfMemoryError(MemoryError):
    __module__ = "cupy.cuda.memory"


class CompileException(Exception):
    __module__ = "cupy.cuda.compiler"


class NVRTCError(RuntimeError):
    __module__ = "cupy_backends.cuda.libs.nvrtc"


def test_what_cupy_reports_of_the_gpu_is_one_line() -> None:
    failure = device_failure(OfCuBLAS("CUBLAS_STATUS_EXECUTION_FAILED:\nno reason"))
    assert str(failure).startswith(
        "backend: the GPU failed: OfCuBLAS: CUBLAS_STATUS_EXECUTION_FAILED: no reason; results logged"
    )


@pytest.mark.parametrize(
    "error",
    [
        ValueError("shapes"),
        RuntimeError("cudaErrorUnknown"),
        OutOfMemoryError("7 GiB"),
        CompileException(),
        NVRTCError(),
    ],
)
def test_what_is_not_the_gpu_s_stays_what_it_is(error: Exception) -> None:
    assert device_failure(error) is None
