"""What the docstring of every synaptic rule must hold, so that it can be used without a look into its file."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

import neurosim.rules
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
    known = inspect.signature(make).parameters
    needed = {key: 2.0 for key, each in known.items() if each.default is each.empty and key != "values"}
    of_a_set = VISUAL_CORTEX if name.endswith("TripletSTDP") else {}
    rule = make(**needed, **of_a_set)
    # tiny only keeps a logarithm finite
    unnamed = [
        key
        for key in {**known, **rule.values}.keys() - {"values", "tiny", *of_a_set}
        if not re.search(rf"\b{key}\b", text)
    ]
    assert unnamed == []
    assert "unit of the weights" in text
