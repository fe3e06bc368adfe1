"""From statements to checked `Equations`: every name is known and defined once, every unit fits.

A definition ``name = expression`` stands for its expression wherever its name occurs, so it is replaced here. A
definition flagged shared is one number for the whole population and keeps its name; a name flagged signal is a number
of the network, one for each sample of a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from neurosim.core.errors import one_of
from neurosim.equations.text import syntax
from neurosim.equations.text.definitions import allow_only, constant, define, in_order
from neurosim.equations.text.expressions import Call, Expression, replace
from neurosim.equations.text.reading import Reader
from neurosim.equations.text.syntax import Equation, On, Place, Refractory, SpikeWhen
from neurosim.equations.text.units import MS, PER_ROOT_MS, Unit

EVENTS = ("spike", "start")
Assignments = tuple[tuple[str, Expression], ...]


@dataclass(frozen=True)
class Equations:
    """A checked text. Expressions name states, parameters, shared variables, ``dt``, ``t`` and, in derivatives, ``xi``.

    ``states`` are the names with a derivative and the plain inputs, in the order of the text; ``derivatives`` have
    the unit of the state per ms; ``parameters`` maps to defaults (None: a value must be given); ``inputs`` is the
    part of ``states`` into which spikes are delivered; ``signals`` are numbers of the network, read by name;
    ``units`` holds the units of all names.
    """

    states: tuple[str, ...]
    inputs: tuple[str, ...]
    derivatives: Mapping[str, Expression]
    parameters: Mapping[str, float | None]
    shared: Mapping[str, Expression]
    signals: tuple[str, ...]
    spike: Expression | None
    on_spike: Assignments
    on_start: Assignments
    refractory: Expression | None
    held: tuple[str, ...]
    units: Mapping[str, Unit]


def check(text: str, owner: str) -> Equations:
    """The equations of ``text``; ``owner`` is named in errors.

    Raises:
        InputError: what is wrong, with the line, the word and the known words.
    """
    return _Check(text, owner).result()


class _Check:
    """The statements of a text, sorted by what they are."""

    def __init__(self, text: str, owner: str) -> None:
        self.equations: dict[str, Equation] = {}
        self.events: dict[str, On] = {}
        self.spike: SpikeWhen | None = None
        self.refractory: Refractory | None = None
        for statement in syntax.statements(text, owner):
            match statement:
                case Equation():
                    self._define(statement)
                case SpikeWhen():
                    self._once(statement.place, self.spike, "'spike when'")
                    self.spike = statement
                case Refractory():
                    self._once(statement.place, self.refractory, "'refractory'")
                    self.refractory = statement
                case On(place=place, event=event):
                    if event not in EVENTS:
                        raise one_of(f"{place}: event", event, EVENTS)
                    self._once(place, self.events.get(event), f"'on {event}'")
                    self.events[event] = statement
        self.states = tuple(e.name for e in self.equations.values() if e.rate or "input" in e.flags)
        if not self.states:
            raise Place(owner, 1).mistake("at least one state: 'dv/dt = ... : unit' or 'i : unit, input'", "none")
        if self.spike is None and (after := self.events.get("spike") or self.refractory):
            raise after.place.mistake("a line 'spike when condition' in the text", "none")
        self.units = {name: equation.unit for name, equation in self.equations.items()}
        self.known = {**self.units, "dt": MS, "t": MS}
        self.signals = tuple(name for name, equation in self.equations.items() if "signal" in equation.flags)
        self.parameters = self._parameters()

    def _once(self, place: Place, before: SpikeWhen | Refractory | On | None, what: str) -> None:
        if before is not None:
            raise place.mistake(f"one line {what}", f"a second one (the first is line {before.place.line})")

    def _define(self, equation: Equation) -> None:
        define(self.equations, equation, ("t",))
        place, name = equation.place, equation.name
        declared = equation.right is None
        allowed = ("input",) if equation.rate else ("input", "signal") if declared else ("shared",)
        for flag in equation.flags:
            if flag not in allowed or equation.is_constant:
                forms = {
                    "input": f"'d{name}/dt' or '{name} : unit'",
                    "shared": f"'{name} = expression : unit, shared'",
                    "signal": f"'{name} : unit'",
                }
                raise place.mistake(f"the flag {flag} after {forms[flag]}", f"it on {name!r}")
        if len(equation.flags) > 1:
            raise place.mistake(f"one flag on {name!r}", " and ".join(equation.flags))

    def _reader(self, place: Place, *, reduce: bool = False, noise: bool = False) -> Reader:
        return Reader(place, {**self.known, "xi": PER_ROOT_MS} if noise else self.known, reduce)

    def result(self) -> Equations:
        """Everything put together."""
        meanings, shared = self._definitions()
        rates = {
            e.name: replace(self._reader(e.place, noise=True).quantity(e.right, e.unit / MS, f"d{e.name}/dt"), meanings)
            for e in self.equations.values()
            if e.rate and e.right is not None
        }
        duration = None
        if self.refractory is not None:
            place = self.refractory.place
            duration = replace(self._reader(place).quantity(self.refractory.duration, MS, "the duration"), meanings)
            allow_only(place, duration, {*self.parameters, "dt"}, "the duration of the refractory time")
            for name in self.refractory.held:
                self._state(place, name)
        return Equations(
            states=self.states,
            inputs=tuple(name for name in self.states if "input" in self.equations[name].flags),
            derivatives=MappingProxyType(rates),
            parameters=MappingProxyType(self.parameters),
            shared=MappingProxyType(shared),
            signals=self.signals,
            spike=replace(self._reader(self.spike.place).condition(self.spike.condition), meanings)
            if self.spike
            else None,
            on_spike=self._assignments("spike", meanings),
            on_start=self._assignments("start", meanings),
            refractory=duration,
            held=self.refractory.held if self.refractory else (),
            units=MappingProxyType(self.units),
        )

    def _parameters(self) -> dict[str, float | None]:
        """The constants, and the names declared with neither a right side nor a flag."""
        found: dict[str, float | None] = {}
        for name, equation in self.equations.items():
            if equation.right is None and not equation.flags:
                found[name] = None
            elif equation.is_constant:
                found[name] = constant(equation)
        return found

    def _definitions(self) -> tuple[dict[str, Expression], dict[str, Expression]]:
        """What the defined names mean: to be replaced, and shared; each after those that it uses."""
        read = {
            name: self._reader(e.place, reduce="shared" in e.flags).quantity(e.right, e.unit, f"{name!r}")
            for name, e in self.equations.items()
            if e.right is not None and not e.rate and not e.is_constant
        }
        meanings: dict[str, Expression] = {}
        shared: dict[str, Expression] = {}
        for name in in_order(read, self.equations):
            equation, meaning = self.equations[name], replace(read[name], meanings)
            if "shared" in equation.flags:
                known = {*self.parameters, *shared, *self.signals, "dt", "t"}
                allow_only(equation.place, _without_reductions(meaning), known, f"{name!r}, outside sum(...)")
                shared[name] = meaning
            else:
                meanings[name] = meaning
        return meanings, shared

    def _assignments(self, event: str, meanings: Mapping[str, Expression]) -> Assignments:
        """The statements of an event."""
        on = self.events.get(event)
        found = []
        for name, right in on.statements if on else ():
            assert on is not None
            self._state(on.place, name)
            value = replace(self._reader(on.place).quantity(right, self.units[name], f"the new {name}"), meanings)
            if event == "start":
                allow_only(on.place, value, {*self.parameters, *self.states, "dt"}, "an initial value")
            found.append((name, value))
        return tuple(found)

    def _state(self, place: Place, name: str) -> None:
        if name not in self.states:
            raise one_of(f"{place}: state variable", name, self.states)


def _without_reductions(expression: Expression) -> Expression:
    """The expression with 0 in the place of every sum(...), mean(...), max(...) and min(...)."""
    if not isinstance(expression, Call):
        return expression
    if expression.operator.startswith("population_"):
        return 0.0
    return Call(expression.operator, tuple(map(_without_reductions, expression.operands)))
