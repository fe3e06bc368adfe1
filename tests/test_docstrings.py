"""Docstrings of public names have the sections of NumPy's style, and these name every parameter."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from importlib import import_module
from types import FunctionType, SimpleNamespace
from typing import Any

import pytest

from neurosim import neurons

FACADES = (
    "neurosim",
    "neurosim.connectivity",
    "neurosim.datasets",
    "neurosim.equations",
    "neurosim.layers",
    "neurosim.learning",
    "neurosim.networks",
    "neurosim.neurons",
    "neurosim.report",
    "neurosim.rules",
    "neurosim.runlog",
    "neurosim.simulation",
)
HEADING = re.compile(r"^(\w+)\n-{3,}$", re.MULTILINE)
NAMES = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: : .+)?$", re.MULTILINE)
REFERENCE = re.compile(r"\b[Ss]ee `[\w.]+`")  # of a method that is documented in a protocol


def section(item: Any, heading: str) -> str | None:
    """The text below a heading of an object's docstring."""
    _, *parts = HEADING.split(inspect.cleandoc(item.__doc__ or ""))
    return dict(zip(parts[::2], parts[1::2], strict=True)).get(heading)


def parameters(item: Any) -> set[str]:
    """The names that a class or function of ours is called with, which for a dataclass are its fields."""
    call = item.__init__ if inspect.isclass(item) else item
    if not isinstance(call, FunctionType) or call.__module__ == "typing":  # of an error or a protocol
        return set()
    named = inspect.signature(call).parameters.values()
    return {each.name for each in named if each.kind != each.VAR_KEYWORD} - {"self", "cls"}


def lacking(item: Any) -> list[str]:
    """What a docstring lacks: itself, parameters by name, or "Returns"."""
    if not item.__doc__ or REFERENCE.search(item.__doc__):
        return [] if item.__doc__ else ["docstring"]
    explained = re.split(
        r"[\s,*]+", " ".join(NAMES.findall(section(item, "Parameters") or section(item, "Attributes") or ""))
    )
    unnamed = sorted(parameters(item) - set(explained))
    returns = isinstance(item, FunctionType) and item.__annotations__.get("return", None) not in (None, "None")
    return unnamed + ["Returns"] * (returns and section(item, "Returns") is None)


def members(owner: type) -> dict[str, Any]:
    """The public methods and properties of a class, each as the first of its bases has it: an override is no news."""
    found: dict[str, Any] = {}
    for base in reversed(owner.__mro__[:-1]):
        for name, member in vars(base).items():
            if not name.startswith("_"):
                found.setdefault(name, getattr(member, "__func__", member))
    return {name: member for name, member in found.items() if isinstance(member, FunctionType | property)}


def gaps(facade: Any) -> list[str]:
    """What the docstrings behind a facade lack, as ``facade.name: what`` and ``facade.name.method: what``."""
    found = []
    for name in facade.__all__:
        item = getattr(facade, name)
        if not inspect.isclass(item) and not isinstance(item, FunctionType):
            continue
        parts = {f".{part}": member for part, member in members(item).items()} if inspect.isclass(item) else {}
        for part, member in {"": item, **parts}.items():
            found += [f"{facade.__name__}.{name}{part}: {what}" for what in lacking(member)]
    return found


@pytest.mark.parametrize("facade", FACADES)
def test_docstrings_of_public_names_explain_parameters_and_results(facade: str) -> None:
    assert not gaps(import_module(facade))


@pytest.mark.parametrize("name", neurons.__all__)
def test_a_neuron_s_docstring_lists_its_parameters_with_their_defaults(name: str) -> None:
    model = getattr(neurons, name)
    entries = re.findall(
        r"- (.+?): .*?; ([-\d., ]+(?: and [-\d.]+)?)$", section(model, "Parameters") or "", re.MULTILINE
    )
    listed = {
        parameter.strip("`"): float(default)
        for names, defaults in entries
        for parameter, default in zip(names.split(", "), defaults.split(", "), strict=True)
    }
    assert listed == dict(model().values)


@dataclass
class Planted:
    """A planted class.

    Parameters
    ----------
    first : int
        Explained.
    """

    first: int
    second: int

    def bare(self) -> None:
        pass

    def answer(self) -> int:
        """Answer."""
        return self.first

    @property
    def silent(self) -> int:
        return self.second


def test_planted_gaps_are_seen() -> None:
    facade = SimpleNamespace(__name__="planted", __all__=["Planted"], Planted=Planted)
    expected = ["Planted: second", "Planted.bare: docstring", "Planted.answer: Returns", "Planted.silent: docstring"]
    assert gaps(facade) == [f"planted.{gap}" for gap in expected]
