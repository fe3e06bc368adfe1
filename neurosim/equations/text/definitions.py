"""What the texts of neurons and of synaptic rules share: names defined once, constants, definitions in order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from neurosim.equations.text.expressions import Expression, evaluate, names_in
from neurosim.equations.text.reading import RESERVED, Reader
from neurosim.equations.text.syntax import Equation, Place
from neurosim.equations.text.units import ONE


def define(equations: dict[str, Equation], equation: Equation, reserved: Collection[str] = ()) -> None:
    """Add an equation under its name, which is neither reserved nor taken.

    Raises:
        InputError: a reserved name, or a second definition.
    """
    place, name = equation.place, equation.name
    if name in RESERVED or name in reserved:
        raise place.mistake("a name that is not reserved", repr(name), "choose another name")
    if before := equations.get(name):
        raise place.mistake(f"one definition of {name!r}", f"a second one (the first is line {before.place.line})")
    equations[name] = equation


def constant(equation: Equation) -> float:
    """The number of an equation ``name = number : unit``."""
    assert equation.right is not None
    read = Reader(equation.place, {}).quantity(equation.right, ONE, "a constant")
    number = read if isinstance(read, float) else evaluate(read, {})
    assert isinstance(number, float)
    return number


def in_order(read: Mapping[str, Expression], places: Mapping[str, Equation]) -> list[str]:
    """The names of the definitions ``read``, each after those that it uses.

    Raises:
        InputError: a definition that uses itself, directly or through others, with the circle.
    """
    order: list[str] = []
    uses = {name: names_in(expression) & read.keys() for name, expression in read.items()}
    while uses:
        ready = [name for name, used in uses.items() if not used & uses.keys()]
        if not ready:
            circle = _circle(uses)
            place = places[circle[0]].place
            raise place.mistake("a definition that does not use itself", " -> ".join([*circle, circle[0]]))
        order += ready
        for name in ready:
            del uses[name]
    return order


def _circle(uses: Mapping[str, Collection[str]]) -> list[str]:
    """Definitions of which each uses the next, and the last the first; each of ``uses`` uses another of them."""
    path = [min(uses)]
    while True:
        following = min(used for used in uses[path[-1]] if used in uses)
        if following in path:
            return path[path.index(following) :]
        path.append(following)


def allow_only(place: Place, expression: Expression, known: Iterable[str], where: str) -> None:
    """Refuse names other than the ``known`` ones.

    Raises:
        InputError: the first other name, in the order of the alphabet.
    """
    if others := names_in(expression).difference(known):
        raise place.mistake(f"only {', '.join(sorted(known))} in {where}", repr(min(others)))
