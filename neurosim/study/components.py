"""Text of a user -> a rule or network by its name, with its options.

A component is written ``name:key=value:key=value`` or ``package.module:Name:key=value``; ``mine.py:Name``, a file of
the current folder, is read as ``mine:Name``. Its options are the fields of its dataclass that have simple types.
`_contents` is the one place where a name becomes an import.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any, Literal, NamedTuple

from neurosim.core.errors import InputError, one_line, one_of
from neurosim.core.options import changed, listed, options_of, parse, text_of

Kind = Literal["rules", "networks", "spiking_networks"]


def known(kind: Kind) -> list[str]:
    """The names of a kind, sorted: rules, networks that a study trains, or spiking networks, built from a seed alone.

    >>> "backprop" in known("rules"), "mlp" in known("networks"), "cuba" in known("spiking_networks")
    (True, True, True)
    """
    houses = {name: _house(kind, name) for name in _names(_room(kind))}
    return [name for name, at in houses.items() if _is_of(kind, _contents(kind, at.module).get(at.class_name))]


def resolve_component(kind: Kind, text: str, defaults: Mapping[str, Any] | None = None) -> tuple[str, Any]:
    """The canonical label of ``text`` and the object it names.

    The label is the name followed by the options that differ from the class's own defaults, in the order of its
    fields. ``defaults`` (of a network on a data set) apply to options that the text does not set.

    >>> label, network = resolve_component("networks", "mlp:activation=relu:hidden=256x128")
    >>> label, network.hidden
    ('mlp:hidden=256x128:activation=relu', (256, 128))

    Raises:
        InputError: an unknown name or option, or a value that the option does not take.
    """
    name, parts = _split(kind, text)
    cls = class_of(kind, name)
    options = options_of(cls)
    given = _given(f"{kind}.{name}", options, parts, defaults or {})
    try:
        built = cls(**given)
    except InputError:
        raise
    except (TypeError, ValueError) as error:  # an option without default that is missing, or a refused combination
        raise InputError(f"{kind}.{name}: expected options that fit, got {text!r}: {one_line(error)}") from error
    return ":".join([name, *changed(built, options)]), built


def class_of(kind: Kind, name: str) -> Any:
    """The class of a component by its name, without options.

    Raises:
        InputError: an unknown name.
    """
    address = _address(kind, name)
    found = _contents(kind, address.module)
    cls = found.get(address.class_name)
    if not _is_of(kind, cls):
        fitting = [key for key, value in found.items() if _is_of(kind, value)]
        raise one_of(f"{kind}.{address.module}", address.class_name, fitting)
    return cls


class _Address(NamedTuple):
    """Where a component is defined."""

    module: str
    class_name: str


def _room(kind: Kind) -> str:
    """The folder of a kind."""
    return "rules" if kind == "rules" else "networks"


def _names(room: str) -> list[str]:
    spec = importlib.util.find_spec(f"neurosim.{room}")
    folders = spec.submodule_search_locations if spec else None
    return sorted(module.name for module in pkgutil.iter_modules(folders) if not module.name.startswith("_"))


def _split(kind: Kind, text: str) -> tuple[str, list[str]]:
    """The name (with its class, where it is dotted) and the options of ``text``."""
    name, *parts = text.strip().split(":")
    if parts and "=" not in parts[0] and name not in _names(_room(kind)):
        name = f"{_module(kind, name, parts[0])}:{parts.pop(0)}"
    elif name.endswith(".py"):
        raise InputError(f"{kind}: expected a file and its class as {name}:MyClass, got {text!r}; name the class")
    return name, parts


def _module(kind: Kind, name: str, class_name: str) -> str:
    """The module that ``name`` means: its own, or that of a file ``mine.py`` in the current folder."""
    if not name.endswith(".py") and "/" not in name and "\\" not in name:
        return name
    path = PurePath(name)
    if path.parent != PurePath():
        remedy = f"run from {path.parent}, or put that folder on PYTHONPATH, and write {path.stem}:{class_name}"
        raise InputError(f"{kind}: expected a module or a file of the current folder, got {name!r}; {remedy}")
    found = None
    with suppress(ValueError):  # no name of a module, or one that was made by hand
        found = importlib.util.find_spec(path.stem)
    if found and found.origin and Path(found.origin).resolve() != Path(name).resolve():
        remedy = "give the file a name of its own"
        raise InputError(f"{kind}: expected {name} to be found, got {found.origin} of the same name; {remedy}")
    return path.stem


def _address(kind: Kind, name: str) -> _Address:
    """The module and the class of a name."""
    module, dotted, class_name = name.partition(":")
    if dotted:
        return _Address(module, class_name)
    address = _house(kind, name)
    if name in (names := known(kind)):
        return address
    if name in _names(_room(kind)):
        raise InputError(_misplaced(kind, address, names))
    raise one_of(kind, name, names)


def _house(kind: Kind, name: str) -> _Address:
    """Where a component of ours is: my_rule in the file my_rule.py, as the class MyRule."""
    return _Address(f"neurosim.{_room(kind)}.{name}", "".join(word.capitalize() for word in name.split("_")))


def _contents(kind: Kind, module: str) -> dict[str, Any]:
    """What the module of this name defines."""
    try:
        return vars(importlib.import_module(module))
    except Exception as error:  # a user's module may fail in any way
        shown = f"{type(error).__name__}: {one_line(error)}"
        raise InputError(f"{kind}: expected a module that can be imported, got {module!r}: {shown}") from error


def _misplaced(kind: Kind, address: _Address, names: list[str]) -> str:
    """The complaint about a rule or network that serves something else."""
    use = {
        "rules": "a synaptic rule, no rule of a study; give it to connect(rule=...)",
        "networks": "a spiking network that no study trains; "
        f"run it by neurosim.networks.{address.class_name}().build(seed).run(ms)",
        "spiking_networks": "which a study trains; see neurosim compare",
    }[kind]
    return f"{kind}: expected one of {', '.join(names)}, got {address.module.rpartition('.')[2]!r}, {use}"


def _is_of(kind: Kind, cls: Any) -> bool:
    """Whether ``cls`` is a class of this kind; a network that is built from a seed is a spiking one."""
    if kind == "rules" or not isinstance(cls, type):
        return isinstance(cls, type) and hasattr(cls, "direction")
    build = getattr(cls, "build", None)
    return build is not None and ("seed" in inspect.signature(build).parameters) == (kind == "spiking_networks")


def _given(owner: str, options: Mapping[str, Any], parts: list[str], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the options that are written in ``parts`` or else in ``defaults``."""
    written: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            raise InputError(f"{owner}: expected key=value after each colon, got {part!r}; {listed(options)}")
        if key in written:
            raise InputError(f"{owner}.{key}: expected one value, got the option twice")
        written[key] = value
    texts = {key: text_of(value) for key, value in defaults.items()} | written
    for key in texts:
        if key not in options:
            raise one_of(owner, key, options) if options else InputError(f"{owner}: expected no options, got {key!r}")
    return {key: parse(f"{owner}.{key}", options[key], text) for key, text in texts.items()}
