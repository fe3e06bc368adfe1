"""What the printers share: the table of operators, literals, statements, and the portable functions that are called."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from neurosim.equations.program.ir import Line, Load, Operand, Operation, Reduction
from neurosim.equations.program.portable import FUNCTIONS, Function, Precision, function

Forms: TypeAlias = Mapping[str, str]
_OPERATORS = MappingProxyType(
    {  # NumPy, Numba, CUDA C; one text where all three agree
        "add": ("{} + {}",),
        "sub": ("{} - {}",),
        "mul": ("{} * {}",),
        "div": ("{} / {}",),
        "neg": ("-{}",),
        "abs": ("np.abs({})", "real(abs({}))", "{abs}({})"),
        "sqrt": ("np.sqrt({})", "real(math.sqrt({}))", "{sqrt}({})"),
        "exp": ("portable_exp({})",),
        "expm1": ("portable_expm1({})",),
        "log": ("portable_log({})",),
        "tanh": ("portable_tanh({})",),
        "sin": ("portable_sin({})",),
        "cos": ("portable_cos({})",),
        "tan": ("portable_tan({})",),
        "floor": ("np.floor({})", "real(np.floor({}))", "{floor}({})"),
        "ceil": ("np.ceil({})", "real(np.ceil({}))", "{ceil}({})"),
        "lt": ("{} < {}",),
        "le": ("{} <= {}",),
        "gt": ("{} > {}",),
        "ge": ("{} >= {}",),
        "eq": ("{} == {}",),
        "ne": ("{} != {}",),
        "and": ("{} & {}", "{} & {}", "{} && {}"),
        "or": ("{} | {}", "{} | {}", "{} || {}"),
        "not": ("np.logical_not({})", "not {}", "!{}"),
        "select": ("np.where({}, {}, {})", "choose({0}, {1}, {2})", "{} ? {} : {}"),
        "copy": ("{}",),
        "bits": ("{}.view(word)", "real({}).view(word)", "{bits}({})"),
        "from_bits": ("{}.view(real)", "word({}).view(real)", "{from_bits}({})"),
        "from_word": ("{}.astype(real)", "real({})", "(real)({})"),
        "word_add": ("{} + {}", "word({} + {})", "(word)((bare)({}) + (bare)({}))"),
        "word_sub": ("{} - {}", "word({} - {})", "(word)((bare)({}) - (bare)({}))"),
        "shift_left": ("{} << {}", "word({} << {})", "(word)((bare)({}) << {})"),
        "shift_right": ("{} >> {}", "word({} >> {})", "{} >> {}"),
        "to_count": ("{}.astype(count)", "count({})", "(count)({})"),
        "idle": ("{} == count(0)", "{} == count(0)", "{} == 0"),
        "tick": (
            "np.where({0} == count(0), count(0), {0} - count(1))",
            "choose({0} == count(0), count(0), count({0} - count(1)))",
            "(count)({0} == 0 ? 0 : {0} - 1)",
        ),
        "population": ("real(n)", "real(n)", "(real)n"),
    }
)
NUMPY, NUMBA, CUDA = (
    MappingProxyType({name: texts[column % len(texts)] for name, texts in _OPERATORS.items()}) for column in range(3)
)


def printable(name: str) -> str:
    """A name as it may stand in a docstring or comment of generated text: nothing in it ends either."""
    return "".join(letter for letter in name if letter.isprintable() and letter not in '"\\')


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


def statements(lines: Iterable[Line], operators: Forms, loads: Forms) -> list[str]:
    """``lines`` as Python assignments; ``loads`` has the text of a load by argument, with a place for the row."""
    return [
        f"{line.result} = {loads[line.argument].format(line.row)}"
        if isinstance(line, Load)
        else f"{line.result} = {operators[line.operator].format(*map(literal, line.operands))}"
        for line in lines
    ]


def called(lines: Sequence[Line | Reduction], precision: Precision) -> tuple[Function, ...]:
    """The portable functions that ``lines`` need, each after those that it calls."""
    inner = [line for part in lines if isinstance(part, Reduction) for line in part.body]
    wanted = {line.operator for line in (*lines, *inner) if isinstance(line, Operation)}
    made: list[Function] = []
    for name in reversed(FUNCTIONS):
        if name in wanted:
            made.append(function(name, precision))
            wanted |= {line.operator for line in made[-1].body}
    return tuple(reversed(made))


def python_functions(
    lines: Sequence[Line | Reduction], precision: Precision, operators: Forms, decorator: str = ""
) -> list[str]:
    """The portable functions that ``lines`` need as Python text, each after two empty lines."""
    text: list[str] = []
    for portable in called(lines, precision):
        text += ["", "", *filter(None, [decorator]), f"def portable_{portable.name}({portable.argument}):"]
        text += [f"    {line}" for line in statements(portable.body, operators, {})]
        text += [f"    return {portable.result}"]
    return text
