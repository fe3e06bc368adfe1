"""The available rules, networks and settings, each with its options and their meaning."""

from __future__ import annotations

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from neurosim.core.errors import one_of
from neurosim.core.options import meaning, options_of, text_of
from neurosim.learning.settings import Settings
from neurosim.study.components import Kind, class_of, known

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {"rules": "rules", "networks": "networks", "bench": "spiking_networks"}
)
"""Word after `neurosim list` -> kind of component; bench: standalone spiking networks."""
NEEDED: Final = "needed"


class Option(NamedTuple):
    """``default`` as text, the ``values`` that it takes, and its meaning (``means``) unless the entry has it."""

    name: str
    default: str
    values: str
    means: str = ""


class Entry(NamedTuple):
    """A rule or a network: a ``summary`` of one line, its ``options``, and ``details`` of these."""

    name: str
    summary: str
    options: tuple[Option, ...]
    details: str


def listed(kind: str) -> list[Entry]:
    """The entries of a kind: rules, networks, bench or settings.

    >>> [entry.name for entry in listed("rules")][:2]
    ['backprop', 'diehl_cook']
    """
    if kind == "settings":
        return [Entry("settings", _first(Settings), tuple(_settings()), "")]
    if kind not in KINDS:
        raise one_of("list", kind, [*KINDS, "settings"])
    component = KINDS[kind]
    return [_entry(name, class_of(component, name)) for name in known(component)]


def as_text(entries: Sequence[Entry]) -> str:
    """Entries for a terminal."""
    return "\n\n".join("\n".join(_lines(entry)) for entry in entries)


def as_plain(entries: Sequence[Entry]) -> list[Mapping[str, Any]]:
    """Entries for JSON."""
    return [{**entry._asdict(), "options": [option._asdict() for option in entry.options]} for entry in entries]


def _entry(name: str, cls: Any) -> Entry:
    summary = " ".join(str(inspect.getmodule(cls).__doc__).split("\n\n")[0].split())
    summary = summary.removeprefix("Spiking network").lstrip(": ")
    fields = {field.name: field for field in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else {}
    options = tuple(Option(key, _default(fields[key]), meaning(kind)) for key, kind in options_of(cls).items())
    details = re.split(r"\n\n(?:Returns|Raises|References|Examples)\n-|\n\n>>>", inspect.cleandoc(cls.__doc__ or ""))[0]
    return Entry(name, summary, options, details if options else "")


def _default(field: Any) -> str:
    if field.default is dataclasses.MISSING:
        return NEEDED if field.default_factory is dataclasses.MISSING else text_of(field.default_factory())
    return text_of(field.default)


def _settings() -> Iterator[Option]:
    for name, field in Settings.model_fields.items():
        default = "of the network and data" if field.is_required() else text_of(field.default)
        yield Option(name, default, meaning(field.annotation), field.description or "")


def _first(cls: type) -> str:
    return inspect.cleandoc(cls.__doc__ or "").split("\n")[0]


def _lines(entry: Entry) -> Iterator[str]:
    yield f"{entry.name}: {entry.summary}"
    for option in entry.options:
        yield f"    {option.name}={option.default}  ({option.values})" + (f"  {option.means}" if option.means else "")
    if entry.details:
        yield textwrap.indent(entry.details, "  | ")
