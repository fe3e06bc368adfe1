"""Options as text: the fields of a dataclass that have simple types, as ``key=value``.

Simple types are Literal, bool (true, false), int, float, tuple[int, ...] (256x128), str;
each of them may be optional (none).
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

from neurosim.core.errors import InputError, one_of


def options_of(cls: Any) -> dict[str, Any]:
    """The fields that text can set: name -> type."""
    if not dataclasses.is_dataclass(cls):
        return {}
    hints = typing.get_type_hints(cls)
    return {f.name: hints[f.name] for f in dataclasses.fields(cls) if f.init and _is_simple(hints[f.name])}


def _is_simple(kind: Any) -> bool:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return len(arguments) == 2 and type(None) in arguments and any(_is_simple(part) for part in arguments)
    return kind in (bool, int, float, str, tuple[int, ...]) or origin is Literal


def meaning(kind: Any) -> str:
    """The values that an option of a simple type takes, in words.

    >>> meaning(Literal["sgd", "adam"]), meaning(float | None), meaning(tuple[int, ...])
    ('sgd, adam', 'number or none', 'sizes as 256x128')
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return meaning(arguments[0])
    if origin is Literal:
        return ", ".join(map(text_of, arguments))
    if type(None) in arguments:
        return f"{meaning(next(part for part in arguments if part is not type(None)))} or none"
    return {bool: "true, false", int: "whole number", float: "number", str: "text"}.get(kind, "sizes as 256x128")


def parse(owner: str, kind: Any, text: str) -> Any:
    """``text`` as a value of the simple type ``kind``."""
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is Literal:
        allowed = {text_of(value): value for value in arguments}
        if text not in allowed:
            raise one_of(owner, text, allowed)
        return allowed[text]
    if type(None) in arguments:
        return (
            None if text == "none" else parse(owner, next(part for part in arguments if part is not type(None)), text)
        )
    if kind is bool:
        if text not in ("true", "false"):
            raise InputError(f"{owner}: expected true or false, got {text!r}")
        return text == "true"
    if kind is str:
        return text
    expected = {int: "a whole number", float: "a finite number"}.get(kind, "sizes >= 1 joined by x, as 256x128")
    try:
        if kind is int:
            return int(text)
        if kind is float and math.isfinite(number := float(text)):
            return number
        if (
            kind == tuple[int, ...]
            and min(sizes := tuple(int(size) for size in text.split("x") if text), default=1) >= 1
        ):
            return sizes
    except ValueError:
        pass
    raise InputError(f"{owner}: expected {expected}, got {text!r}")


def text_of(value: Any) -> str:
    """A value as it is written after an equals sign."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return "x".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)


def changed(built: Any, fields: Mapping[str, Any]) -> list[str]:
    """The options of ``built`` that differ from its class's defaults, as ``key=value``."""
    changed = []
    for field in dataclasses.fields(built) if fields else ():
        default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        if field.name in fields and (value := getattr(built, field.name)) != default:
            changed.append(f"{field.name}={text_of(value)}")
    return changed


def listed(fields: Mapping[str, Any]) -> str:
    return f"known options: {', '.join(fields)}" if fields else "it has no options"
