"""Units fit together as physics says, and read as they are written."""

from __future__ import annotations

import pytest

from neurosim.equations.text.units import UNITS, parse_unit


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("pA", "mV*nS"),
        ("ms", "pF/nS"),
        ("mV", "pA*GOhm"),
        ("1", "GOhm*nS"),
        ("mV/ms", "pA/pF"),
        ("1/ms", "1/(pF*GOhm)"),
        ("mV**2/ms", "(mV/sqrt(ms))**2"),
        ("1/(mV*ms)", "1/mV/ms"),
    ],
)
def test_equal_units_are_equal_however_they_are_written(left: str, right: str) -> None:
    assert parse_unit(left) == parse_unit(right)


def test_no_two_named_units_are_equal_and_the_hertz_is_not_one_per_ms() -> None:
    assert len(set(UNITS.values())) == len(UNITS)
    assert parse_unit("Hz") != parse_unit("1/ms")


@pytest.mark.parametrize("text", ["1", "ms", "mV", "pA", "pF", "nS", "GOhm", "Hz", "mV/ms", "1/ms", "mV/sqrt(ms)"])
def test_a_unit_prints_as_a_user_writes_it(text: str) -> None:
    assert str(parse_unit(text)) == text


def test_a_unit_without_a_name_prints_as_its_powers() -> None:
    assert str(parse_unit("1/(mV*ms)")) == "mV**-1*ms**-1"


@pytest.mark.parametrize(("text", "word"), [("mv", "mv"), ("mV ms", "mV ms"), ("2", "2"), ("mV/Ohm", "Ohm"), ("", "")])
def test_what_is_no_unit_is_refused_with_the_word(text: str, word: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_unit(text)
    assert str(raised.value) == word
