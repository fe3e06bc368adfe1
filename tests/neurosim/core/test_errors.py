"""One exception, one line."""

from __future__ import annotations

import pytest

from neurosim.core.errors import InputError, one_of


def test_bad_input_can_be_caught_as_a_value_error() -> None:
    with pytest.raises(ValueError, match="epochs: expected"):
        raise InputError("epochs: expected a whole number >= 1, got 0")


def test_an_unknown_word_lists_the_known_ones_in_order() -> None:
    assert str(one_of("rule", "x", iter(["stdp", "backprop"]))) == "rule: expected one of backprop, stdp, got 'x'"


def test_where_there_is_nothing_to_choose_from_no_list_is_promised() -> None:
    assert str(one_of("rule", "x", [])) == "rule: expected no name, since there is none to choose from, got 'x'"


@pytest.mark.parametrize(("got", "meant"), [("backpropp", "backprop"), ("sdtp", "stdp"), ("STDP", "stdp")])
def test_a_near_miss_names_the_word_that_was_meant(got: str, meant: str) -> None:
    assert str(one_of("rule", got, ["backprop", "stdp"])).endswith(f"; did you mean {meant!r}?")


def test_the_message_is_one_line_whatever_the_user_typed() -> None:
    assert "\n" not in str(one_of("rule", "back\nprop", ["backprop"]))
