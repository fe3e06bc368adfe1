"""From the text of a synaptic rule to statements. Beside the equations, definitions and parameters of neurons:

dx/dt = expression : unit, pre        a variable per presynaptic (pre) or postsynaptic (post) neuron, else per synapse
total = sum(expression) : unit, post  over all synapses of the projection at a postsynaptic neuron, in canonical order
c : unit                              a parameter; a variable if some event assigns it
c = expression : unit, parameter      a parameter whose default follows from other parameters
on event: statement; send expression  at a spike (pre, post), at the start, or at a signal
every time: statement; statement      at multiples of a time
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import starmap
from typing import TypeAlias

from neurosim.equations.text.syntax import Equation, Place, assignments, content_of, equation, expression
from neurosim.equations.text.units import RULE_UNITS

SIDES = ("pre", "post")
PARAMETER = "parameter"


@dataclass(frozen=True)
class Event:
    """``statements`` (target, right side), done in order at an event; the target None stands for ``send``.

    The event is named ("pre", "post", "start", a signal), or comes ``every`` so often.
    """

    place: Place
    name: str
    every: ast.expr | None
    statements: tuple[tuple[str | None, ast.expr], ...]


Statement: TypeAlias = Equation | Event


def statements(text: str, owner: str) -> list[Statement]:
    """The statements of ``text`` in order.

    Raises:
        InputError: a line that is none of the forms above.
    """
    return list(starmap(_statement, content_of(text, owner)))


def _statement(line: str, place: Place) -> Statement:
    if match := re.fullmatch(r"on\s+(\w+)\s*:(.*)", line):
        return Event(place, match[1], None, tuple(_actions(match[2], place)))
    if match := re.fullmatch(r"every\s+([^:]+):(.*)", line):
        return Event(place, "every", expression(match[1], place), tuple(_actions(match[2], place)))
    if re.match(r"(on|every|spike|refractory)\b(?!\s*[=:])", line):
        raise place.mistake(
            "'on pre: send w; w = ...', 'on post: ...', 'on signal: ...' or 'every time: ...'", repr(line)
        )
    return equation(line, place, (*SIDES, PARAMETER), RULE_UNITS)


def _actions(text: str, place: Place) -> Iterator[tuple[str | None, ast.expr]]:
    for piece in text.split(";"):
        if match := re.fullmatch(r"\s*send\s+(.+)", piece):
            yield None, expression(match[1], place)
        else:
            yield from assignments(piece, place)
