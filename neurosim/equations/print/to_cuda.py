"""A `Program` as CUDA C: device functions for one neuron, in a namespace named by the model's hash.

    update_neuron(k, n, x, slot, scale, c, a, z, shared, ref, mask)    one step of neuron k of n
    shared_values(n, x, c, a, shared)    called by one thread before the step, if there are shared variables

Matrices are row by row, (rows, n). Compile with -fmad=false; divisions and roots must be the correctly rounded ones,
which is nvcc's default. The same text compiles as C++17 with the few names of CUDA defined.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType

import numpy as np

from neurosim.equations.print.shared import CUDA, called
from neurosim.equations.program.ir import PER_NEURON, Line, Operand, Operation, Program, Reduction
from neurosim.equations.program.portable import Precision

_NEXT = MappingProxyType({"sum": "{0} + {1}", "max": "{1} > {0} ? {1} : {0}", "min": "{1} < {0} ? {1} : {0}"})
_TYPES = MappingProxyType({"real": "real", "word": "word", "flag": "bool", "count": "count"})
_PRECISIONS = MappingProxyType(
    {
        "float32": MappingProxyType(
            {
                "real": "float",
                "word": "int",
                "bare": "unsigned int",
                "abs": "fabsf",
                "sqrt": "sqrtf",
                "floor": "floorf",
                "ceil": "ceilf",
                "bits": "__float_as_int",
                "from_bits": "__int_as_float",
            }
        ),
        "float64": MappingProxyType(
            {
                "real": "double",
                "word": "long long",
                "bare": "unsigned long long",
                "abs": "fabs",
                "sqrt": "sqrt",
                "floor": "floor",
                "ceil": "ceil",
                "bits": "__double_as_longlong",
                "from_bits": "__longlong_as_double",
            }
        ),
    }
)


def print_cuda(program: Program, precision: Precision, title: str, namespace: str) -> str:
    """The text of a header with the functions above in ``namespace``."""
    printer = Printer(precision)
    lines = printer.head((*program.prologue, *program.body), title, namespace)
    time = ", const real *_time" if program.reads_time else ""
    if program.shared:
        lines += [
            "",
            "__device__ inline void shared_values(",
            f"    const int n, const real *x, const real *c, const real *a, real *shared{time})",
            "{",
            *(f"    {line}" for line in printer.lines(program.prologue)),
            *(f"    shared[{row}] = {name};" for row, name in enumerate(program.shared)),
            "}",
        ]
    lines += [
        "",
        "__device__ __forceinline__ bool update_neuron(",
        "    const int k, const int n, real *x, int *slot, const real *scale, const real *c, const real *a,",
        f"    const real *z, const real *shared, count *ref, unsigned char *mask{time})",
        "{",
        *(f"    {line}" for line in printer.lines(program.body)),
        *(f"    {_element('x', row)} = {printer.literal(value)};" for row, value in program.stores),
        *(f"    {_element('slot', row)} = 0;" for row in range(len(program.inputs))),
        *([f"    ref[k] = {program.counter};"] if program.counter is not None else []),
        f"    mask[k] = {'0' if program.spike is None else program.spike};",
        f"    return {'false' if program.spike is None else program.spike};",
        "}",
        "",
        f"}}  // namespace {namespace}",
        "",
    ]
    return "\n".join(lines)


def _element(argument: str, row: int) -> str:
    return f"{argument}[k]" if argument == "ref" else f"{argument}[(size_t){row} * n + k]"


class Printer:
    """Lines as C, in one precision."""

    def __init__(self, precision: Precision) -> None:
        self.precision, self.types = precision, _PRECISIONS[precision]
        self.dtype = np.float32 if precision == "float32" else np.float64
        self.suffix = "f" if precision == "float32" else ""

    def head(self, lines: Sequence[Line | Reduction], title: str, namespace: str) -> list[str]:
        """The beginning of a header: types, and the portable functions that ``lines`` need."""
        text = [f"// {title}", f"namespace {namespace} {{", ""]
        text += [f"typedef {self.types[name]} {name};" for name in ("real", "word", "bare")]
        text += ["typedef unsigned short count;"]
        for function in called(lines, self.precision):
            name, argument = f"portable_{function.name}", function.argument
            text += ["", f"__device__ __forceinline__ real {name}(const real {argument})", "{"]
            text += [f"    {line}" for line in self.lines(function.body)]
            text += [f"    return {function.result};", "}"]
        return text

    def literal(self, operand: Operand) -> str:
        """An operand; real numbers are rounded here and written in hexadecimal, so that no compiler rounds them."""
        if isinstance(operand, str):
            return operand
        if isinstance(operand, int):
            return f"{operand}" if abs(operand) < 2**31 else f"{operand}LL"
        number = float(self.dtype(operand))
        if math.isfinite(number):
            return f"({number.hex()}{self.suffix})"
        one, infinity = self.dtype(1.0), self.dtype(math.inf)
        bits = (
            infinity.view(f"i{one.itemsize}")
            if math.isinf(number)
            else np.abs(self.dtype(math.nan)).view(f"i{one.itemsize}")
        )
        sign = "-" if number < 0 else ""
        return f"{sign}{self.types['from_bits']}({int(bits)}{'LL' if one.itemsize == 8 else ''})"

    def lines(self, lines: Iterable[Line | Reduction]) -> Iterator[str]:
        """The lines as statements."""
        for line in lines:
            if isinstance(line, Reduction):
                yield from self._reduction(line)
            elif isinstance(line, Operation):
                value = CUDA[line.operator].format(*map(self.literal, line.operands), **self.types)
                yield f"const {_TYPES[line.kind]} {line.result} = {value};"
            else:
                kind = {"ref": "count", "slot": "int"}.get(line.argument, "real")
                is_element = line.argument in PER_NEURON
                place = _element(line.argument, line.row) if is_element else f"{line.argument}[{line.row}]"
                yield f"const {kind} {line.result} = {place};"

    def _reduction(self, line: Reduction) -> Iterator[str]:
        first = {"sum": 0.0, "max": -math.inf, "min": math.inf}[line.operator]
        yield f"real {line.result} = {self.literal(first)};"
        yield "for (int k = 0; k < n; ++k) {"
        yield from (f"    {inner}" for inner in self.lines(line.body))
        yield f"    {line.result} = {_NEXT[line.operator].format(line.result, self.literal(line.value))};"
        yield "}"
        if line.operator != "sum":
            yield f"{line.result} = {line.result} + {self.literal(0.0)};"
