"""The functions of a synaptic rule as NumPy, Numba and CUDA: straight lines from numbers to numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neurosim.equations.print import to_numba, to_numpy
from neurosim.equations.print.shared import literal, operation, python_functions
from neurosim.equations.print.to_cuda import Printer
from neurosim.equations.program.ir import Line, Operand, Operation, written
from neurosim.equations.program.portable import Precision


@dataclass(frozen=True)
class RuleFunction:
    """``name(arguments) -> results`` as computed by ``lines``."""

    name: str
    arguments: tuple[str, ...]
    lines: tuple[Line, ...]
    results: tuple[Operand, ...]


def written_rule(functions: Sequence[RuleFunction]) -> str:
    """The functions as the hash of a rule covers them; see `neurosim.equations.ir.written`."""
    texts = [
        f"RuleFunction(name={each.name!r}, arguments={each.arguments!r}, lines={written(each.lines)}, "
        f"results={written(each.results)})"
        for each in functions
    ]
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def print_rule(functions: Sequence[RuleFunction], precision: Precision, target: str, title: str, digest: str) -> str:
    """The text of ``functions`` for numpy, numba or cuda; see `neurosim.equations.CompiledRule.source`."""
    title = f"{title}. Generated; {precision}."
    if target == "cuda":
        return _cuda(functions, precision, title, f"rule_{digest[:16]}")
    if target == "numpy":
        head, forms, decorator = ["import numpy as np"], to_numpy.FORMS, ""
    else:
        head = ["import math", "", "import numpy as np", "from numba import njit, types"]
        head += ["from numba.extending import intrinsic"]
        forms, decorator = to_numba.FORMS, "@jit"
    kinds = f"real, word, count = np.{precision}, np.{precision.replace('float', 'int')}, np.uint16"
    lines = [f'"""{title}"""', "", *head, "", kinds]
    if decorator:
        lines += [to_numba.CHOOSE, 'jit = njit(nogil=True, error_model="numpy", cache=True)']
    lines += python_functions([line for each in functions for line in each.lines], precision, forms, decorator)
    for each in functions:
        lines += ["", "", *filter(None, [decorator]), f"def {each.name}({', '.join(each.arguments)}):"]
        body = [*_operations(each, forms), f"return {_tuple(each.results)}"]
        if target == "numpy":
            body = ['with np.errstate(all="ignore"):', *(f"    {line}" for line in body)]
        lines += [f"    {line}" for line in body]
    return "\n".join(lines) + "\n"


def _operations(function: RuleFunction, forms: Mapping[str, str]) -> list[str]:
    return [operation(line, forms) for line in function.lines if isinstance(line, Operation)]


def _tuple(results: Sequence[Operand]) -> str:
    return f"({', '.join(map(literal, results))}{',' if len(results) == 1 else ''})"


def _cuda(functions: Sequence[RuleFunction], precision: Precision, title: str, namespace: str) -> str:
    printer = Printer(precision)
    text = printer.head([line for each in functions for line in each.lines], title, namespace)
    for each in functions:
        arguments = [f"const real {name}" for name in each.arguments]
        arguments += [f"real *_result_{number}" for number in range(len(each.results))]
        text += ["", f"__device__ __forceinline__ void {each.name}({', '.join(arguments)})", "{"]
        text += [f"    {line}" for line in printer.lines(each.lines)]
        text += [f"    *_result_{number} = {printer.literal(result)};" for number, result in enumerate(each.results)]
        text += ["}"]
    return "\n".join([*text, "", f"}}  // namespace {namespace}", ""])
