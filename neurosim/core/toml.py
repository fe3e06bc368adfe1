"""Mappings -> TOML text. The standard library reads TOML and does not write it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def to_toml(tables: Mapping[str, Any]) -> str:
    """Nested mappings of text, numbers, booleans and lists as TOML.

    >>> print(to_toml({"study": {"rules": ["backprop"], "epochs": 3}, "a:b": {"rate": 0.1}}), end="")
    [study]
    rules = ["backprop"]
    epochs = 3
    <BLANKLINE>
    ["a:b"]
    rate = 0.1
    """
    return "\n".join(_tables(tables, ()))


def _tables(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterable[str]:
    lines = [f"{_key(key)} = {_value(value)}\n" for key, value in table.items() if not isinstance(value, Mapping)]
    if lines or (path and not table):
        yield (f"[{'.'.join(map(_key, path))}]\n" if path else "") + "".join(lines)
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _tables(value, (*path, key))


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("-", "_").isidentifier() else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if value is None:
        return '"none"'
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # these forms are also TOML's
