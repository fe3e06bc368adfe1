"""Text to options and back: every simple type, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from neurosim.core.errors import InputError
from neurosim.core.options import changed, options_of, parse, text_of


@dataclass(frozen=True)
class Example:
    """One option of each simple type, and a field that text cannot set."""

    kind: Literal["a", "b"] = "a"
    flag: bool = False
    count: int = 1
    rate: float = 0.5
    sizes: tuple[int, ...] = (4, 2)
    name: str = "x"
    limit: float | None = None
    table: dict[str, int] = field(default_factory=dict)


VALUES: tuple[tuple[str, Any], ...] = (
    ("kind", "b"), ("flag", True), ("count", -3), ("rate", 1e-3), ("sizes", (256, 128)), ("sizes", ()),
    ("name", "two words"), ("limit", None), ("limit", 2.5),
)  # fmt: skip


@pytest.mark.parametrize(("option", "value"), VALUES)
def test_an_option_survives_the_way_through_text(option: str, value: Any) -> None:
    assert parse("owner", options_of(Example)[option], text_of(value)) == value


@pytest.mark.parametrize(
    ("option", "text"),
    [("kind", "c"), ("flag", "yes"), ("count", "1.5"), ("rate", "inf"), ("sizes", "4x0"), ("limit", "much")],
)
def test_text_of_another_type_is_refused_by_name(option: str, text: str) -> None:
    with pytest.raises(InputError, match=r"^owner: expected .*, got"):
        parse("owner", options_of(Example)[option], text)


def test_only_simple_fields_are_options_and_only_changes_are_written() -> None:
    options = options_of(Example)
    assert "table" not in options
    assert changed(Example(rate=2.0, sizes=(8,)), options) == ["rate=2.0", "sizes=8"]
