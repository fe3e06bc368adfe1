"""What the printers of Python text share: literals, operations, and the portable functions that a program calls."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from neurosim.equations.ir import Line, Load, Operand, Operation, Program, Reduction
from neurosim.equations.portable import Function, Precision, functions


def literal(operand: Operand | None) -> str:
    """An operand as Python text, in which ``real`` and ``word`` are the types of the precision."""
    match operand:
        case str():
            return operand
        case float() if math.isfinite(operand):
            return f"real({operand!r})"
        case float():
            return "real(np.nan)" if math.isnan(operand) else "real(np.inf)" if operand > 0 else "real(-np.inf)"
    return f"word({operand})"


def operation(line: Operation, forms: Mapping[str, str]) -> str:
    """The assignment that ``line`` is, its right side as ``forms`` says."""
    return f"{line.result} = {forms[line.operator].format(*map(literal, line.operands))}"


def called(program: Program, precision: Precision) -> tuple[Function, ...]:
    """The portable functions that the program needs, each after those that it calls."""
    wanted = set(_operators((*program.prologue, *program.body)))
    kept = []
    for function in reversed(functions(precision)):
        if function.name in wanted:
            kept.append(function)
            wanted |= set(_operators(function.body))
    return tuple(reversed(kept))


def _operators(lines: Iterable[Line | Reduction]) -> Iterator[str]:
    for line in lines:
        if isinstance(line, Operation):
            yield line.operator
        elif isinstance(line, Reduction):
            yield from _operators(line.body)


def python_functions(program: Program, precision: Precision, forms: Mapping[str, str], decorator: str) -> list[str]:
    """The portable functions of the program as Python text, each after an empty line or two."""
    lines: list[str] = []
    for function in called(program, precision):
        lines += ["", "", *filter(None, [decorator]), f"def portable_{function.name}({function.argument}):"]
        lines += [f"    {operation(line, forms)}" for line in function.body if not isinstance(line, Load)]
        lines += [f"    return {function.result}"]
    return lines
