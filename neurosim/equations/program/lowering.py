"""From checked equations to one `Program`: the order of a step, with every constant computed on the host.

start -> propagation -> input from the slots -> held while refractory -> threshold -> statements on a spike -> flush
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError
from neurosim.equations.program.integration import Integration
from neurosim.equations.program.integrators import Meanings, advance
from neurosim.equations.program.ir import Argument, Builder, Line, Load, Names, Operand, Program, Reduction, needed
from neurosim.equations.program.portable import Precision
from neurosim.equations.text.expressions import Call, Expression, Value, describe, evaluate, names_in
from neurosim.equations.text.neuron_equations import Equations

# Below these a state counts as 0: denormal numbers are slow on CPUs and flushed by some machines only.
_NEGLIGIBLE = MappingProxyType({"float32": 1e-20, "float64": 1e-200})


@dataclass(frozen=True)
class Lowered:
    """A program, and the values of its coefficients in float64: those named in ``scalars``, then ``arrays``."""

    program: Program
    coefficients: dict[str, Value]


def lower(
    equations: Equations,
    plan: Integration,
    values: Mapping[str, Value],
    t_ref_steps: int | npt.NDArray[np.int64] | None,
    precision: Precision,
) -> Lowered:
    """The program of one step. ``values`` are those of the parameters and of dt."""
    steps = 0.0 if t_ref_steps is None else evaluate("steps", {"steps": np.asarray(t_ref_steps, np.float64)})
    return _Lowering(equations, plan, values, precision).result(steps)


def lower_expression(
    expression: Expression,
    meanings: Meanings,
    into: Builder,
    constants: frozenset[str],
    constant: Callable[[Expression], Operand],
) -> Operand:
    """The value of ``expression``, emitted ``into``; each part that names only ``constants`` is a ``constant``."""
    if isinstance(expression, float):
        return expression
    if isinstance(expression, str) and expression in meanings:
        return meanings[expression]
    if names_in(expression) <= constants:
        return constant(expression)
    assert isinstance(expression, Call)
    operator, operands = expression.operator, expression.operands
    if operator == "div" and names_in(operands[1]) <= constants:
        operator, operands = "mul", (operands[0], Call("div", (1.0, operands[1])))
    lowered = [lower_expression(operand, meanings, into, constants, constant) for operand in operands]
    if operator in ("min", "max"):
        a, b = lowered
        return into.emit("select", into.emit("le" if operator == "min" else "ge", a, b, kind="flag"), a, b)
    if operator in ("and", "or"):
        lowered = [_flag(each, part, into, constants) for each, part in zip(lowered, operands, strict=True)]
    condition = operator in ("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not")
    return into.emit(operator, *lowered, kind="flag" if condition else "real")


def _flag(value: Operand, condition: Expression, into: Builder, constants: frozenset[str]) -> Operand:
    """The value of a ``condition`` as a flag; that of a constant one is 0 or 1, a real like all coefficients."""
    return into.emit("ne", value, 0.0, kind="flag") if names_in(condition) <= constants else value


class _Lowering:
    def __init__(
        self, equations: Equations, plan: Integration, values: Mapping[str, Value], precision: Precision
    ) -> None:
        self.equations, self.plan, self.values, self.precision = equations, plan, values, precision
        self.names = Names()
        self.body = Builder(self.names)
        self.prologue: list[Line | Reduction] = []
        self.shared: list[str] = []
        self._constants = frozenset({*equations.parameters, "dt"})
        self._coefficients: dict[str, Value] = {}
        self._rows: dict[str, int] = {}
        self._into = self.body

    # expressions and coefficients ---------------------------------------------------------------------------------

    def coefficient(self, name: str, value: Value) -> str:
        """The value, called ``name`` in the table, loaded by the prologue or the body, whichever is being made."""
        if name not in self._coefficients:
            kind = isinstance(value, np.ndarray)
            self._rows[name] = sum(isinstance(other, np.ndarray) == kind for other in self._coefficients.values())
            self._coefficients[name] = value
        argument: Argument = "a" if isinstance(value, np.ndarray) else "c"
        hint = "_".join(re.findall(r"\w+", name)) if not name.isidentifier() and name[0] in "hpr" else name
        return self._into.load(argument, self._rows[name], hint if hint.isidentifier() else "k")

    def lower(self, expression: Expression, meanings: Meanings) -> Operand:
        """The value of an expression; the parts that hold only parameters become coefficients."""
        return lower_expression(expression, meanings, self._into, self._constants, self._constant)

    def _constant(self, expression: Expression) -> Operand:
        return self.coefficient(describe(expression), evaluate(expression, self.values))

    def time(self, end: int, read: Iterable[Expression]) -> dict[str, str]:
        """The meaning of t when the step begins (0) or ends (1), if one of the expressions ``read`` names it."""
        if not any("t" in names_in(expression) for expression in read):
            return {}
        return {"t": self._into.load("_time", end, "end" if end else "begin")}

    # shared variables ---------------------------------------------------------------------------------------------

    def _share(self) -> dict[str, Operand]:
        """The shared variables, in the prologue; their values for the body, and those of the signals."""
        scalars = self._into = Builder(self.names)
        read = {name for expression in self.equations.shared.values() for name in names_in(expression)}
        meanings: dict[str, Operand] = {**self._signals(read), **self.time(0, self.equations.shared.values())}
        for name, expression in self.equations.shared.items():
            value = self.lower(self._reduced(expression, meanings, scalars), meanings)
            meanings[name] = self._into.emit("copy", value, hint=name)
        self.prologue += scalars.lines
        self._into = self.body
        if any(isinstance(line, Load) and line.argument == "a" for line in self.prologue):
            names = ", ".join(self.equations.shared)
            raise InputError(f"{names}: expected one value for the population outside sum(...), got one per neuron")
        self.shared = [str(meanings[name]) for name in self.equations.shared]
        found = {name: self.body.load("shared", row, name) for row, name in enumerate(self.equations.shared)}
        return {**found, **self._signals(self.equations.signals)}

    def _signals(self, read: Collection[str]) -> dict[str, str]:
        """Those signals that are ``read``: coefficients whose value is given while the network runs."""
        return {name: self.coefficient(name, 0.0) for name in self.equations.signals if name in read}

    def _reduced(self, expression: Expression, meanings: dict[str, Operand], scalars: Builder) -> Expression:
        """The expression with each reduction computed and replaced by a name, which ``meanings`` then holds."""
        if not isinstance(expression, Call):
            return expression
        if not expression.operator.startswith("population_"):
            return Call(expression.operator, tuple(self._reduced(o, meanings, scalars) for o in expression.operands))
        wanted = expression.operator.removeprefix("population_")
        self.prologue += scalars.lines
        scalars.lines.clear()
        element = self._into = Builder(self.names)
        states = {state: element.load("x", row, state) for row, state in enumerate(self.equations.states)}
        value = self.lower(expression.operands[0], {**meanings, **states})
        self._into = scalars
        result = self.names.fresh(wanted)
        operator: Literal["sum", "max", "min"] = "max" if wanted == "max" else "min" if wanted == "min" else "sum"
        self.prologue.append(Reduction(result, operator, needed(element.lines, [value]), value))
        if wanted == "mean":
            result = scalars.emit("div", result, scalars.emit("population"))
        name = f"<{result}>"  # no name of a text, so that nothing else is meant
        meanings[name] = result
        return name

    # a step -------------------------------------------------------------------------------------------------------

    def result(self, t_ref_steps: Value) -> Lowered:
        """Everything put together."""
        eq, emit = self.equations, self.body.emit
        shared = self._share()
        start: dict[str, Operand] = {name: self.body.load("x", row, name) for row, name in enumerate(eq.states)}
        began = {**start, **shared, **self.time(0, eq.derivatives.values())}
        new: dict[str, Operand] = {**start, **advance(self, self.plan, began)}
        shared |= self.time(1, [*([] if eq.spike is None else [eq.spike]), *dict(eq.on_spike).values()])
        for row, name in enumerate(eq.inputs):
            scale = self.body.load("scale", row, f"scale_{name}")
            arrived = emit("mul", emit("from_word", self.body.load("slot", row, f"slot_{name}")), scale)
            new[name] = emit("add", new[name], arrived) if name in self.plan.drift else arrived
        counter = None
        if eq.refractory is not None:
            before = self.body.load("ref", 0, "counter")
            idle = emit("idle", before, kind="flag")
            for name in eq.held:
                new[name] = emit("select", idle, new[name], start[name])
            counter = emit("tick", before, kind="count")
        spike = None
        if eq.spike is not None:
            spike = self.lower(eq.spike, {**new, **shared})
            if eq.refractory is not None:
                spike = emit("and", idle, _flag(spike, eq.spike, self.body, self._constants), kind="flag")
                steps = emit("to_count", self.coefficient("refractory steps", t_ref_steps), kind="count")
                counter = emit("select", spike, steps, str(counter), kind="count")
            after = dict(new)
            for name, expression in eq.on_spike:
                after[name] = self.lower(expression, {**after, **shared})
            for name in dict(eq.on_spike):
                new[name] = emit("select", spike, after[name], new[name])
        stores = tuple((row, self._flushed(name, new[name])) for row, name in enumerate(eq.states))
        body = needed(self.body.lines, [*(value for _, value in stores), spike, counter])
        arrays = tuple(name for name, value in self._coefficients.items() if isinstance(value, np.ndarray))
        scalars = tuple(name for name in self._coefficients if name not in arrays)
        program = Program(
            states=eq.states,
            inputs=eq.inputs,
            scalars=scalars,
            arrays=arrays,
            noise=len(self.plan.noise),
            prologue=tuple(self.prologue),
            shared=tuple(self.shared),
            signals=eq.signals,
            body=body,
            stores=stores,
            spike=spike,
            counter=counter,
        )
        return Lowered(program, {name: self._coefficients[name] for name in (*scalars, *arrays)})

    def _flushed(self, name: str, value: Operand) -> Operand:
        """The value, or 0 where it is negligible; what is no result of an equation stays."""
        if name not in self.plan.drift:
            return value
        small = self.body.emit("le", self.body.emit("abs", value), _NEGLIGIBLE[self.precision], kind="flag")
        return self.body.emit("select", small, 0.0, value)
