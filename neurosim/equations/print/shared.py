"""What the printers of Python text share: literals, operations, and the portable functions that a program calls."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from neurosim.equations.program.ir import Line, Load, Operand, Operation, Reduction
from neurosim.equations.program.portable import Function, Precision, functions


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


def called(lines: Iterable[Line | Reduction], precision: Precision) -> tuple[Function, ...]:
    """The portable functions that ``lines`` need, each after those that it calls."""
    wanted = set(_operators(lines))
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


def python_functions(
    lines: Iterable[Line | Reduction], precision: Precision, forms: Mapping[str, str], decorator: str
) -> list[str]:
    """The portable functions that ``lines`` need as Python text, each after an empty line or two."""
    text: list[str] = []
    for function in called(lines, precision):
        text += ["", "", *filter(None, [decorator]), f"def portable_{function.name}({function.argument}):"]
        text += [f"    {operation(line, forms)}" for line in function.body if not isinstance(line, Load)]
        text += [f"    return {function.result}"]
    return text
