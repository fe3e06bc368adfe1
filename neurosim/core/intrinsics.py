"""How a function is declared that Numba replaces by instructions of LLVM written here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils as untyped
from numba.extending import intrinsic as untyped_intrinsic

cgutils = cast(Any, untyped)
INT32, INT64, VOID = ir.IntType(32), ir.IntType(64), ir.VoidType()
POINTER = ir.IntType(8).as_pointer()

Emitted = tuple[Any, Any]  # the signature, and the function that writes the instructions

intrinsic = cast(Callable[[Callable[..., Emitted]], Callable[..., Any]], untyped_intrinsic)
"""The function of argument types that it decorates says what a call with these arguments becomes."""


def call(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """Write a call of the function ``name``, of LLVM or of the C library."""
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)
