"""A `Program` as NumPy: the specification. Every operation acts on all neurons, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType

from neurosim.equations.print.shared import literal, operation, python_functions
from neurosim.equations.program.ir import PER_NEURON, Line, Operation, Program, Reduction
from neurosim.equations.program.portable import Precision

FORMS = MappingProxyType(
    {
        "add": "{} + {}",
        "sub": "{} - {}",
        "mul": "{} * {}",
        "div": "{} / {}",
        "neg": "-{}",
        "abs": "np.abs({})",
        "sqrt": "np.sqrt({})",
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
        "not": "np.logical_not({})",
        "select": "np.where({}, {}, {})",
        "copy": "{}",
        "bits": "{}.view(word)",
        "from_bits": "{}.view(real)",
        "from_word": "{}.astype(real)",
        "word_add": "{} + {}",
        "word_sub": "{} - {}",
        "shift_left": "{} << {}",
        "shift_right": "{} >> {}",
        "to_count": "{}.astype(count)",
        "idle": "{} == count(0)",
        "tick": "np.where({0} == count(0), count(0), {0} - count(1))",
        "population": "real(n)",
    }
)
_REDUCTIONS = MappingProxyType(
    {  # first to last; the sign of a zero is lost, since NumPy's order decides it
        "sum": "np.add.accumulate(np.append(real(0), np.broadcast_to({}, n)))[-1]",
        "max": "np.fmax.reduce(np.append(real(-np.inf), np.broadcast_to({}, n))) + real(0)",
        "min": "np.fmin.reduce(np.append(real(np.inf), np.broadcast_to({}, n))) + real(0)",
    }
)


def print_numpy(program: Program, precision: Precision, title: str) -> str:
    """The text of a module with ``update(x, slot, scale, c, a, z, ref, mask)``; see `CompiledModel`."""
    body = ["n = mask.shape[0]"]
    body += _scope((*program.prologue, *program.body), program.shared)
    body += [f"x[{row}] = {literal(value)}" for row, value in program.stores]
    body += ["slot[:] = 0"] if program.inputs else []
    body += [f"ref[:] = {program.counter}"] if program.counter is not None else []
    body += [f"mask[:] = {0 if program.spike is None else program.spike}", "return np.uint8(mask.any())"]
    lines = [
        f'"""{title}"""',
        "",
        "import numpy as np",
        "",
        f"real, word, count = np.{precision}, np.{precision.replace('float', 'int')}, np.uint16",
        *python_functions((*program.prologue, *program.body), precision, FORMS, ""),
        "",
        "",
        "def update(x, slot, scale, c, a, z, ref, mask):",
        '    with np.errstate(all="ignore"):',
        *(f"        {line}" for line in body),
    ]
    return "\n".join(lines) + "\n"


def _scope(lines: Iterable[Line | Reduction], shared: tuple[str, ...]) -> Iterator[str]:
    for line in lines:
        if isinstance(line, Reduction):
            yield from _scope(line.body, shared)
            yield f"{line.result} = {_REDUCTIONS[line.operator].format(literal(line.value))}"
        elif isinstance(line, Operation):
            yield operation(line, FORMS)
        elif line.room == "shared":
            yield f"{line.result} = {shared[line.row]}"
        else:
            row = "" if line.room == "ref" else f"[{line.row}]"
            yield f"{line.result} = {line.room}{row}" + (".copy()" if line.room in PER_NEURON else "")
