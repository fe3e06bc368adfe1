"""NumPy or CuPy behind one door: which module an array belongs to, and the way to the host and back.

Only this module and engines/cuda import cupy. Code takes the array module from the arrays it is given
(`namespace`), never from a global setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import DeviceError, InputError, one_line, one_of

Array: TypeAlias = npt.NDArray[Any]
"""A NumPy array, or a CuPy array, which has the same methods."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""How many threads NumPy's products use, by environment variable: stands here since `platform` would load Numba."""

BACKENDS = ("auto", "reference", "cpu", "cuda")
_NO_GPU = "the driver sees no GPU; check nvidia-smi, and CUDA_VISIBLE_DEVICES"
_WHEEL = "install the wheel for your driver: pip install 'neurosim-lab[cuda13]' or '[cuda12]'"


@dataclass(frozen=True)
class Backend:
    """Where a run computes: its ``name``, its array module ``xp`` and why it was chosen."""

    name: str
    xp: ModuleType
    reason: str


def check_backend_name(owner: str, name: str) -> None:
    """InputError unless ``name`` is one of `BACKENDS`."""
    if name not in BACKENDS:
        raise one_of(owner, name, BACKENDS, meant="cuda" if name == "gpu" else None)


def namespace(array: Array) -> ModuleType:
    """The module that ``array`` belongs to: numpy, or cupy for a GPU array.

    >>> namespace(np.zeros(3)).__name__
    'numpy'
    """
    if type(array).__module__.partition(".")[0] == "cupy":
        import cupy

        return cupy  # type: ignore[no-any-return]
    return np


def to_host(array: Array) -> npt.NDArray[Any]:
    """``array`` as a NumPy array; a GPU array is copied, a NumPy array is returned as it is."""
    if namespace(array) is np:
        return array
    on_device: Any = array
    return on_device.get()  # type: ignore[no-any-return]


def cuda_problem() -> str | None:
    """Why the GPU cannot be used, in one clause that names the remedy; None if it can."""
    try:
        import cupy
    except ImportError as error:
        absent = isinstance(error, ModuleNotFoundError) and error.name == "cupy"
        return f"CuPy {'is not installed' if absent else f'cannot be imported ({_line(error)})'}; {_WHEEL}"
    runtime = cupy.cuda.runtime
    try:
        count = runtime.getDeviceCount()
    except runtime.CUDARuntimeError as error:
        if "cudaErrorNoDevice" in str(error):
            return _NO_GPU
        return f"no usable NVIDIA driver ({_line(error)}); {_driver_problem(runtime)}"
    return None if count else _NO_GPU


def device_failure(error: BaseException) -> DeviceError | None:
    """What CUDA, or a library of it, reported through CuPy, as an error of one line; None for any other error.

    What CuPy itself raises, a MemoryError where the device is full, a kernel that does not compile, stays what it is.
    """
    kind = type(error)
    if not kind.__module__.startswith("cupy_backends.") or kind.__name__ == "NVRTCError":
        return None
    return DeviceError(
        f"backend: the GPU failed: {kind.__name__}: {_line(error)}; results logged so far are kept; start a new "
        "process, and see `neurosim doctor`, or use backend='cpu'"
    )


def cuda_version(number: int) -> str:
    """A version of CUDA as it is written, from the number that its functions return.

    >>> cuda_version(12090)
    '12.9'
    """
    return f"{number // 1000}.{number % 1000 // 10}"


def _line(error: BaseException) -> str:
    return one_line(error)[:200]


def _driver_problem(runtime: Any) -> str:
    """What is wrong with the driver, which CUDA calls version 0 where there is none, and the remedy."""
    driver, needed = runtime.driverGetVersion(), runtime.runtimeGetVersion()
    if not driver:
        return "there is none: install it, and check nvidia-smi"
    if driver // 1000 < needed // 1000:
        known = f"it knows CUDA {cuda_version(driver)}, this CuPy needs {cuda_version(needed)}"
        return f"{known}: update the driver or install a wheel for an older CUDA: pip install 'neurosim-lab[cuda12]'"
    return "update the driver, and check nvidia-smi"


def resolve_backend(name: str) -> Backend:
    """The backend called ``name`` (auto, reference, cpu, cuda).

    Layered networks compute the same on ``reference`` and ``cpu``: NumPy with its BLAS. ``auto`` stays there
    as long as no figure measured on a GPU says that the networks at hand would gain.

    Raises:
        InputError: an unknown name, or ``cuda`` without a usable GPU.
    """
    check_backend_name("backend", name)
    if name in ("reference", "cpu"):
        return Backend(name, np, "chosen by the user")
    problem = cuda_problem()
    if name == "auto":
        return Backend("cpu", np, f"no GPU: {problem}" if problem else "layers were never timed on a GPU")
    if problem is not None:
        raise InputError(f"backend: expected a usable GPU for 'cuda', got none: {problem}")
    import cupy

    return Backend("cuda", cupy, "chosen by the user")


Shape: TypeAlias = tuple[int, ...]


Params: TypeAlias = dict[str, Array]
"""A named tree, kept flat: "hidden.w" -> array."""
