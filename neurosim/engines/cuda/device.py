"""The GPU as the engine sees it: is there one, its free memory, compiled kernels, launches, and graphs of launches.

NVRTC is called directly, since CuPy appends -ftz=true to the options of every text that it compiles itself: numbers
below the smallest normal one would differ from the CPU's. The text includes no header.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.arrays import cuda_problem, device_failure
from neurosim.core.errors import InputError
from neurosim.equations.print.modules import cache_folder

OPTIONS = ("--std=c++17", "--fmad=false", "--ftz=false", "--prec-div=true", "--prec-sqrt=true")

Launch = tuple[str, tuple[int, int], int]
"""Name of the kernel, blocks in x and y, threads in a block."""


def free_memory() -> int:
    """The bytes that are free on the GPU; InputError if there is none that can be used."""
    problem = cuda_problem()
    if problem is not None:
        raise InputError(f"backend: expected a usable GPU for 'cuda', got none: {problem}")
    import cupy

    return int(cupy.cuda.runtime.memGetInfo()[0] + cupy.get_default_memory_pool().free_bytes())


def gpu_facts() -> dict[str, Any]:
    """Name, memory and versions of the current GPU, which must be usable."""
    import cupy

    properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.runtime.getDevice())
    return {
        "name": properties["name"].decode(),
        "memory_bytes": int(properties["totalGlobalMem"]),
        "multiprocessors": int(properties["multiProcessorCount"]),
        "compute_capability": f"{properties['major']}.{properties['minor']}",
        "driver": cupy.cuda.runtime.driverGetVersion(),
        "runtime": cupy.cuda.runtime.runtimeGetVersion(),
    }


def nvrtc_version() -> tuple[int, ...]:
    """The version of NVRTC, CUDA's compiler; InputError where CuPy cannot find it."""
    import cupy

    try:
        return tuple(cupy.cuda.nvrtc.getVersion())
    except (RuntimeError, OSError) as error:  # of CuPy, which loads the library at the first call
        raise InputError(
            f"backend: expected NVRTC, the compiler of CUDA, got none ({' '.join(str(error).split())[:200]}); install "
            "the wheel that brings it: pip install 'neurosim-lab[cuda13]' or '[cuda12]'"
        ) from error


def compiles_for() -> tuple[int, ...]:
    """The compute capabilities that NVRTC knows, 90 for 9.0; see `nvrtc_version`."""
    import cupy

    nvrtc_version()
    return tuple(map(int, cupy.cuda.nvrtc.getSupportedArchs()))


def allocate_exactly() -> None:
    """From now on each array has memory of its own: the pool rounds up to 512 bytes, which hides small overruns."""
    import cupy

    cupy.cuda.set_allocator(None)


def check_memory(needed: int) -> None:
    """InputError if there is no GPU with ``needed`` bytes free."""
    free = free_memory()
    if needed > free:
        raise _out_of_memory(needed, free)


def _out_of_memory(needed: int, free: int) -> InputError:
    return InputError(
        f"backend: expected a network that fits into the {free} bytes free on the GPU, got one that needs {needed} "
        "bytes; use fewer synapses or samples, a smaller batch, or backend='cpu'"
    )


@contextmanager
def reported() -> Iterator[None]:
    """What CUDA reports inside becomes a DeviceError; a fault of a kernel shows at any later call."""
    try:
        yield
    except Exception as error:
        failure = device_failure(error)
        if failure is None:
            raise
        raise failure from error


@dataclass(frozen=True, eq=False)
class Copy:
    """A copy of rows on its way from the device."""

    _buffer: npt.NDArray[Any]
    _arrived: Any

    @reported()
    def values(self) -> npt.NDArray[Any]:
        """The rows, when they are there."""
        self._arrived.synchronize()
        return self._buffer


class Device:
    """Arrays and kernels on the current GPU; everything happens in order on one stream."""

    @reported()
    def __init__(self, source: str, arrays: Mapping[str, npt.NDArray[Any]], *, at_once: bool = False) -> None:
        """Copies of ``arrays`` and the compiled kernels of ``source``.

        ``at_once``: launches are cooperative, so that all blocks are on the device at once; where there is no space for
        so many, CuPy warns and launches fewer.
        """
        import cupy

        self._cupy = cupy
        self._stream = cupy.cuda.Stream(non_blocking=True)
        self._module = cupy.RawModule(path=str(_compiled(source)), enable_cooperative_groups=at_once)
        self._kernels: dict[str, Any] = {}
        self._arrays: dict[str, Any] = {}
        self.put(arrays)
        self.processors = int(gpu_facts()["multiprocessors"])

    @reported()
    def put(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Copy ``arrays`` to the device, in the place of those of the same names."""
        with self._stream:
            for name, array in arrays.items():
                self._arrays.pop(name, None)
                try:
                    self._arrays[name] = self._cupy.empty(array.shape, array.dtype)
                except MemoryError as error:
                    raise _out_of_memory(array.nbytes, free_memory()) from error
                if array.size:
                    self._arrays[name].set(np.ascontiguousarray(array))
            self._stream.synchronize()

    def addresses(self) -> dict[str, int]:
        """Where each array lies."""
        return {name: int(array.data.ptr) for name, array in self._arrays.items()}

    @reported()
    def read(self, name: str, first: int = 0, last: int | None = None) -> npt.NDArray[Any]:
        """A copy of the rows ``first`` .. ``last`` - 1 of an array."""
        with self._stream:
            return np.asarray(self._arrays[name][first:last].get())

    @reported()
    def copy(self, name: str, first: int = 0, last: int | None = None) -> Copy:
        """A copy as `read` makes it, on its way; what is launched later does not change it."""
        cuda = self._cupy.cuda
        with self._stream:
            source = self._arrays[name][first:last]
            memory = cuda.alloc_pinned_memory(source.nbytes)  # to any other, no copy is made in the background
            values = np.frombuffer(memory, source.dtype, source.size).reshape(source.shape)
            source.get(out=values, blocking=False)
            arrived = cuda.Event(disable_timing=True)
            arrived.record(self._stream)
        return Copy(values, arrived)

    @reported()
    def write(self, name: str, values: npt.NDArray[Any]) -> None:
        """Replace an array."""
        with self._stream:
            self._arrays[name].set(np.ascontiguousarray(values))
            self._stream.synchronize()

    @reported()
    def run(self, launches: Sequence[Launch], argument: npt.NDArray[Any], times: int) -> None:
        """Launch the kernels one after the other, ``times`` times; returns before they are done."""
        with self._stream:
            for _ in range(times):
                for name, blocks, threads in launches:
                    if name not in self._kernels:
                        self._kernels[name] = self._module.get_function(name)
                    self._kernels[name](blocks, (threads,), (argument,))

    @reported()
    def capture(self, launches: Sequence[Launch], argument: npt.NDArray[Any], times: int) -> Any:
        """The same as `run`, kept as a graph for `replay`; the kernels must have run before, and so been loaded."""
        with self._stream:
            self._stream.begin_capture()
            try:
                self.run(launches, argument, times)
            finally:
                graph = self._stream.end_capture()
        return graph

    @reported()
    def replay(self, graph: Any, times: int) -> None:
        """Launch a graph ``times`` times; returns before it is done."""
        for _ in range(times):
            graph.launch(self._stream)

    @reported()
    def wait(self) -> None:
        """Return when everything launched is done."""
        self._stream.synchronize()


def _compiled(source: str) -> Path:
    """The file with the machine code of ``source`` for the current GPU."""
    import cupy

    nvrtc = cupy.cuda.nvrtc
    options = (*OPTIONS, f"--gpu-architecture=sm_{gpu_facts()['compute_capability'].replace('.', '')}")
    key = hashlib.sha256("\n".join([source, *options, str(nvrtc_version())]).encode()).hexdigest()
    path = cache_folder() / f"neurosim_{key[:32]}.cubin"
    if path.is_file():
        return path
    program = nvrtc.createProgram(source, "neurosim.cu", (), ())
    try:
        nvrtc.compileProgram(program, options)
        code = nvrtc.getCUBIN(program) + b"\0"  # its last byte, always 0, which CuPy takes for the end of a text
    except nvrtc.NVRTCError as error:
        log = " ".join(nvrtc.getProgramLog(program).split())
        raise InputError(
            f"backend: expected NVRTC to compile the kernels, got {error}: {log[:300] or 'no message'}; install the "
            "wheel that fits the GPU: pip install 'neurosim-lab[cuda13]' or '[cuda12]'"
        ) from error
    finally:
        nvrtc.destroyProgram(program)
    return _kept(path, code)


def _kept(path: Path, code: bytes) -> Path:
    """``code`` in the file ``path``, or in a folder of this process alone where that cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    except OSError:
        path = Path(tempfile.mkdtemp(prefix="neurosim-")) / path.name
        descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(code)
    os.replace(temporary, path)  # whole or not at all, also with several processes
    return path
