"""The CUDA text compiled by g++ as a shared library, with the few names of CUDA defined; no contraction."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from neurosim.equations import CompiledModel
from tests.neurosim.equations.alone import Alone

SHIM = """
#include <cmath>
#include <cstddef>
#include <cstring>
#define __device__
#define __forceinline__ inline
template <typename To, typename From> static inline To moved(From from)
{
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}
static inline int __float_as_int(float v) { return moved<int>(v); }
static inline float __int_as_float(int v) { return moved<float>(v); }
static inline long long __double_as_longlong(double v) { return moved<long long>(v); }
static inline double __longlong_as_double(long long v) { return moved<double>(v); }
"""
_STEP = """
extern "C" void step_{name}(int n, {real} *x, int *slot, {real} *scale, {real} *c, {real} *a, {real} *z,
                            unsigned short *ref, unsigned char *mask)
{{
    {real} shared[{shared} + 1] = {{}};
    {prologue}
    for (int k = n - 1; k >= 0; --k)
        model_{name}::update_neuron(k, n, x, slot, scale, c, a, z, shared, ref, mask);
}}
"""


def real(model: CompiledModel) -> str:
    """The C type of the model's precision."""
    return "float" if model.precision == "float32" else "double"


def host_steps(models: Iterable[CompiledModel], folder: Path) -> Callable[[Alone], None]:
    """A function that does one step of a population of one of the ``models`` by its CUDA text."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    text = SHIM
    for model in models:
        prologue = f"model_{model.hash[:16]}::shared_values(n, x, c, a, shared);" if model.shared else ""
        text += model.source("cuda") + _STEP.format(
            name=model.hash[:16], real=real(model), shared=len(model.shared), prologue=prologue
        )
    (folder / "models.cpp").write_text(text)
    flags = ["-std=c++17", "-O1", "-ffp-contract=off", "-Wall", "-Werror", "-shared", "-fPIC"]
    command = ["g++", *flags, "-o", str(folder / "models.so"), str(folder / "models.cpp")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    library = ctypes.CDLL(str(folder / "models.so"))

    def step(population: Alone) -> None:
        function = library[f"step_{population.model.hash[:16]}"]
        function(ctypes.c_int(population.n), *(ctypes.c_void_p(array.ctypes.data) for array in population.arguments))

    return step
