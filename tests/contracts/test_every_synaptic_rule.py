"""What the docstring of every synaptic rule must hold, so that it can be used without a look into its file."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

import pytest

import neurosim.rules
from neurosim.core.errors import InputError
from neurosim.rules.triplet_stdp import VISUAL_CORTEX

MADE = [name for name in neurosim.rules.__all__ if inspect.isfunction(getattr(neurosim.rules, name))]
"""A rule of synapses is made by a function, a rule of a study is a class."""


def test_the_rules_of_synapses_are_found() -> None:
    assert "PairSTDP" in MADE
    assert "Backprop" not in MADE


@pytest.mark.parametrize("name", MADE)
def test_its_docstring_names_every_parameter_and_their_units(name: str) -> None:
    make: Any = getattr(neurosim.rules, name)
    text = inspect.getdoc(make) or ""
    known, of_a_set = inspect.signature(make).parameters, _set_of(name)
    rule = make(**_needed(make), **of_a_set)
    # tiny only keeps a logarithm finite
    unnamed = [
        key
        for key in {**known, **rule.values}.keys() - {"values", "tiny", *of_a_set}
        if not re.search(rf"\b{key}\b", text)
    ]
    assert unnamed == []
    assert "unit of the weights" in text


@pytest.mark.parametrize("name", MADE)
def test_an_unknown_or_a_missing_parameter_is_refused_in_one_line(name: str) -> None:
    make: Any = getattr(neurosim.rules, name)
    with pytest.raises(InputError, match=rf"^{name}\.parameter: expected one of .*w_min.*, got 'nope'$"):
        make(**_needed(make), **_set_of(name), nope=20.0)
    with pytest.raises(InputError, match=rf"^{name}\.w_max: expected a value in w, got none; pass w_max=...$"):
        make(**{**_needed(make), "w_max": None}, **_set_of(name))


def _needed(make: Any) -> dict[str, float]:
    """A value for each parameter without a default."""
    parameters = inspect.signature(make).parameters
    return {key: 2.0 for key, each in parameters.items() if each.default is each.empty and key != "values"}


def _set_of(name: str) -> Mapping[str, float]:
    return VISUAL_CORTEX if name.endswith("TripletSTDP") else {}
