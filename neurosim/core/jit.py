"""The ways in which we compile with Numba, all without the interpreter's lock and with IEEE arithmetic as written.

    compiled     a function of its own, cached on disk
    inlined      pasted into its callers
    disjoint     compiled, where no two array arguments share an element
    intrinsic    written as LLVM instructions, with `call` for functions of LLVM and of the C library

No fast-math, so that nothing is contracted or reordered: the bits are those of NumPy. The cache of a file is
renewed when that file changes, not when a function changes that it calls in another file: after editing a
function that other files call, touch them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils as untyped
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.extending import intrinsic as untyped_intrinsic

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
Emitted = tuple[Any, Any]  # the signature, and the function that writes the instructions

INT32, INT64, VOID = ir.IntType(32), ir.IntType(64), ir.VoidType()
POINTER = ir.IntType(8).as_pointer()
cgutils = cast(Any, untyped)
intrinsic = cast(Callable[[Callable[..., Emitted]], Callable[..., Any]], untyped_intrinsic)
"""Decorates a function of argument types, which returns the instructions of a call with such arguments."""


def compiled(function: FunctionT) -> FunctionT:
    """``function`` compiled by Numba at its first call with each combination of argument types."""
    return cast(FunctionT, numba.njit(nogil=True, error_model="numpy", cache=True)(function))


def inlined(function: FunctionT) -> FunctionT:
    """``function`` for use in the innermost loops of compiled functions: pasted there before types are known."""
    return cast(FunctionT, numba.njit(nogil=True, error_model="numpy", inline="always")(function))


class Disjoint(CompilerBase):
    """Numba's compiler with the flag that marks the data of array arguments as not aliased."""

    def define_pipelines(self) -> list[Any]:
        """The usual passes."""
        self.state.flags.noalias = True
        return [cast(Any, DefaultPassBuilder).define_nopython_pipeline(self.state)]


def disjoint(function: FunctionT) -> FunctionT:
    """``function`` compiled at its first call; no two of its array arguments may share an element.

    LLVM then needs neither checks for overlap at run time nor a second, scalar copy of the loop.
    """
    decorate = numba.njit(nogil=True, error_model="numpy", cache=True, pipeline_class=Disjoint)
    return cast(FunctionT, decorate(function))


def call(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """Write a call of the function ``name``, of LLVM or of the C library."""
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)
