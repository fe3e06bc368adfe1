"""Definitions: one per name, each after those that it uses, of names that may occur."""

from __future__ import annotations

import pytest

from neurosim.core.errors import InputError
from neurosim.equations.text.definitions import allow_only, constant, define, in_order
from neurosim.equations.text.expressions import Expression, add
from neurosim.equations.text.syntax import Equation, Place, equation


def line(text: str, number: int = 1) -> Equation:
    return equation(text, Place("model", number))


def test_a_name_is_defined_once_and_not_reserved() -> None:
    equations: dict[str, Equation] = {}
    define(equations, line("a = 1.0 : mV", 3))
    assert list(equations) == ["a"]
    with pytest.raises(InputError, match=r"^model line 7: expected one definition of 'a', got .* first is line 3"):
        define(equations, line("a : ms", 7))
    for word, reserved in (("dt", ()), ("sin", ()), ("pre", ("pre", "post"))):
        with pytest.raises(InputError, match=rf"^model line 2: expected a name that is not reserved, got '{word}'"):
            define(equations, line(f"{word} = 1.0 : 1", 2), reserved)
    define(equations, line("pre = 1.0 : 1"))
    assert list(equations) == ["a", "pre"]


@pytest.mark.parametrize(("text", "number"), [("2.5", 2.5), ("-3", -3.0), ("2 * 3.5 - 1", 6.0), ("2**0.5", 2**0.5)])
def test_a_constant_is_the_number_on_its_right(text: str, number: float) -> None:
    assert constant(line(f"a = {text} : mV")) == pytest.approx(number, rel=1e-15)


def test_definitions_come_after_those_that_they_use() -> None:
    read: dict[str, Expression] = {"a": add("b", "c"), "b": add("c", "x"), "c": "x", "d": 1.0}
    order = in_order(read, {})
    assert sorted(order) == ["a", "b", "c", "d"]
    assert order.index("c") < order.index("b") < order.index("a")


def test_a_circle_of_definitions_is_shown_from_its_first_name() -> None:
    read: dict[str, Expression] = {"a": "b", "b": add("c", "x"), "c": "b", "d": "a"}
    places = {name: line(f"{name} = 1 : 1", number) for number, name in enumerate("abcd", 1)}
    with pytest.raises(InputError, match=r"^model line 2: expected a definition that .*, got b -> c -> b"):
        in_order(read, places)


def test_other_names_are_refused_in_the_order_of_the_alphabet() -> None:
    allow_only(Place("model", 1), add("a", 1.0), {"a", "b"}, "it")
    with pytest.raises(InputError, match=r"^model line 1: expected only a, b in it, got 'c'"):
        allow_only(Place("model", 1), add("d", add("c", "a")), {"b", "a"}, "it")
