"""The new values of the states after one step, before input: exact, exponential Euler, Runge-Kutta, noise.

Runge-Kutta stages read the exact states at their own times, propagated by half a step or a whole one, so that the
order holds for the whole model. Exponential Euler takes everything but its own variable at the start of the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from neurosim.equations.program.integration import CONSTANT, Integration
from neurosim.equations.program.ir import Builder, Operand
from neurosim.equations.program.propagators import propagators
from neurosim.equations.text.expressions import Call, Expression, Value, div, linear_in, mul

Meanings = Mapping[str, Operand]


class Lowering(Protocol):
    """What the integrators need: expressions and coefficients as values of the kernel."""

    body: Builder
    values: Mapping[str, Value]

    def lower(self, expression: Expression, meanings: Meanings) -> Operand:
        """The value of an expression, its names read as ``meanings`` says."""

    def coefficient(self, name: str, value: Value) -> str:
        """A value computed on the host, called ``name`` in the model's table."""

    def time(self, end: int, read: Iterable[Expression]) -> dict[str, str]:
        """The meaning of t when the step begins (0) or ends (1), if one of the expressions ``read`` names it."""


def advance(to: Lowering, plan: Integration, start: Meanings) -> dict[str, Operand]:
    """The states after one step, by name, noise included. ``start`` holds everything at the start of the step."""
    dt = float(to.values["dt"])
    exact = _propagated(to, plan, start, dt, "p") if plan.exact else {}
    after = {**start, **exact}
    if not plan.others:
        new = exact
    elif plan.method == "exponential_euler":
        new = exact | {name: _exponential_euler(to, name, plan.drift[name], start) for name in plan.others}
    elif plan.method == "euler":
        new = exact | _moved(to, plan, start, start, "dt")
    else:
        between = {**start, **_propagated(to, plan, start, dt / 2, "h")} if plan.exact else start
        if "t" in start:
            middle = to.body.emit("add", start["t"], to.lower(mul("dt", 0.5), start))
            between, after = {**between, "t": middle}, {**after, **to.time(1, plan.drift.values())}
        runge_kutta = _midpoint if plan.method == "rk2" else _runge_kutta
        new = exact | runge_kutta(to, plan, start, between, after)
    for row, name in enumerate(plan.noise):
        term = mul(plan.noise[name], _root(plan, name))
        kick = to.body.emit("mul", to.lower(term, start), to.body.load("z", row, f"z_{name}"))
        new[name] = to.body.emit("add", new[name], kick)
    return {name: new[name] for name in plan.drift}


def _propagated(to: Lowering, plan: Integration, start: Meanings, h: float, letter: str) -> dict[str, Operand]:
    result: dict[str, Operand] = {}
    for name, row in propagators(plan.exact, to.values, h).items():
        total: Operand | None = None
        for column, entry in row.items():
            if column == CONSTANT:
                term: Operand = to.coefficient(f"{letter}[{name}]", entry)
            elif column == name and isinstance(entry, float) and entry == 1.0:
                term = start[name]
            else:
                term = to.body.emit("mul", to.coefficient(f"{letter}[{name}, {column}]", entry), start[column])
            total = term if total is None else to.body.emit("add", total, term)
        assert total is not None
        result[name] = total
    return result


def _exponential_euler(to: Lowering, name: str, drift: Expression, start: Meanings) -> Operand:
    """x + (a x + b) (exp(a dt) - 1) / a, which is x + b dt where a = 0."""
    linear = linear_in(drift, name)
    assert linear is not None
    slope = linear.slope
    decay = div(Call("expm1", (mul(slope, "dt"),)), slope)
    weight: Expression = "dt" if slope == 0.0 else Call("select", (Call("eq", (slope, 0.0)), "dt", decay))
    change = to.body.emit("mul", to.lower(drift, start), to.lower(weight, start))
    return to.body.emit("add", start[name], change)


def _moved(to: Lowering, plan: Integration, start: Meanings, at: Meanings, h: Expression) -> dict[str, Operand]:
    """The other states moved from ``start`` by ``h`` times their derivative ``at`` some point."""
    step = to.lower(h, start)
    rates = {name: to.lower(plan.drift[name], at) for name in plan.others}
    return {name: to.body.emit("add", start[name], to.body.emit("mul", step, rate)) for name, rate in rates.items()}


def _midpoint(
    to: Lowering, plan: Integration, start: Meanings, between: Meanings, after: Meanings
) -> dict[str, Operand]:
    half = _moved(to, plan, start, start, mul("dt", 0.5))
    return _moved(to, plan, start, {**between, **half}, "dt")


def _runge_kutta(
    to: Lowering, plan: Integration, start: Meanings, between: Meanings, after: Meanings
) -> dict[str, Operand]:
    """The classical method of order 4."""
    point, slopes = start, []
    for h, surroundings in ((mul("dt", 0.5), between), (mul("dt", 0.5), between), ("dt", after), (None, after)):
        slopes.append({name: to.lower(plan.drift[name], point) for name in plan.others})
        if h is not None:
            point = {**surroundings, **_moved(to, plan, start, point, h)}
    emit, sixth = to.body.emit, to.lower(div("dt", 6.0), start)
    result: dict[str, Operand] = {}
    for name in plan.others:
        first, second, third, fourth = (slope[name] for slope in slopes)
        inner = emit("add", second, third)
        total = emit("add", emit("add", first, emit("add", inner, inner)), fourth)
        result[name] = emit("add", start[name], emit("mul", sixth, total))
    return result


def _root(plan: Integration, name: str) -> Expression:
    """The deviation that unit noise gains in a step: sqrt(dt), or what remains after its own exact decay.

    With the decay a of an exact state that is sqrt((exp(2 a dt) - 1) / (2 a)), so that an Ornstein-Uhlenbeck
    process has its true variance at any dt.
    """
    slope = plan.exact[name].get(name, 0.0) if name in plan.exact else 0.0
    root = Call("sqrt", ("dt",))
    if slope == 0.0:
        return root
    twice = mul(2.0, slope)
    exact = Call("sqrt", (div(Call("expm1", (mul(twice, "dt"),)), twice),))
    return Call("select", (Call("eq", (slope, 0.0)), root, exact))
