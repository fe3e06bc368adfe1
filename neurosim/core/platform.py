"""What the compiled loop asks of the processor and the operating system; no other module does.

Numba lacks these, so they are written as intrinsics, that is as the instructions of LLVM that each becomes:

    prefetch        a hint that a cache line will be read soon
    load_acquire    atomic read of an int64, before every access that follows it in the program
    store_release   atomic write of an int64, after every access that precedes it
    pause           tells the core that it spins (x86: pause, ARM: yield, elsewhere nothing)
    yield_cpu       lets another thread have the processor (sched_yield; nothing on Windows)
    cycles          a steady counter; only ratios of its differences mean something
"""

from __future__ import annotations

import os
import sys
import time
from functools import cache
from platform import machine
from typing import Any

from numba import types

from neurosim.core.jit import INT32, INT64, POINTER, VOID, Emitted, call, compiled, intrinsic

_X86 = machine().lower() in {"x86_64", "amd64", "i386", "i686"}
_ARM = machine().lower() in {"aarch64", "arm64"}
MEASURED_S = 0.002
_WORD = 8  # bytes of an int64, to which the atomics are aligned


def processors() -> int:
    """The number of processors that this process may use; 1 on Windows, where threads were never measured."""
    if sys.platform == "win32":
        return 1
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


@cache
def cycles_per_second() -> float:
    """The pace of `cycles`, measured for 2 ms."""
    count_cycles()  # which may have to be compiled first
    begun, first = time.perf_counter(), count_cycles()
    while (passed := time.perf_counter() - begun) < MEASURED_S:
        pass
    return float((count_cycles() - first) / passed)


@intrinsic
def prefetch(context: Any, array: Any, index: Any) -> Emitted:
    """Ask for the cache line of ``array[index]``, to read it soon."""

    def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = builder.bitcast(_place(target, builder, signature, values), POINTER)
        call(builder, "llvm.prefetch.p0", VOID, place, INT32(0), INT32(3), INT32(1))  # read, into all levels, data
        return target.get_dummy_value()

    return types.void(array, index), write


@intrinsic
def load_acquire(context: Any, array: Any, index: Any) -> Emitted:
    """``array[index]`` of an int64 array, read atomically with acquire order."""

    def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.load_atomic(_place(target, builder, signature, values), "acquire", _WORD)

    return array.dtype(array, index), write


@intrinsic
def store_release(context: Any, array: Any, index: Any, value: Any) -> Emitted:
    """Write ``array[index] = value`` of an int64 array atomically with release order."""

    def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        number = target.cast(builder, values[2], signature.args[2], signature.args[0].dtype)
        builder.store_atomic(number, _place(target, builder, signature, values), "release", _WORD)
        return target.get_dummy_value()

    return types.void(array, index, value), write


@intrinsic
def pause(context: Any) -> Emitted:
    """Tell the core that this thread spins."""

    def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        if _X86:
            call(builder, "llvm.x86.sse2.pause", VOID)
        elif _ARM:
            call(builder, "llvm.aarch64.hint", VOID, INT32(1))  # yield
        return target.get_dummy_value()

    return types.void(), write


@intrinsic
def yield_cpu(context: Any) -> Emitted:
    """Let another thread have the processor."""

    def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        if sys.platform != "win32":
            call(builder, "sched_yield", INT32)
        return target.get_dummy_value()

    return types.void(), write


@intrinsic
def cycles(context: Any) -> Emitted:
    """The steady counter (x86: time stamp counter; ARM: virtual counter)."""

    def write(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        # the cycle counter of ARM is closed to programs of users
        return call(builder, "llvm.readcyclecounter" if _X86 else "llvm.readsteadycounter", INT64)

    return types.int64(), write


@compiled
def count_cycles() -> Any:
    """`cycles`, for callers that are not compiled."""
    return cycles()


def _place(target: Any, builder: Any, signature: Any, values: Any) -> Any:
    """The address of element ``values[1]`` of the array ``values[0]``."""
    array = target.make_array(signature.args[0])(target, builder, values[0])
    return builder.gep(array.data, [target.cast(builder, values[1], signature.args[1], types.intp)])
