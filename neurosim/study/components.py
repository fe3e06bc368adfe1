"""Parse a component string (``name:key=value:key=value``) into a rule or network.

A component of the user's own is written ``package.module:Name:key=value``; ``mine.py:Name``, a file of the current
folder, is read as ``mine:Name``. Its options are the fields of its dataclass that have simple types. `_contents` is the
one place where a name becomes an import.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from neurosim.core.errors import InputError, one_line, one_of
from neurosim.core.options import changed, listed, options_of, parse, text_of

Kind = Literal["rules", "networks", "spiking_networks"]
_TABLES: Mapping[Kind, tuple[str, str, str]] = MappingProxyType(
    {
        "rules": ("neurosim.rules", "STUDY", "SYNAPTIC"),
        "networks": ("neurosim.networks", "TRAINED", "STANDALONE"),
        "spiking_networks": ("neurosim.networks", "STANDALONE", "TRAINED"),
    }
)
"""Kind -> its package, the package's table of this kind, and the table of its other components."""


class Component(NamedTuple):
    """A rule or network as it was written: its ``name``, its class, its ``options`` by type, and those ``written``."""

    kind: Kind
    name: str
    cls: Any
    options: Mapping[str, Any]
    written: Mapping[str, str]

    def build(self, defaults: Mapping[str, Any] = MappingProxyType({})) -> tuple[str, Any]:
        """The canonical label and a new object; ``defaults`` apply to options that are not written.

        The label is the name followed by the options that differ from the class's own defaults, in the order of its
        fields.

        Raises:
            InputError: an unknown option, or a value that it does not take.
        """
        owner = f"{self.kind}.{self.name}"
        texts = {key: text_of(value) for key, value in defaults.items()} | dict(self.written)
        for key in texts:
            if not self.options:
                raise InputError(f"{owner}: expected no options, got {key!r}")
            if key not in self.options:
                raise one_of(owner, key, self.options)
        try:
            built = self.cls(**{key: parse(f"{owner}.{key}", self.options[key], text) for key, text in texts.items()})
        except InputError:
            raise
        except (TypeError, ValueError) as error:  # an option without default that is missing, or a refused combination
            text = ":".join([self.name, *(f"{key}={value}" for key, value in self.written.items())])
            raise InputError(f"{owner}: expected options that fit, got {text!r}: {one_line(error)}") from error
        return ":".join([self.name, *changed(built, self.options)]), built


def known(kind: Kind) -> list[str]:
    """The names of a kind, sorted: rules, networks that a study trains, or standalone spiking networks.

    >>> "backprop" in known("rules"), "mlp" in known("networks"), "cuba" in known("spiking_networks")
    (True, True, True)
    """
    return sorted(_tables(kind)[0])


def find_component(kind: Kind, text: str) -> Component:
    """The component that ``text`` names, and the options written in it, not yet read.

    Raises:
        InputError: an unknown name, or an option that is not written key=value.
    """
    name, parts = _split(kind, text)
    cls = class_of(kind, name)
    options = options_of(cls)
    written: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            raise InputError(f"{kind}.{name}: expected key=value after each colon, got {part!r}; {listed(options)}")
        if key in written:
            raise InputError(f"{kind}.{name}.{key}: expected one value, got the option twice")
        written[key] = value
    return Component(kind, name, cls, options, written)


def resolve_component(kind: Kind, text: str, defaults: Mapping[str, Any] | None = None) -> tuple[str, Any]:
    """The canonical label of ``text`` and the object it names, see `Component.build`.

    >>> label, network = resolve_component("networks", "mlp:activation=relu:hidden=256x128")
    >>> label, network.hidden
    ('mlp:hidden=256x128:activation=relu', (256, 128))

    Raises:
        InputError: an unknown name or option, or a value that the option does not take.
    """
    return find_component(kind, text).build(defaults or {})


def class_of(kind: Kind, name: str) -> Any:
    """The class of a component by its name, without options.

    Raises:
        InputError: an unknown name.
    """
    module_name, dotted, class_name = name.partition(":")
    if not dotted:
        return _class_of_ours(kind, name)
    module = _contents(kind, module_name)
    cls = getattr(module, class_name, None)
    if not _is_of(kind, cls):
        fitting = [key for key in dir(module) if _is_of(kind, getattr(module, key, None))]
        raise one_of(f"{kind}.{module_name}", class_name, fitting)
    return cls


def _class_of_ours(kind: Kind, name: str) -> Any:
    table, others = _tables(kind)
    if name in table:
        return getattr(_contents(kind, f"{_TABLES[kind][0]}.{name}"), table[name][0])
    if name in others:
        use = {
            "rules": "a synaptic rule, not a rule of a study; pass it to connect(rule=...)",
            "networks": "a standalone spiking network, which no study trains; "
            f"run it by neurosim.networks.{others[name][0]}().build(seed).run(ms)",
            "spiking_networks": "which a study trains; see neurosim compare",
        }[kind]
        raise InputError(f"{kind}: expected one of {', '.join(sorted(table))}, got {name!r}, {use}")
    raise one_of(kind, name, table)


def _tables(kind: Kind) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """The files of a kind with their classes, and the other files of the same package."""
    package, own, others = _TABLES[kind]
    facade = _contents(kind, package)
    return getattr(facade, own), getattr(facade, others)


def _split(kind: Kind, text: str) -> tuple[str, list[str]]:
    """The name (with its class, where it is dotted) and the options of ``text``."""
    name, *parts = text.strip().split(":")
    if parts and "=" not in parts[0] and not any(name in table for table in _tables(kind)):
        name = f"{_module(kind, name, parts[0])}:{parts.pop(0)}"
    elif name.endswith(".py"):
        raise InputError(f"{kind}: expected a file and its class as {name}:MyClass, got {text!r}; name the class")
    return name, parts


def _module(kind: Kind, name: str, class_name: str) -> str:
    """The module called ``name``: an installed one, or a file ``mine.py`` in the current folder."""
    if not name.endswith(".py") and "/" not in name and "\\" not in name:
        return name
    path = PurePath(name)
    if path.parent != PurePath():
        remedy = f"run from {path.parent}, or put that folder on PYTHONPATH, and write {path.stem}:{class_name}"
        raise InputError(f"{kind}: expected a module or a file of the current folder, got {name!r}; {remedy}")
    found = None
    with suppress(ValueError):  # not the name of a module, or a module made by hand
        found = importlib.util.find_spec(path.stem)
    if found and found.origin and Path(found.origin).resolve() != Path(name).resolve():
        remedy = "rename the file"
        raise InputError(f"{kind}: expected {name} to be found, got {found.origin} of the same name; {remedy}")
    return path.stem


def _contents(kind: Kind, name: str) -> Any:
    """The module of this name."""
    try:
        return importlib.import_module(name)
    except Exception as error:  # a user's module may fail in any way
        shown = f"{type(error).__name__}: {one_line(error)}"
        raise InputError(f"{kind}: expected a module that can be imported, got {name!r}: {shown}") from error


def _is_of(kind: Kind, cls: Any) -> bool:
    """Whether a user's own ``cls`` is of this kind: a network that is built from a seed is a spiking one."""
    if kind == "rules" or not isinstance(cls, type):
        return isinstance(cls, type) and hasattr(cls, "direction")
    build = getattr(cls, "build", None)
    return build is not None and ("seed" in inspect.signature(build).parameters) == (kind == "spiking_networks")
