"""The functions of a synaptic rule as NumPy, Numba and CUDA: straight lines from numbers to numbers."""

from __future__ import annotations

from collections.abc import Sequence

from neurosim.equations.print.shared import NUMBA, NUMPY, literal, python_functions, statements
from neurosim.equations.print.to_cuda import Printer
from neurosim.equations.print.to_numba import CHOOSE
from neurosim.equations.program.ir import Operand
from neurosim.equations.program.portable import Precision
from neurosim.equations.program.rule_lowering import RuleFunction

_NUMPY_HEAD = ("import numpy as np",)
_NUMBA_HEAD = (
    "import math",
    "",
    "import numpy as np",
    "from numba import njit, types",
    "from numba.extending import intrinsic",
)


def print_rule(functions: Sequence[RuleFunction], precision: Precision, target: str, title: str, digest: str) -> str:
    """The text of ``functions`` for numpy, numba or cuda; see `neurosim.equations.CompiledRule.source`."""
    title = f"{title}. Generated; {precision}."
    if target == "cuda":
        return _cuda(functions, precision, title, f"rule_{digest[:16]}")
    operators, decorator = (NUMPY, "") if target == "numpy" else (NUMBA, "@jit")
    types = f"real, word, count = np.{precision}, np.{precision.replace('float', 'int')}, np.uint16"
    lines = [f'"""{title}"""', "", *(_NUMPY_HEAD if target == "numpy" else _NUMBA_HEAD), "", types]
    if target == "numba":
        lines += [CHOOSE, 'jit = njit(nogil=True, error_model="numpy", cache=True)']
    lines += python_functions([line for part in functions for line in part.lines], precision, operators, decorator)
    for part in functions:
        lines += ["", "", *filter(None, [decorator]), f"def {part.name}({', '.join(part.arguments)}):"]
        body = [*statements(part.lines, operators, {}), f"return {_tuple(part.results)}"]
        if target == "numpy":
            body = ['with np.errstate(all="ignore"):', *(f"    {line}" for line in body)]
        lines += [f"    {line}" for line in body]
    return "\n".join(lines) + "\n"


def _tuple(results: Sequence[Operand]) -> str:
    return f"({', '.join(map(literal, results))}{',' if len(results) == 1 else ''})"


def _cuda(functions: Sequence[RuleFunction], precision: Precision, title: str, namespace: str) -> str:
    printer = Printer(precision)
    text = printer.head([line for part in functions for line in part.lines], title, namespace)
    for part in functions:
        arguments = [f"const real {name}" for name in part.arguments]
        arguments += [f"real *_result_{number}" for number in range(len(part.results))]
        text += ["", f"__device__ __forceinline__ void {part.name}({', '.join(arguments)})", "{"]
        text += [f"    {line}" for line in printer.lines(part.lines)]
        text += [f"    *_result_{number} = {printer.literal(result)};" for number, result in enumerate(part.results)]
        text += ["}"]
    return "\n".join([*text, "", f"}}  // namespace {namespace}", ""])
