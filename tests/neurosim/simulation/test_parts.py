"""What the parts of a network refuse, and how they are written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.core.errors import InputError
from neurosim.neurons import LIF
from neurosim.simulation.parts import in_words


@pytest.mark.parametrize("options", [{"bound": 0.0}, {"bound": np.inf}, {"w_max": -1.0}])
def test_bounds_of_graded_transmission_are_above_zero(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=rf"Graded\.{next(iter(options))}: expected a number > 0"):
        ns.Graded("q", **options)


def test_a_declaration_does_not_follow_what_is_declared_later() -> None:
    net = ns.Network(seed=3)
    first = net.population("a", 2, LIF())
    declared = net.declaration
    net.population("b", 2, LIF())
    net.drive("b", 1.0, 1.0)
    assert (declared.populations, declared.drives, declared.seed) == ((first,), (), 3)


def test_arrays_are_written_by_their_shape() -> None:
    assert in_words(ns.Normal(1.0, 0.5)) == "Normal(mean=1.0, sd=0.5, low=-inf, high=inf, clip=False)"
    assert in_words([1.0, 2.0]) == "array of shape (2,)"
