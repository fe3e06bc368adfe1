"""A `Program` as NumPy: the specification. Every operation acts on all neurons, one line each."""

from __future__ import annotations

from types import MappingProxyType

from neurosim.equations.print.shared import NUMPY, literal, python_functions, statements
from neurosim.equations.program.ir import Program, Reduction
from neurosim.equations.program.portable import Precision

_LOADS = MappingProxyType(
    {
        **{argument: f"{argument}[{{}}].copy()" for argument in ("x", "slot", "a", "z")},
        **{argument: f"{argument}[{{}}]" for argument in ("scale", "c", "shared", "_time")},
        "ref": "ref.copy()",
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
    for line in program.prologue:
        if isinstance(line, Reduction):
            body += statements(line.body, NUMPY, _LOADS)
            body.append(f"{line.result} = {_REDUCTIONS[line.operator].format(literal(line.value))}")
        else:
            body += statements([line], NUMPY, _LOADS)
    body += [f"shared = ({', '.join(program.shared)},)"] if program.shared else []
    body += statements(program.body, NUMPY, _LOADS)
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
        *python_functions((*program.prologue, *program.body), precision, NUMPY),
        "",
        "",
        f"def update(x, slot, scale, c, a, z, ref, mask{', _time' if program.reads_time else ''}):",
        '    with np.errstate(all="ignore"):',
        *(f"        {line}" for line in body),
    ]
    return "\n".join(lines) + "\n"
