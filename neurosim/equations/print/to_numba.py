"""A `Program` as Numba: ``update`` takes matrices, an inner kernel takes one row per argument, so that LLVM vectorises.

Indices are unsigned (a signed one costs a test for negative numbers), choices are made between values that are
computed anyway (and written as LLVM's select: as branches they take longer to compile and to run), every mixed
operation is cast, and rows are declared not to overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from neurosim.equations.print.shared import literal, operation, python_functions
from neurosim.equations.program.ir import PER_NEURON, Line, Load, Operation, Program, Reduction
from neurosim.equations.program.portable import Precision

FORMS = MappingProxyType(
    {
        "add": "{} + {}",
        "sub": "{} - {}",
        "mul": "{} * {}",
        "div": "{} / {}",
        "neg": "-{}",
        "abs": "real(abs({}))",
        "sqrt": "real(math.sqrt({}))",
        "exp": "portable_exp({})",
        "expm1": "portable_expm1({})",
        "log": "portable_log({})",
        "tanh": "portable_tanh({})",
        "lt": "{} < {}",
        "le": "{} <= {}",
        "gt": "{} > {}",
        "ge": "{} >= {}",
        "eq": "{} == {}",
        "ne": "{} != {}",
        "and": "{} & {}",
        "or": "{} | {}",
        "not": "not {}",
        "select": "choose({0}, {1}, {2})",
        "copy": "{}",
        "bits": "real({}).view(word)",
        "from_bits": "word({}).view(real)",
        "from_word": "real({})",
        "word_add": "word({} + {})",
        "word_sub": "word({} - {})",
        "shift_left": "word({} << {})",
        "shift_right": "word({} >> {})",
        "to_count": "count({})",
        "idle": "{} == count(0)",
        "tick": "choose({0} == count(0), count(0), count({0} - count(1)))",
        "population": "real(n)",
    }
)
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
    loads = [line for line in program.body if isinstance(line, Load)]
    slots = [Load("", "slot", row) for row in range(len(program.inputs))]
    states = [Load("", "x", row) for row, _ in program.stores]
    rows = [load for load in (*states, *slots, *loads) if load.room != "ref"]
    passed = {_argument(load): f"{load.room}[{load.row}]" for load in rows}
    step = [*_elements(program.body)]
    step += [f"{_argument(Load('', 'x', row))}[k] = {literal(value)}" for row, value in program.stores]
    step += [f"{_argument(slot)}[k] = 0" for slot in slots]
    step += [f"ref[k] = {program.counter}"] if program.counter is not None else []
    spike = "np.uint8(0)" if program.spike is None else f"np.uint8({program.spike})"
    step += [f"mask[k] = {spike}", f"any_spike |= {spike}"]
    lines = [
        _HEAD.format(title=title, precision=precision, word=precision.replace("float", "int")) + CHOOSE + _JIT,
        *python_functions((*program.prologue, *program.body), precision, FORMS, "@jit")[1:],
        *_prologue(program),
        "",
        "",
        "@jit",
        f"def kernel({', '.join([*passed, 'ref', 'mask'])}):",
        "    any_spike = np.uint8(0)",
        "    for k in range(np.uint64(mask.shape[0])):",
        *(f"        {line}" for line in step),
        "    return np.uint8(any_spike)",
        "",
        "",
        "@jit",
        "def update(x, slot, scale, c, a, z, ref, mask):",
        *(["    shared = shared_values(x, c, a)"] if program.shared else []),
        f"    return kernel({', '.join([*passed.values(), 'ref', 'mask'])})",
    ]
    return "\n".join(lines).replace("\n\n\n\n", "\n\n\n") + "\n"


def _argument(load: Load) -> str:
    return "ref" if load.room == "ref" else f"_{load.room}{load.row}"  # no name of a text begins so, see `Names`


def _elements(lines: Iterable[Line]) -> Iterator[str]:
    """The lines inside a loop over the neurons k."""
    for line in lines:
        if isinstance(line, Operation):
            yield operation(line, FORMS)
        else:
            yield f"{line.result} = {_argument(line)}" + ("[k]" if line.room in PER_NEURON else "")


def _prologue(program: Program) -> list[str]:
    """The function ``shared_values``, if there are any."""
    if not program.shared:
        return []
    lines = ["", "", "@jit", "def shared_values(x, c, a):", "    n = x.shape[1]"]
    for line in program.prologue:
        if isinstance(line, Operation):
            lines.append(f"    {operation(line, FORMS)}")
        elif isinstance(line, Load):
            lines.append(f"    {line.result} = {line.room}[{line.row}]")
        else:
            lines += [f"    {inner}" for inner in _reduction(line)]
    return [*lines, f"    return ({', '.join(program.shared)},)"]


def _reduction(line: Reduction) -> Iterator[str]:
    yield f"{line.result} = {_FIRST[line.operator]}"
    yield "for k in range(np.uint64(n)):"
    for inner in line.body:
        if isinstance(inner, Operation):
            yield f"    {operation(inner, FORMS)}"
        else:
            element = ", k" if inner.room in PER_NEURON else ""
            yield f"    {inner.result} = {inner.room}[{inner.row}{element}]"
    yield f"    {line.result} = {_NEXT[line.operator].format(line.result, literal(line.value))}"
    if line.operator != "sum":
        yield f"{line.result} = {line.result} + real(0.0)"
