"""A `Program` as Numba: ``update`` takes matrices, an inner kernel takes one row per argument, so that LLVM vectorises.

Indices are unsigned (a signed one costs a test for negative numbers), choices are made between values that are
computed anyway (and written as LLVM's select: as branches they take longer to compile and to run), every mixed
operation is cast, and rows are declared not to overlap.
"""

from __future__ import annotations

from types import MappingProxyType

from neurosim.equations.print.shared import NUMBA, literal, python_functions, statements
from neurosim.equations.program.ir import Load, Program, Reduction
from neurosim.equations.program.portable import Precision

_ROWS = MappingProxyType(  # of the kernel's arguments; no name of a text begins with an underscore, see `Names`
    {
        **{argument: f"_{argument}{{}}[k]" for argument in ("x", "slot", "a", "z")},
        **{argument: f"_{argument}{{}}" for argument in ("scale", "c", "shared", "_time")},
        "ref": "ref[k]",
    }
)
_MATRICES = MappingProxyType({"x": "x[{}, k]", "a": "a[{}, k]", "c": "c[{}]", "_time": "_time[{}]"})
_FIRST = MappingProxyType({"sum": "real(0.0)", "max": "real(-np.inf)", "min": "real(np.inf)"})
_NEXT = MappingProxyType(
    {
        "sum": "{0} + {1}",
        "max": "{1} if {1} > {0} else {0}",
        "min": "{1} if {1} < {0} else {0}",
    }
)
CHOOSE = """
@intrinsic
def choose(context, flag, one, other):
    def write(target, builder, signature, values):
        return builder.select(*values)

    return one(types.boolean, one, one), write
"""
_HEAD = '''"""{title}"""

import math

import numpy as np
from numba import njit, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.extending import intrinsic

real, word, count = np.{precision}, np.{word}, np.uint16
'''
_JIT = '''

class NoAlias(CompilerBase):
    """Declares the data of array arguments as not overlapping."""

    def define_pipelines(self):
        self.state.flags.noalias = True
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


jit = njit(nogil=True, error_model="numpy", cache=True, pipeline_class=NoAlias)
'''


def print_numba(program: Program, precision: Precision, title: str) -> str:
    """The text of a module with ``update(x, slot, scale, c, a, z, ref, mask)``; see `CompiledModel`.

    The file must lie under an importable name in sys.modules before it is executed, see `modules.load`.
    """
    loads = [(line.argument, line.row) for line in program.body if isinstance(line, Load) and line.argument != "ref"]
    slots = [("slot", row) for row in range(len(program.inputs))]
    passed = dict.fromkeys([*(("x", row) for row, _ in program.stores), *slots, *loads])
    step = statements(program.body, NUMBA, _ROWS)
    step += [f"_x{row}[k] = {literal(value)}" for row, value in program.stores]
    step += [f"_slot{row}[k] = 0" for _, row in slots]
    step += [f"ref[k] = {program.counter}"] if program.counter is not None else []
    spike = "np.uint8(0)" if program.spike is None else f"np.uint8({program.spike})"
    step += [f"mask[k] = {spike}", f"any_spike |= {spike}"]
    time = ", _time" if program.reads_time else ""
    lines = [
        _HEAD.format(title=title, precision=precision, word=precision.replace("float", "int")) + CHOOSE + _JIT,
        *python_functions((*program.prologue, *program.body), precision, NUMBA, "@jit")[1:],
        *_prologue(program),
        "",
        "",
        "@jit",
        f"def kernel({', '.join([*(f'_{argument}{row}' for argument, row in passed), 'ref', 'mask'])}):",
        "    any_spike = np.uint8(0)",
        "    for k in range(np.uint64(mask.shape[0])):",
        *(f"        {line}" for line in step),
        "    return np.uint8(any_spike)",
        "",
        "",
        "@jit",
        f"def update(x, slot, scale, c, a, z, ref, mask{time}):",
        *([f"    shared = shared_values(x, c, a{time})"] if program.shared else []),
        f"    return kernel({', '.join([*(f'{argument}[{row}]' for argument, row in passed), 'ref', 'mask'])})",
    ]
    return "\n".join(lines).replace("\n\n\n\n", "\n\n\n") + "\n"


def _prologue(program: Program) -> list[str]:
    """The function ``shared_values``, if there are any."""
    if not program.shared:
        return []
    time = ", _time" if program.reads_time else ""
    lines = ["", "", "@jit", f"def shared_values(x, c, a{time}):", "    n = x.shape[1]"]
    for line in program.prologue:
        inner = _reduction(line) if isinstance(line, Reduction) else statements([line], NUMBA, _MATRICES)
        lines += [f"    {text}" for text in inner]
    return [*lines, f"    return ({', '.join(program.shared)},)"]


def _reduction(line: Reduction) -> list[str]:
    following = f"{line.result} = {_NEXT[line.operator].format(line.result, literal(line.value))}"
    return [
        f"{line.result} = {_FIRST[line.operator]}",
        "for k in range(np.uint64(n)):",
        *(f"    {text}" for text in (*statements(line.body, NUMBA, _MATRICES), following)),
        *([] if line.operator == "sum" else [f"{line.result} = {line.result} + real(0.0)"]),
    ]
