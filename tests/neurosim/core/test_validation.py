"""Errors of pydantic in one line each, with the name of the field."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from neurosim.core.errors import InputError
from neurosim.core.validation import STRICT, validated


class Inner(BaseModel):
    """A table within a table."""

    model_config = STRICT
    rate: float = Field(default=0.1, gt=0)


class Outer(BaseModel):
    """Settings as they come from a user."""

    model_config = STRICT
    epochs: int
    kind: Literal["sgd", "adam"] = "sgd"
    inner: Inner = Inner()


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, "study.epochs: expected a value, got none"),
        ({"epochs": 1.5}, "study.epochs: expected a whole number, got 1.5"),
        ({"epochs": 1, "inner": {"rate": 0.0}}, "study.inner.rate: expected a number > 0, got 0.0"),
        ({"epochs": 1, "inner": {"lr": 1.0}}, "study.inner: expected one of rate, got 'lr'; did you mean 'rate'?"),
        ({"epochs": 1, "kind": "rmsprop"}, "study.kind: expected 'sgd' or 'adam', got 'rmsprop'"),
    ],
)
def test_the_first_error_is_one_line_that_names_its_field(values: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as error:
        validated(Outer, values, "study")
    assert str(error.value) == line


def test_valid_settings_come_back_as_the_model() -> None:
    assert validated(Outer, {"epochs": 2, "inner": {"rate": 0.5}}, "study").inner.rate == 0.5
