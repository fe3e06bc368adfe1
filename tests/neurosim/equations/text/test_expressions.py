"""Expressions mean what Python means by the same text."""

from __future__ import annotations

import ast
import math

import numpy as np
import pytest

from neurosim.equations.text import expressions as ex
from neurosim.equations.text.expressions import Expression, affine_in, evaluate, linear_in, names_in
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
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "log10": math.log10,
    "floor": math.floor,
    "ceil": math.ceil,
    "sign": lambda x: (x > 0) - (x < 0),
    "exprel": lambda x: math.expm1(x) / x if x else 1.0,
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
        "sin(a) + cos(b) - tan(a / b)",
        "log10(a) + floor(10 * a) - ceil(b / 3) + sign(a - b) + sign(a - a) + sign(-b)",
        "exprel(a) - exprel(-b) + exprel(a - a)",
        "a**1.5 + b**-0.5 + a**2.0 - b**0.3 + a**b + 2**a - 3**-b",
    ],
)
@pytest.mark.parametrize(("a", "b"), [(0.7, 2.5), (3.0, 0.25)])
def test_an_expression_has_the_value_that_python_gives_it(text: str, a: float, b: float) -> None:
    node = ast.parse(text, mode="eval").body
    expression = Reader(Place("test", 1), {"a": ONE, "b": ONE}).quantity(node, ONE, "it")
    assert ex.evaluate(expression, {"a": a, "b": b}) == pytest.approx(eval(text, PYTHON | {"a": a, "b": b}), rel=1e-14)


def test_the_relative_exponential_is_right_where_it_is_0_small_or_infinite() -> None:
    expression = read("exprel(v)")
    x = np.array([0.0, 1e-300, 1e-9, 800.0, np.inf, -np.inf])
    np.testing.assert_array_equal(evaluate(expression, {"v": x}), [1.0, 1.0, 1.0 + 5e-10, np.inf, np.inf, 0.0])


def test_a_power_takes_as_few_products_as_repeated_squaring() -> None:
    squares = ex.power("v", 8)
    depth = 0
    while isinstance(squares, ex.Call):
        assert squares.operands[0] == squares.operands[1]
        squares, depth = squares.operands[0], depth + 1
    assert depth == 3


NAMES = ("v", "w", "g", "a", "tau")


RNG = np.random.default_rng(5)


def read(text: str) -> Expression:
    return Reader(Place("test", 1), dict.fromkeys(NAMES, ONE)).quantity(ast.parse(text, mode="eval").body, ONE, "it")


@pytest.mark.parametrize(
    "text",
    [
        "v",
        "a",
        "-v / tau",
        "(a - v + g * w) / tau",
        "g * (a - v) + w",
        "(a - v) * g",
        "-(a - (v - w)) * 3 * tau / (g + 2)",
        "exp(g) * v - w**2",
        "where(g > a, -v, a * v + w) / tau",
        "v * 2 + v / 4",
    ],
)
def test_a_linear_expression_is_its_slope_times_the_name_plus_its_rest(text: str) -> None:
    expression = read(text)
    linear = linear_in(expression, "v")
    assert linear is not None
    assert "v" not in names_in(linear.slope) | names_in(linear.rest)
    values = dict(zip(NAMES, RNG.uniform(0.5, 2.0, (5, 20)), strict=True))
    expected = evaluate(expression, values)
    found = np.asarray(evaluate(linear.slope, values)) * values["v"] + evaluate(linear.rest, values)
    np.testing.assert_allclose(found, np.broadcast_to(expected, 20), rtol=1e-13)


@pytest.mark.parametrize(
    "text", ["v * v", "v**3", "1 / v", "exp(v)", "abs(v)", "max(v, a)", "where(v > a, v, a)", "g / (a - v)"]
)
def test_a_nonlinear_expression_is_not_linear(text: str) -> None:
    assert linear_in(read(text), "v") is None


def test_a_product_of_two_states_is_linear_in_each_but_not_in_both() -> None:
    expression = read("g * (a - v)")
    assert linear_in(expression, "v")
    assert linear_in(expression, "g")
    assert affine_in(expression, ("v", "g")) is None
    form = affine_in(read("(a - v + 2 * w) / tau"), ("v", "w", "g"))
    assert form is not None
    assert form[0].keys() == {"v", "w"}
