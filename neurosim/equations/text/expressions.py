"""Expressions as values: a number, a name, or an operator with operands. Built, searched, replaced, evaluated.

Booleans are expressions like others; ``select(condition, a, b)`` chooses. Powers are products, tanh and the like
are operators of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import repeat
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Call:
    """``operator`` applied to ``operands``."""

    operator: str
    operands: tuple[Expression, ...]


Expression: TypeAlias = float | str | Call
Value: TypeAlias = float | npt.NDArray[np.float64]

_ON_THE_HOST = MappingProxyType(
    {
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "div": np.divide,
        "neg": np.negative,
        "abs": np.abs,
        "sqrt": np.sqrt,
        "exp": np.exp,
        "expm1": np.expm1,
        "log": np.log,
        "tanh": np.tanh,
        "sin": np.sin,
        "cos": np.cos,
        "tan": np.tan,
        "floor": np.floor,
        "ceil": np.ceil,
        "min": np.minimum,
        "max": np.maximum,
        "lt": np.less,
        "le": np.less_equal,
        "gt": np.greater,
        "ge": np.greater_equal,
        "eq": np.equal,
        "ne": np.not_equal,
        "and": np.logical_and,
        "or": np.logical_or,
        "not": np.logical_not,
        "select": np.where,
    }
)


def add(a: Expression, b: Expression) -> Expression:
    """a + b, without zeros."""
    if a == 0.0:
        return b
    if b == 0.0:
        return a
    return a + b if isinstance(a, float) and isinstance(b, float) else Call("add", (a, b))


def neg(a: Expression) -> Expression:
    """-a."""
    if isinstance(a, Call) and a.operator == "neg":
        return a.operands[0]
    return -a if isinstance(a, float) else Call("neg", (a,))


def sub(a: Expression, b: Expression) -> Expression:
    """a - b, without zeros."""
    if b == 0.0:
        return a
    if a == 0.0:
        return neg(b)
    return a - b if isinstance(a, float) and isinstance(b, float) else Call("sub", (a, b))


def mul(a: Expression, b: Expression) -> Expression:
    """a * b, without factors 0, 1 and -1."""
    if a == 0.0 or b == 0.0:
        return 0.0
    if a == 1.0:
        return b
    if b == 1.0:
        return a
    if isinstance(a, float) != isinstance(b, float) and -1.0 in (a, b):
        return neg(b if a == -1.0 else a)
    return a * b if isinstance(a, float) and isinstance(b, float) else Call("mul", (a, b))


def div(a: Expression, b: Expression) -> Expression:
    """a / b, without 0 / b and a / 1."""
    if a == 0.0 or b == 1.0:
        return a
    return a / b if isinstance(a, float) and isinstance(b, float) and b else Call("div", (a, b))


def power(base: Expression, exponent: int) -> Expression:
    """``base`` multiplied ``exponent`` times by itself, by repeated squaring; 1 / that for a negative exponent."""
    if exponent < 0:
        return div(1.0, power(base, -exponent))
    if exponent < 2:
        return base if exponent else 1.0
    half = power(base, exponent // 2)
    return mul(mul(half, half), base) if exponent % 2 else mul(half, half)


def names_in(expression: Expression) -> frozenset[str]:
    """The names that occur."""
    found, unread = set[str](), [expression]
    while unread:
        match unread.pop():
            case Call(operands=operands):
                unread += operands
            case str() as name:
                found.add(name)
    return frozenset(found)


def divisors(expression: Expression) -> frozenset[str]:
    """The names of all factors that something is divided by.

    >>> sorted(divisors(div(neg(div("x", mul(2.0, "tau"))), "c_m")))
    ['c_m', 'tau']
    """
    if not isinstance(expression, Call):
        return frozenset()
    found = frozenset().union(*map(divisors, expression.operands))
    return found | _factors(expression.operands[1]) if expression.operator == "div" else found


def _factors(expression: Expression) -> frozenset[str]:
    if isinstance(expression, Call) and expression.operator == "mul":
        return frozenset().union(*map(_factors, expression.operands))
    return frozenset({expression}) if isinstance(expression, str) else frozenset()


def replace(expression: Expression, meanings: Mapping[str, Expression]) -> Expression:
    """The expression with each name that has a meaning replaced by it, once."""
    if isinstance(expression, str):
        return meanings.get(expression, expression)
    if isinstance(expression, float) or not meanings:
        return expression
    return Call(expression.operator, tuple(map(replace, expression.operands, repeat(meanings))))


def evaluate(expression: Expression, values: Mapping[str, Value]) -> Value:
    """The value in float64: a number, or an array (n,) where one of the ``values`` that occur is one."""
    with np.errstate(all="ignore"):
        result = np.asarray(_evaluate(expression, values), np.float64)
    return result if result.ndim else float(result)


def _evaluate(expression: Expression, values: Mapping[str, Value]) -> Any:
    if isinstance(expression, Call):
        function: Any = _ON_THE_HOST[expression.operator]
        return function(*map(_evaluate, expression.operands, repeat(values)))
    return np.float64(expression) if isinstance(expression, float) else values[expression]


def describe(expression: Expression) -> str:
    """The expression as text, every operation in parentheses: no two expressions have the same.

    >>> describe(Call("div", ("dt", Call("neg", ("tau_m",)))))
    '(dt / neg(tau_m))'
    """
    if not isinstance(expression, Call):
        return str(expression)
    operands = list(map(describe, expression.operands))
    if expression.operator in _INFIX:
        return f"({operands[0]} {_INFIX[expression.operator]} {operands[1]})"
    return f"{expression.operator}({', '.join(operands)})"


_INFIX = MappingProxyType({"add": "+", "sub": "-", "mul": "*", "div": "/"})


@dataclass(frozen=True)
class LinearForm:
    """``slope`` * name + ``rest``; the name occurs in neither."""

    slope: Expression
    rest: Expression


def linear_in(expression: Expression, name: str) -> LinearForm | None:
    """The expression as slope * ``name`` + rest; None if it is not of that form.

    >>> linear_in(Call("div", (Call("sub", ("a", "v")), "tau")), "v")
    LinearForm(slope=Call(operator='div', operands=(-1.0, 'tau')), rest=Call(operator='div', operands=('a', 'tau')))
    """
    if expression == name:
        return LinearForm(1.0, 0.0)
    if name not in names_in(expression):
        return LinearForm(0.0, expression)
    assert isinstance(expression, Call)
    parts = list(map(linear_in, expression.operands, repeat(name)))
    match expression.operator, parts:
        case "neg", [LinearForm(s, r)]:
            return LinearForm(neg(s), neg(r))
        case "add", [LinearForm(s, r), LinearForm(t, q)]:
            return LinearForm(add(s, t), add(r, q))
        case "sub", [LinearForm(s, r), LinearForm(t, q)]:
            return LinearForm(sub(s, t), sub(r, q))
        case "mul", [LinearForm(s, r), LinearForm(slope=0.0, rest=q)]:
            return LinearForm(mul(s, q), mul(r, q))
        case "mul", [LinearForm(slope=0.0, rest=r), LinearForm(t, q)]:
            return LinearForm(mul(r, t), mul(r, q))
        case "div", [LinearForm(s, r), LinearForm(slope=0.0, rest=q)]:
            return LinearForm(div(s, q), div(r, q))
        case "select", [LinearForm(slope=0.0), LinearForm(s, r), LinearForm(t, q)]:
            condition = expression.operands[0]
            return LinearForm(Call("select", (condition, s, t)), Call("select", (condition, r, q)))
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
