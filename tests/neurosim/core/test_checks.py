"""Every check against values on both sides of its border."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from neurosim.core.checks import check_name, check_number, check_seed, name_of, whole_number
from neurosim.core.errors import InputError


@pytest.mark.parametrize("value", [1, 7, np.int64(3), np.uint8(5)])
def test_a_whole_number_comes_back_as_an_int(value: Any) -> None:
    found = whole_number("batch", value, 1, 7)
    assert type(found) is int
    assert found == value


@pytest.mark.parametrize("value", [0, 8, True, 2.0, np.float64(2.0), "2", None])
def test_anything_else_is_no_whole_number_of_the_range(value: Any) -> None:
    with pytest.raises(InputError, match=r"batch: expected a whole number from 1 to 7, got"):
        whole_number("batch", value, 1, 7)


def test_a_seed_is_below_two_to_the_64() -> None:
    assert check_seed("seed", np.uint64(2**64 - 1)) == 2**64 - 1
    for seed in (-1, 2**64, 1.0, False):
        with pytest.raises(InputError, match=r"seed: expected a whole number in \[0, 2\*\*64\)"):
            check_seed("seed", seed)


@pytest.mark.parametrize("value", [0.0, -1, np.inf, np.nan, True, "1"])
def test_a_number_must_be_finite_and_above_its_limit(value: Any) -> None:
    assert check_number("dt", np.float32(0.5), least=0.0) == 0.5
    with pytest.raises(InputError, match="dt: expected a number > 0, got"):
        check_number("dt", value, least=0.0)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0", 3])
def test_a_name_can_stand_in_a_log(name: object) -> None:
    assert check_name("population.name", "exc") == "exc"
    with pytest.raises(InputError, match=r"population\.name: expected a name"):
        check_name("population.name", name)


def test_a_part_is_meant_by_handle_or_name() -> None:
    assert name_of(SimpleNamespace(name="exc")) == name_of("exc") == "exc"
