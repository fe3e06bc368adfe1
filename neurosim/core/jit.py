"""How kernels are compiled: without the interpreter's lock, IEEE arithmetic as written, cached on disk.

No fast-math, so that nothing is contracted or reordered: the bits are those of NumPy. The cache of a file is
renewed when that file changes, not when a function changes that it calls in another file: after editing a
function that other files call, touch them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def compiled(function: FunctionT) -> FunctionT:
    """``function`` compiled by Numba at its first call with each combination of argument types."""
    return cast(FunctionT, numba.njit(nogil=True, error_model="numpy", cache=True)(function))


def inlined(function: FunctionT) -> FunctionT:
    """``function`` for use in the innermost loops of compiled functions: pasted there before types are known."""
    return cast(FunctionT, numba.njit(nogil=True, error_model="numpy", inline="always")(function))


def sources_digest() -> str:
    """A hash of all that is compiled into the loop but stands in other files: Numba sees changes of a file only."""
    core = Path(__file__).parent
    engines = core.parent / "engines"
    files = [*core.glob("*.py"), *(engines / "layout").glob("*.py"), *(engines / "cpu").glob("*.py")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()[:32]
