"""Linear forms are found, and mean the same as the expression."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from neurosim.equations.text.expressions import Expression, evaluate, names_in
from neurosim.equations.text.linearity import affine_in, linear_in
from neurosim.equations.text.reading import Reader
from neurosim.equations.text.syntax import Place
from neurosim.equations.text.units import ONE

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
