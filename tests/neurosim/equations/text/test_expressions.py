"""Expressions mean what Python means by the same text."""

from __future__ import annotations

import ast
import math

import pytest

from neurosim.equations.text import expressions as ex
from neurosim.equations.text.reading import Reader
from neurosim.equations.text.syntax import Place
from neurosim.equations.text.units import ONE

PYTHON = {
    "exp": math.exp,
    "expm1": math.expm1,
    "log": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "abs": abs,
    "min": min,
    "max": max,
    "clip": lambda x, low, high: min(max(x, low), high),
    "where": lambda condition, a, b: a if condition else b,
}


@pytest.mark.parametrize(
    "text",
    [
        "a - b - 2 * a / b",
        "-a**2 + b**-3 + a**0 + b**1 + a**7",
        "0 * a + 1 * b - 0 + --a",
        "exp(a) + expm1(b) + log(a) + sqrt(b) + tanh(a - b) + abs(a - 9)",
        "min(a, b, 1) + max(a, b) + clip(a, 0, 0.5) + clip(b, 3, 4)",
        "where(a < b and not a == 2 or b >= 7, a, b) + (a if a != b else 0)",
        "where(a <= b, 1, 2) + where(a > b, 3, 4)",
        "2**3 / 4",
    ],
)
@pytest.mark.parametrize(("a", "b"), [(0.7, 2.5), (3.0, 0.25)])
def test_an_expression_has_the_value_that_python_gives_it(text: str, a: float, b: float) -> None:
    node = ast.parse(text, mode="eval").body
    expression = Reader(Place("test", 1), {"a": ONE, "b": ONE}).quantity(node, ONE, "it")
    assert ex.evaluate(expression, {"a": a, "b": b}) == pytest.approx(eval(text, PYTHON | {"a": a, "b": b}), rel=1e-14)


def test_a_power_takes_as_few_products_as_repeated_squaring() -> None:
    squares = ex.power("v", 8)
    depth = 0
    while isinstance(squares, ex.Call):
        assert squares.operands[0] == squares.operands[1]
        squares, depth = squares.operands[0], depth + 1
    assert depth == 3
