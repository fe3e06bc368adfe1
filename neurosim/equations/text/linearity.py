"""Whether an expression is linear in a name, and with what slope: decided on the form, without algebra.

What is written with +, -, / by something else and products with something else is recognised. That is complete for
sums of products; x * x - x * x counts as non-linear.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from neurosim.equations.text.expressions import Call, Expression, add, div, mul, names_in, neg, sub


@dataclass(frozen=True)
class Linear:
    """``slope`` * name + ``rest``; the name occurs in neither."""

    slope: Expression
    rest: Expression


def linear_in(expression: Expression, name: str) -> Linear | None:
    """The expression as slope * ``name`` + rest; None if it is not of that form.

    >>> linear_in(Call("div", (Call("sub", ("a", "v")), "tau")), "v")
    Linear(slope=Call(operator='div', operands=(-1.0, 'tau')), rest=Call(operator='div', operands=('a', 'tau')))
    """
    if expression == name:
        return Linear(1.0, 0.0)
    if name not in names_in(expression):
        return Linear(0.0, expression)
    assert isinstance(expression, Call)
    parts = [linear_in(operand, name) for operand in expression.operands]
    match expression.operator, parts:
        case "neg", [Linear(s, r)]:
            return Linear(neg(s), neg(r))
        case "add", [Linear(s, r), Linear(t, q)]:
            return Linear(add(s, t), add(r, q))
        case "sub", [Linear(s, r), Linear(t, q)]:
            return Linear(sub(s, t), sub(r, q))
        case "mul", [Linear(s, r), Linear(slope=0.0, rest=q)]:
            return Linear(mul(s, q), mul(r, q))
        case "mul", [Linear(slope=0.0, rest=r), Linear(t, q)]:
            return Linear(mul(r, t), mul(r, q))
        case "div", [Linear(s, r), Linear(slope=0.0, rest=q)]:
            return Linear(div(s, q), div(r, q))
        case "select", [Linear(slope=0.0), Linear(s, r), Linear(t, q)]:
            condition = expression.operands[0]
            return Linear(Call("select", (condition, s, t)), Call("select", (condition, r, q)))
    return None


def affine_in(expression: Expression, names: Iterable[str]) -> tuple[dict[str, Expression], Expression] | None:
    """The slopes of the ``names`` that occur, free of all of them, and the rest; None if there is no such form."""
    names, slopes, rest = tuple(names), {}, expression
    for name in names:
        linear = linear_in(rest, name)
        if linear is None or names_in(linear.slope) & set(names):
            return None
        rest = linear.rest
        if linear.slope != 0.0:
            slopes[name] = linear.slope
    return slopes, rest
