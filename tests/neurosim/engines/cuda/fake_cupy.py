"""The few names of CuPy that the engine uses, on the CPU: kernels are compiled by g++ behind kernels/cuda/shim.cuh.

Launches wait in their stream until something needs their result, as on a device. What CuPy would refuse, is refused:
a kernel that is loaded within a capture, an argument that is not one element, memory beyond what is free.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pytest

import neurosim.engines.cuda

SHIM = Path(str(neurosim.engines.cuda.__file__)).parent / "shim.cuh"
ORDERS = ("forward", "reverse", "seeded")
_PLAIN = ("-std=c++17", "-O1", "-ffp-contract=off", "-fPIC", "-fno-strict-aliasing", "-Wno-unknown-pragmas")


class ShimFault(Exception):
    """What threads on a device must not do."""


class CUDARuntimeError(Exception):
    """What CuPy raises."""

    __module__ = "cupy_backends.cuda.api.runtime"


class CUDADriverError(Exception):
    """What CuPy raises at a launch."""

    __module__ = "cupy_backends.cuda.api.driver"


def compiled_on_host(source: str, watch: bool) -> bytes:
    """A shared library of the kernels in ``source``; with ``watch``, each access is looked at."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    (argument,) = set(re.findall(r"__global__ void .*\(const (\w+) \w+\)", source))
    text = f"{SHIM.read_text('utf-8')}\n{source}\nSHIM_EXPORTS({argument})\n"
    with tempfile.TemporaryDirectory() as folder:
        code, middle, library = (Path(folder, name) for name in ("kernels.cpp", "kernels.o", "kernels.so"))
        code.write_text(text, "utf-8")
        watching = ("-DSHIM_WATCH", "-fsanitize=thread") if watch else ()
        for command in (
            ["g++", *_PLAIN, *watching, "-c", str(code), "-o", str(middle)],
            ["g++", "-shared", str(middle), "-o", str(library)],
        ):
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        return library.read_bytes()


class Host:
    """A device with ``free`` bytes, whose threads and blocks run in ``order``; ``ran`` lists the kernels done."""

    def __init__(
        self,
        order: str = "forward",
        *,
        watch: bool = False,
        free: int = 1 << 33,
        devices: int = 1,
        processors: int = 2,
        driver: int = 13000,
        compiler: Exception | None = None,
    ) -> None:
        self.order, self.watch, self.free, self.devices = ORDERS.index(order), watch, free, devices
        self.processors, self.driver = processors, driver
        self.compiler = compiler  # what looking for it raises
        self.architectures = (75, 80, 90)
        self.captures_at_once = True  # cooperative launches, into graphs
        self.ran: list[str] = []
        self.asked = 0  # kernels, done or not
        self.waits: list[int] = []  # how many were asked for when the host waited
        self.replayed = 0
        self.edit: Callable[[str], str] | None = None
        self.lasts: int | None = None  # kernels that are done; the next one fails, and all that comes after it
        self.live: dict[int, int] = {}
        self.streams: list[Stream] = []

    def module(self) -> Any:
        """What stands for the module cupy."""
        nvrtc = SimpleNamespace(
            NVRTCError=RuntimeError,
            getVersion=self._version,
            getSupportedArchs=lambda: list(self.architectures),
            createProgram=lambda source, name, headers, names: [source, b""],
            compileProgram=self._compile,
            getCUBIN=lambda program: program[1][:-1],  # CuPy 14 takes the last byte for the end of a text
            getProgramLog=lambda program: "the log of the compiler",
            destroyProgram=lambda program: program.clear(),
        )
        runtime = SimpleNamespace(
            CUDARuntimeError=CUDARuntimeError,
            getDeviceCount=self._count,
            memGetInfo=lambda: (self.free, self.free),
            getDevice=lambda: 0,
            getDeviceProperties=lambda number: {
                "name": b"Host of the tests",
                "totalGlobalMem": self.free,
                "multiProcessorCount": self.processors,
                "major": 9,
                "minor": 0,
            },
            driverGetVersion=lambda: self.driver,
            runtimeGetVersion=lambda: 13000,
        )
        cuda = SimpleNamespace(
            nvrtc=nvrtc,
            runtime=runtime,
            Stream=lambda non_blocking: Stream(self),
            Event=lambda disable_timing: Event(),
            set_allocator=lambda allocator: None,
            alloc_pinned_memory=lambda size: bytearray(max(1, size)),
        )
        pool = SimpleNamespace(free_bytes=lambda: 0)
        return SimpleNamespace(
            cuda=cuda,
            RawModule=lambda path, enable_cooperative_groups: Module(self, path, enable_cooperative_groups),
            empty=self._empty,
            arange=np.arange,
            get_default_memory_pool=lambda: pool,
        )

    def finish(self) -> None:
        """Do everything that waits."""
        for stream in self.streams:
            stream.synchronize()

    def _version(self) -> tuple[Any, ...]:
        if self.compiler:
            raise self.compiler
        return "host", self.watch, self.edit

    def _count(self) -> int:
        if self.devices < 0:  # as CuPy 14.2 says it, with an old driver and with none
            raise CUDARuntimeError(
                "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime version"
            )
        return self.devices

    def _compile(self, program: list[Any], options: tuple[str, ...]) -> None:
        assert "--fmad=false" in options
        assert "--ftz=false" in options
        source = self.edit(program[0]) if self.edit else program[0]
        program[1] = compiled_on_host(source, self.watch)

    def _empty(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> DeviceArray:
        values = np.empty(shape, dtype)
        values.view(np.uint8)[...] = 0xA5
        if values.nbytes > self.free:
            raise MemoryError
        self.free -= values.nbytes
        self.live[values.ctypes.data] = values.ctypes.data + max(1, values.nbytes)
        return DeviceArray(self, values)


class DeviceArray:
    """An array that is only reached by copies."""

    def __init__(self, host: Host, values: npt.NDArray[Any]) -> None:
        self._host, self._values = host, values
        self.data = SimpleNamespace(ptr=values.ctypes.data)

    @property
    def nbytes(self) -> int:
        return self._values.nbytes

    @property
    def shape(self) -> tuple[int, ...]:
        return self._values.shape

    @property
    def size(self) -> int:
        return self._values.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._values.dtype

    def get(self, out: npt.NDArray[Any] | None = None, blocking: bool = True) -> npt.NDArray[Any]:
        if out is not None:
            assert not blocking
            assert (out.shape, out.dtype) == (self._values.shape, self._values.dtype)
            self._host.streams[-1].add(lambda: np.copyto(out, self._values))
            return out
        self._host.finish()
        return self._values.copy()

    def set(self, values: npt.NDArray[Any]) -> None:
        self._host.finish()
        assert (values.shape, values.dtype) == (self._values.shape, self._values.dtype)
        self._values[...] = values

    def __getitem__(self, rows: slice) -> DeviceArray:
        return DeviceArray(self._host, self._values[rows])


class Stream:
    """Launches in their order."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.waiting: list[Callable[[], None]] = []
        self.captured: list[Callable[[], None]] | None = None
        host.streams.append(self)

    def __enter__(self) -> Self:
        self.host.streams.append(self)  # the last is the current one
        return self

    def __exit__(self, *_: object) -> None:
        self.host.streams.pop()

    def add(self, work: Callable[[], None]) -> None:
        (self.waiting if self.captured is None else self.captured).append(work)

    def begin_capture(self) -> None:
        self.captured = []

    def end_capture(self) -> Any:
        works, self.captured = self.captured, None

        def launch(stream: Stream) -> None:
            assert works
            self.host.replayed += 1
            self.host.asked += len(works)
            stream.waiting += works

        return SimpleNamespace(launch=launch)

    def synchronize(self) -> None:
        self.work()

    def work(self, until: Callable[[], None] | None = None) -> None:
        assert self.captured is None
        self.host.waits.append(self.host.asked)
        while self.waiting:
            work = self.waiting[0]
            work()  # what fails stays, and fails again
            self.waiting.pop(0)
            if until is not None and work == until:
                return


class Event:
    """A place in the order of a stream, at which all that comes before is done when `synchronize` returns."""

    def record(self, stream: Stream) -> None:
        self._stream = stream
        self._passed = False
        stream.add(self._pass)

    def synchronize(self) -> None:
        if not self._passed:
            self._stream.work(until=self._pass)

    def _pass(self) -> None:
        self._passed = True


class Module:
    """A shared library of kernels."""

    def __init__(self, host: Host, path: str, at_once: bool) -> None:
        self._at_once = at_once
        self._host, self._library = host, ctypes.CDLL(path)
        self._library.shim_launch.restype = ctypes.c_char_p
        self._loaded: set[str] = set()

    def get_function(self, name: str) -> Callable[..., None]:
        function = ctypes.cast(self._library[name], ctypes.c_void_p)
        host, library = self._host, self._library

        def launch(blocks: tuple[int, int], threads: tuple[int], arguments: tuple[npt.NDArray[Any]]) -> None:
            stream = host.streams[-1]
            (argument,) = arguments
            assert argument.size == 1
            blocks = max(1, blocks[0]), max(1, blocks[1])  # as CuPy does
            if name not in self._loaded and stream.captured is not None:
                raise CUDARuntimeError("cudaErrorStreamCaptureUnsupported")
            self._loaded.add(name)
            host.asked += 1
            if self._at_once and stream.captured is not None and not host.captures_at_once:
                raise CUDADriverError("CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED")
            value = argument.copy()

            def run() -> None:
                if len(host.ran) == host.lasts:
                    raise CUDARuntimeError("cudaErrorIllegalAddress: an illegal memory access was encountered")
                library.shim_announce(ctypes.c_size_t(0), ctypes.c_size_t(0))
                for begin, end in host.live.items():
                    library.shim_announce(ctypes.c_size_t(begin), ctypes.c_size_t(end))
                seed = ctypes.c_ulonglong(len(host.ran))
                place = ctypes.c_void_p(value.ctypes.data)
                fault = library.shim_launch(function, place, *blocks, *threads, host.order, seed)
                if fault:
                    raise ShimFault(f"{name}: {fault.decode()}")
                host.ran.append(name)

            stream.add(run)

        return launch
