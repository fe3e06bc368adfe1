"""How the innermost kernels are compiled: as `compiled`, and told that their array arguments do not overlap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core.compiler import CompilerBase, DefaultPassBuilder

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


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
