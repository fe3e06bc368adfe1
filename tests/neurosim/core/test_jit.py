"""What compiled functions promise: the bits of NumPy, no lock of the interpreter, C functions at hand."""

from __future__ import annotations

import math
import re
from typing import Any

import numba
import numpy as np
import pytest
from llvmlite import ir  # type: ignore[import-untyped]

from neurosim.core.jit import call, compiled, disjoint, inlined, intrinsic


@compiled
def product_and_sum(a: Any, b: Any, c: Any) -> Any:
    return a * b + c


@compiled
def quotient(a: Any, b: Any) -> Any:
    return a / b


@inlined
def doubled(x: Any) -> Any:
    return 2 * x


@compiled
def doubled_twice(x: Any) -> Any:
    return doubled(doubled(x))


@disjoint
def add_apart(out: Any, x: Any) -> None:
    for i in range(len(out)):
        out[i] = out[i] + x[i]


@compiled
def add_anyhow(out: Any, x: Any) -> None:
    for i in range(len(out)):
        out[i] = out[i] + x[i]


@intrinsic
def square_root(context: Any, x: Any) -> Any:
    def emit(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return call(builder, "llvm.sqrt.f64", ir.DoubleType(), *arguments)

    return numba.float64(numba.float64), emit


@numba.njit(nogil=True)  # compiled anew: no change of `call` hides behind the disk
def square_roots(x: Any) -> Any:
    return square_root(x)


KINDS = (product_and_sum, doubled, add_apart)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_and_sums_are_each_rounded_as_in_numpy(dtype: Any) -> None:
    # (1 + e)^2 - (1 + 2e) is e^2, which a contracted multiply-add keeps and two roundings lose
    one_and = np.nextafter(dtype(1), dtype(2))
    assert product_and_sum(one_and, one_and, -(one_and * one_and)) == 0
    draw = np.random.default_rng(0).normal(size=(3, 200)).astype(dtype)
    assert [product_and_sum(*each) for each in draw.T] == (draw[0] * draw[1] + draw[2]).tolist()


def test_divisions_by_zero_are_those_of_ieee_and_not_of_python() -> None:
    assert quotient(1.0, 0.0) == math.inf
    assert math.isnan(quotient(0.0, 0.0))


def test_a_function_pasted_into_another_computes_what_it_says() -> None:
    assert doubled_twice(3.0) == 12.0
    options: Any = doubled
    assert options.targetoptions["inline"] == "always"


def test_only_disjoint_arrays_are_marked_as_not_aliased() -> None:
    x = np.arange(4.0)
    marked, functions = [], list[Any]((add_apart, add_anyhow))
    for function in functions:
        out = np.ones(4)
        function(out, x)
        assert out.tolist() == [1.0, 2.0, 3.0, 4.0]
        fresh = numba.njit(pipeline_class=function._compiler.pipeline_class)(function.py_func)  # not from the disk
        fresh(out, x)
        text = next(iter(fresh.inspect_llvm().values()))
        definition = re.search(rf"define [^\n]*{function.__name__}[^\n(]*\(([^\n]*)\)", text)
        assert definition is not None
        marked.append("noalias" in ",".join(definition[1].split(",")[2:]))  # past those for result and error
    assert marked == [True, False]


def test_an_intrinsic_calls_functions_of_llvm() -> None:
    x = np.random.default_rng(1).uniform(0, 9, 50)
    assert [square_roots(each) for each in x] == np.sqrt(x).tolist()


@pytest.mark.parametrize("function", KINDS, ids=lambda each: each.__name__)
def test_none_keeps_the_lock_of_the_interpreter_or_uses_fast_math(function: Any) -> None:
    assert function.targetoptions["nogil"]
    assert not function.targetoptions.get("fastmath")
