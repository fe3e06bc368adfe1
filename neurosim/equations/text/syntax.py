"""From a text of equations to statements: each line is split at a keyword or at ``=`` and at the last `` : ``.

dv/dt = expression : unit, flags      a state variable             name = expression : unit, flags    a definition
name : unit, flags                    a parameter, or an input     spike when condition
on event: statement; statement        refractory duration: hold v
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import starmap
from typing import TypeAlias

from neurosim.core.errors import InputError, one_of
from neurosim.equations.text.units import UNITS, Unit, parse_unit

FLAGS = ("input", "shared", "signal")
_KEYWORDS = "'dv/dt = ... : unit', 'name = ... : unit', 'name : unit', 'spike when', 'on', 'refractory'"


@dataclass(frozen=True)
class Place:
    """Where in which text: ``owner`` is the name of the model, ``line`` counts from 1."""

    owner: str
    line: int

    def __str__(self) -> str:
        return f"{self.owner} line {self.line}"

    def mistake(self, expected: str, got: str, remedy: str = "") -> InputError:
        """The error that says so in one line."""
        return InputError(f"{self}: expected {expected}, got {got}" + (f"; {remedy}" if remedy else ""))


@dataclass(frozen=True)
class Equation:
    """``name = right``, or its derivative if ``rate``, or only declared (``right`` is None); ``unit`` of the name.

    ``names`` are those on the right, of functions too; ``is_constant``: it is ``name = number``, a parameter.
    """

    place: Place
    name: str
    rate: bool
    right: ast.expr | None
    unit: Unit
    flags: tuple[str, ...]
    names: tuple[str, ...] = ()
    is_constant: bool = False


@dataclass(frozen=True)
class SpikeWhen:
    """The condition of a spike."""

    place: Place
    condition: ast.expr


@dataclass(frozen=True)
class On:
    """``statements`` (target, right side), done in order at an ``event``."""

    place: Place
    event: str
    statements: tuple[tuple[str, ast.expr], ...]


@dataclass(frozen=True)
class Refractory:
    """For ``duration`` after a spike the variables ``held`` do not change."""

    place: Place
    duration: ast.expr
    held: tuple[str, ...]


Statement: TypeAlias = Equation | SpikeWhen | On | Refractory


def statements(text: str, owner: str) -> list[Statement]:
    """The statements of ``text`` in order.

    Raises:
        InputError: a line that is none of the forms above.
    """
    return list(starmap(_statement, content_of(text, owner)))


def content_of(text: str, owner: str) -> list[tuple[str, Place]]:
    """The lines of ``text`` that are more than a comment, without it, and their places."""
    lines = (line.partition("#")[0].strip() for line in text.strip("\n").splitlines())
    return [(content, Place(owner, number)) for number, content in enumerate(lines, 1) if content]


def _statement(line: str, place: Place) -> Statement:
    if match := re.fullmatch(r"spike\s+when\s+(.+)", line):
        return SpikeWhen(place, expression(match[1], place))
    if match := re.fullmatch(r"on\s+(\w+)\s*:(.*)", line):
        return On(place, match[1], tuple(assignments(match[2], place)))
    if match := re.fullmatch(r"refractory\s+([^:]+):\s*hold\s+(.+)", line):
        held = tuple(name.strip() for name in match[2].split(","))
        return Refractory(place, expression(match[1], place), held)
    if re.match(r"(spike|on|refractory)\b(?!\s*[=:])", line):
        raise place.mistake(
            "'spike when condition', 'on spike: v = ...; w = ...' or 'refractory t_ref: hold v'", repr(line)
        )
    return equation(line, place)


def equation(line: str, place: Place, known: tuple[str, ...] = FLAGS, units: Mapping[str, Unit] = UNITS) -> Equation:
    """The statement ``line`` with a unit and flags, which must be among the ``known`` and ``units``."""
    left, colon, right = re.sub(r"\s+:\s+", " : ", line).rpartition(" : ")
    if not colon:
        remedy = "write the unit after ' : ' with spaces, e.g. tau = 20.0 : ms"
        raise place.mistake(f"one of {_KEYWORDS}", repr(line), remedy)
    unit, *flags = map(str.strip, right.split(","))
    for flag in flags:
        if flag not in known:
            raise one_of(f"{place}: flag", flag, known)
    name, equals, value = map(str.strip, left.partition("="))
    rate = re.fullmatch(r"d\s*(\w+)\s*/\s*dt", name)
    name = rate[1] if rate else name
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise place.mistake("a name or 'dname/dt' on the left", repr(name))
    if rate and not equals:
        raise place.mistake(f"'d{name}/dt = ...'", repr(line))
    tree = expression(value, place) if equals else None
    names = tuple(names_of(tree))
    is_constant = tree is not None and not rate and not names
    return Equation(place, name, bool(rate), tree, _unit(unit, place, units), tuple(flags), names, is_constant)


def names_of(tree: ast.expr | None) -> list[str]:
    """The names in an expression, of functions too."""
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)] if tree is not None else []


def _unit(text: str, place: Place, known: Mapping[str, Unit]) -> Unit:
    try:
        return parse_unit(text, known)
    except ValueError as error:
        remedy = f"known are {', '.join(known)}, with *, /, ** and sqrt()"
        raise place.mistake("a unit", repr(str(error)), remedy) from None


def assignments(text: str, place: Place) -> Iterator[tuple[str, ast.expr]]:
    """The statements of ``text``, separated by semicolons: what is assigned, and its right side."""
    for part in filter(None, map(str.strip, text.split(";"))):
        match _parsed(part, "exec", place):
            case ast.Module(body=[ast.Assign(targets=[ast.Name(id=name)], value=value)]):
                yield name, value
            case ast.Module(body=[ast.AugAssign(target=ast.Name(id=name), op=operator, value=value)]):
                yield name, ast.BinOp(ast.Name(name, ast.Load()), operator, value)
            case _:
                raise place.mistake("a statement 'name = expression'", repr(part))


def expression(text: str, place: Place) -> ast.expr:
    """``text`` parsed as a Python expression."""
    parsed = _parsed(text.strip(), "eval", place)
    assert isinstance(parsed, ast.Expression)
    return parsed.body


def _parsed(text: str, mode: str, place: Place) -> ast.AST:
    try:
        return ast.parse(text, mode=mode)
    except (SyntaxError, ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it cannot be parsed"
        raise place.mistake("a Python expression", repr(text), reason) from None
