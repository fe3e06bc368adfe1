"""From Python's syntax tree to an `Expression` with its unit; syntax that is not listed here is refused."""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Literal, TypeAlias

from neurosim.core.errors import InputError, one_of
from neurosim.equations.text import expressions as ex
from neurosim.equations.text.expressions import Call, Expression
from neurosim.equations.text.syntax import Place
from neurosim.equations.text.units import ONE, Unit

Quantity: TypeAlias = Unit | Literal["zero"]
"""A unit, or the mark of what fits every unit: the number 0, and names that have no unit yet."""
Kind: TypeAlias = Quantity | Literal["condition"]

_OF_ONE_NUMBER = ("ceil", "cos", "exp", "expm1", "exprel", "floor", "log", "log10", "sin", "tan", "tanh")  # unit 1
FUNCTIONS = (*_OF_ONE_NUMBER, "abs", "clip", "max", "min", "sign", "sqrt", "where")
REDUCTIONS = ("max", "mean", "min", "sum")  # of one argument, over the population
RESERVED = frozenset({*FUNCTIONS, *REDUCTIONS, "dt", "xi", "and", "or", "not", "if", "else", "in", "is", "True"})
_LARGE = 3e38  # finite in float32
_MAX_EXPONENT = 100
_LARGEST = sys.float_info.max
_COMPARISONS = MappingProxyType(
    {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne"}
)


@dataclass(frozen=True)
class Reader:
    """Reads expressions at ``place``; ``units`` are those of the known names. ``reduce``: sum(...) is understood."""

    place: Place
    units: Mapping[str, Quantity]
    reduce: bool = False

    def quantity(self, node: ast.expr, unit: Unit, of: str) -> Expression:
        """The expression, which must have the unit ``unit`` because it is ``of`` something."""
        expression, kind = self._read(node)
        if kind not in (unit, "zero"):
            raise self._wrong_unit(str(unit), kind, node, f"as {of}")
        return expression

    def condition(self, node: ast.expr) -> Expression:
        """The expression, which must be a condition."""
        expression, kind = self._read(node)
        if kind != "condition":
            raise self.place.mistake("a condition such as v >= v_th", repr(ast.unparse(node)))
        return expression

    def _wrong_unit(self, expected: str, kind: Kind, node: ast.expr, why: str) -> InputError:
        got = "a condition" if kind == "condition" else f"unit {kind}"
        remedy = "numbers have no unit; define a parameter, e.g. v_th = -50.0 : mV" if kind == ONE else ""
        if "Hz" in expected or "Hz" in str(kind):
            remedy = "1 Hz is 0.001/ms; convert with a parameter of unit 1/(ms*Hz)"
        return self.place.mistake(f"unit {expected} {why}", f"{got} in {ast.unparse(node)!r}", remedy)

    def _read(self, node: ast.expr) -> tuple[Expression, Kind]:
        match node:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float() as value):
                if abs(value) > _LARGEST:
                    got = ast.unparse(node)
                    raise self.place.mistake("a finite number", repr(got if len(got) < 40 else f"{got[:40]}..."))
                return float(value), ONE if value else "zero"
            case ast.Name(id=name):
                if name not in self.units:
                    raise one_of(f"{self.place}: variable", name, self.units)
                return name, self.units[name]
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                positive, kind = self._real(inner)
                return ex.neg(positive), kind
            case ast.UnaryOp(op=ast.UAdd(), operand=inner):
                return self._real(inner)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return Call("not", (self.condition(inner),)), "condition"
            case ast.BoolOp(op=operator, values=[first, *others]):
                result = self.condition(first)
                for other in others:
                    word = "and" if isinstance(operator, ast.And) else "or"
                    result = Call(word, (result, self.condition(other)))
                return result, "condition"
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARISONS:
                values, _ = self._alike(node, left, right)
                return Call(_COMPARISONS[type(operator)], values), "condition"
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                values, unit = self._alike(node, body, otherwise)
                return Call("select", (self.condition(test), *values)), unit
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(node, name, arguments)
        remedy = "known are + - * / ** < <= > >= == != and or not, and " + ", ".join(FUNCTIONS)
        raise self.place.mistake("an expression of the notation", repr(ast.unparse(node)), remedy)

    def _real(self, node: ast.expr) -> tuple[Expression, Quantity]:
        value, kind = self._read(node)
        if kind == "condition":
            raise self.place.mistake("a quantity", f"the condition {ast.unparse(node)!r}", "use where(condition, a, b)")
        return value, kind

    def _alike(self, whole: ast.expr, *nodes: ast.expr) -> tuple[tuple[Expression, ...], Quantity]:
        read = [self._real(node) for node in nodes]
        unit: Quantity = "zero"
        for (_, kind), node in zip(read, nodes, strict=True):
            if "zero" not in (unit, kind) and kind != unit:
                raise self._wrong_unit(str(unit), kind, node, f"in {ast.unparse(whole)!r}")
            unit = kind if unit == "zero" else unit
        return tuple(value for value, _ in read), unit

    def _arithmetic(self, node: ast.BinOp) -> tuple[Expression, Kind]:
        if isinstance(node.op, ast.Add | ast.Sub):
            (a, b), kind = self._alike(node, node.left, node.right)
            return (ex.add if isinstance(node.op, ast.Add) else ex.sub)(a, b), kind
        if isinstance(node.op, ast.Pow):
            return self._power(node)
        (a, left), (b, right) = self._real(node.left), self._real(node.right)
        if isinstance(node.op, ast.Mult):
            return ex.mul(a, b), "zero" if left == "zero" or right == "zero" else left * right
        if isinstance(node.op, ast.Div):
            if b == 0.0:
                raise self.place.mistake("a divisor other than 0", repr(ast.unparse(node)))
            return ex.div(a, b), "zero" if left == "zero" or right == "zero" else left / right
        raise self.place.mistake("one of the operators + - * / **", repr(ast.unparse(node)))

    def _power(self, node: ast.BinOp) -> tuple[Expression, Kind]:
        base, kind = self._real(node.left)
        exponent, of_exponent = self._real(node.right)
        if of_exponent not in (ONE, "zero"):
            raise self._wrong_unit("1", of_exponent, node.right, "after **")
        if isinstance(exponent, float):
            if abs(exponent) > _MAX_EXPONENT:
                got = repr(ast.unparse(node.right))
                raise self.place.mistake(f"an exponent from -{_MAX_EXPONENT} to {_MAX_EXPONENT} after **", got)
            unit = kind ** Fraction(str(exponent)) if isinstance(kind, Unit) else kind
            if exponent.is_integer():
                return ex.power(base, int(exponent)), unit
            root = ex.mul(ex.power(base, math.floor(exponent)), Call("sqrt", (base,)))
            return root if (2 * exponent).is_integer() else _exponential(base, exponent), unit
        if kind not in (ONE, "zero"):
            raise self._wrong_unit("1", kind, node.left, "before ** with an exponent that is no number")
        return _exponential(base, exponent), ONE

    def _call(self, node: ast.expr, name: str, arguments: list[ast.expr]) -> tuple[Expression, Kind]:
        if self.reduce and name in REDUCTIONS and len(arguments) == 1:
            value, kind = self._real(arguments[0])
            return Call(f"population_{name}", (value,)), kind
        if name not in FUNCTIONS:
            raise one_of(f"{self.place}: function", name, (*FUNCTIONS, *(REDUCTIONS if self.reduce else ())))
        wanted = {"clip": 3, "where": 3, "min": 2, "max": 2}.get(name, 1)
        if len(arguments) < wanted or (len(arguments) > wanted and name not in ("min", "max")):
            got = f"{len(arguments)} in {ast.unparse(node)!r}"
            remedy = "over the population only in a line flagged shared" if name in ("min", "max") else ""
            raise self.place.mistake(f"{wanted} arguments for {name}", got, remedy)
        if name == "where":
            values, result = self._alike(node, *arguments[1:])
            return Call("select", (self.condition(arguments[0]), *values)), result
        values, kind = self._alike(node, *arguments)
        if name in ("min", "max"):
            result_of = values[0]
            for other in values[1:]:
                result_of = Call(name, (result_of, other))
            return result_of, kind
        if name == "clip":
            return Call("min", (Call("max", values[:2]), values[2])), kind
        if name == "abs":
            return Call(name, values), kind
        if name == "sqrt":
            return Call(name, values), kind ** Fraction(1, 2) if isinstance(kind, Unit) else kind
        x = values[0]
        if name == "sign":
            below = Call("select", (Call("lt", (x, 0.0)), -1.0, x))
            return Call("select", (Call("gt", (x, 0.0)), 1.0, below)), ONE
        if kind not in (ONE, "zero"):
            raise self._wrong_unit("1", kind, arguments[0], f"inside {name}")
        if name == "log10":
            return ex.mul(Call("log", (x,)), 1 / math.log(10)), ONE
        if name == "exprel":  # the divisor is finite, so that infinity gives infinity
            quotient = ex.div(Call("expm1", (x,)), Call("min", (x, _LARGE)))
            return Call("select", (Call("eq", (x, 0.0)), 1.0, quotient)), ONE
        return Call(name, values), ONE


def _exponential(base: Expression, exponent: Expression) -> Expression:
    """base**exponent for a base >= 0."""
    return Call("exp", (ex.mul(exponent, Call("log", (base,))),))
