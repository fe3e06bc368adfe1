"""Settings are checked, and a mistake names the field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurosim.core.errors import InputError
from neurosim.learning.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


def refusal(call: Any, *arguments: Any) -> str:
    """The one line with which a call is refused."""
    with pytest.raises(InputError) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("epochs", 0, "a number >= 1"),
        ("epochs", 1.5, "a whole number"),
        ("epochs", True, "a whole number"),
        ("epochs", "3", "a whole number"),
        ("rate", 0.0, "a number > 0"),
        ("rate", float("nan"), "a finite number"),
        ("rate", float("inf"), "a finite number"),
        ("warmup", 1.0, "a number < 1"),
        ("momentum", -0.1, "a number >= 0"),
        ("validation", 1.0, "a number < 1"),
        ("clip_norm", 0.0, "a number > 0"),
        ("early_stopping", 0, "a number >= 1"),
        ("precision", "float16", "'float32' or 'float64'"),
    ],
)
def test_a_setting_out_of_its_range_is_refused(key: str, value: object, expected: str) -> None:
    text = refusal(Settings(epochs=1, rate=1.0).override, {key: value})
    assert text == f"settings.{key}: expected {expected}, got {value!r}"


def test_none_switches_an_optional_setting_off() -> None:
    assert Settings(epochs=1, rate=1.0, clip_norm=2.0).override({"clip_norm": "none"}).clip_norm is None


def test_an_unknown_setting_lists_the_known_ones() -> None:
    text = refusal(Settings(epochs=1, rate=1.0).override, {"rte": 0.1})
    assert "expected one of batch, " in text
    assert text.endswith("got 'rte'; did you mean 'rate'?")


@pytest.mark.parametrize(
    ("other", "ours"),
    [
        ("lr", "rate"),
        ("Learning_Rate", "rate"),
        ("optimizer", "optimiser"),
        ("batch_size", "batch"),
        ("weight_decay", "l2"),
    ],
)
def test_the_name_that_other_programs_give_a_setting_leads_to_ours(other: str, ours: str) -> None:
    text = refusal(Settings(epochs=1, rate=1.0).override, {other: 0.1})
    assert text.endswith(f"got {other!r}; did you mean {ours!r}?")
