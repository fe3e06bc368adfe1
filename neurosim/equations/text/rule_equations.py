"""From the statements of a synaptic rule to checked `RuleEquations`: what is one variable of what, and what changes it.

The text does not say what the states of the neurons (``v_post``) and the signals are. So it is checked twice: when
the rule is written, where such names fit every unit, and when it is connected, where they are known.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from neurosim.core.errors import one_of
from neurosim.equations.text.definitions import allow_only, constant, define, in_order
from neurosim.equations.text.expressions import Expression, LinearForm, linear_in, names_in, replace
from neurosim.equations.text.neuron_equations import Assignments
from neurosim.equations.text.reading import FUNCTIONS, RESERVED, Quantity, Reader
from neurosim.equations.text.rule_syntax import PARAMETER, SIDES, Event, Statement, statements
from neurosim.equations.text.syntax import Equation, Place, names_of
from neurosim.equations.text.units import MS, RULE_UNITS, Unit

WEIGHT, BOUNDS, SEND = "w", ("w_min", "w_max"), None
_RESERVED = (*SIDES, "send", "every")
Kind: TypeAlias = Literal["synaptic", "pre", "post"]
Actions: TypeAlias = tuple[tuple[str | None, Expression], ...]


@dataclass(frozen=True)
class RuleEvent:
    """What happens to one synapse at an event: assignments in order, `SEND` as target of what is sent."""

    name: str
    period: Expression | None
    actions: Actions


@dataclass(frozen=True)
class RuleEquations:
    """A checked rule. Expressions name variables, parameters, ``dt``, signals and states with suffix (``v_post``).

    ``variables`` are w and the others in the order of the text; ``decays`` the equations dx/dt = slope x + rest;
    ``sums`` are taken over the synapses of a postsynaptic neuron; ``parameters`` maps to defaults (None: a value must
    be given), each after those that its default names; ``start`` are the initial values; ``events`` change synapses,
    and ``own_spike`` changes the variables of a side once per spike of the neuron; ``signals`` and ``states`` are the
    names from outside; ``units`` holds the units of all names of the text; ``statements`` are those of the text.
    """

    variables: Mapping[str, Kind]
    decays: Mapping[str, LinearForm]
    sums: Mapping[str, Expression]
    parameters: Mapping[str, Expression | None]
    start: Assignments
    events: tuple[RuleEvent, ...]
    own_spike: Mapping[str, Assignments]
    signals: tuple[str, ...]
    states: tuple[str, ...]
    units: Mapping[str, Unit]
    statements: Sequence[Statement] = field(repr=False)


def check_rule(text: str, owner: str) -> RuleEquations:
    """The rule of ``text``, whose names of states and signals fit every unit; ``owner`` is named in errors.

    Raises:
        InputError: what is wrong, with the line, the word and the known words.
    """
    return _Check(statements(text, owner), owner, None).result()


def check_connected(rule: RuleEquations, owner: str, outside: Mapping[str, Unit]) -> RuleEquations:
    """The ``rule`` checked again, where ``outside`` holds the units of all states and signals.

    Raises:
        InputError: a state, a signal or an event that is not there, a unit that does not fit.
    """
    return _Check(rule.statements, owner, outside).result()


def is_state(name: str) -> bool:
    """Whether a name from outside is that of a neuron's state: v_pre, v_post."""
    return name.endswith(tuple(f"_{side}" for side in SIDES))


class _Check:
    """The statements of a text, sorted by what they are."""

    def __init__(self, text: Sequence[Statement], owner: str, outside: Mapping[str, Unit] | None) -> None:
        self.text = text
        self.equations: dict[str, Equation] = {}
        self.sums: dict[str, ast.expr] = {}
        self.events: list[Event] = []
        first = Place(owner, 1)
        weight = Equation(first, WEIGHT, False, None, RULE_UNITS["w"], ())
        for statement in text:
            if isinstance(statement, Equation):
                self._define(statement)
            else:
                self._add(statement)
        weight = self.equations.setdefault(WEIGHT, weight)
        for name in BOUNDS:
            bound = self.equations.setdefault(name, Equation(first, name, False, None, weight.unit, ()))
            if bound.unit != weight.unit or bound.flags or bound.rate:
                raise bound.place.mistake(f"a parameter '{name} = number : {weight.unit}'", f"another {name}")
        self.units = {name: equation.unit for name, equation in self.equations.items()}
        self.used = self._names()
        self.outside: Mapping[str, Quantity] = dict.fromkeys(self.used, "zero") if outside is None else outside
        self.known = {**self.units, "dt": MS, **self.outside}
        if outside is not None:
            for event in self.events:
                known = (*SIDES, "start", *(name for name in outside if not is_state(name)))
                if event.every is None and event.name not in known:
                    raise one_of(f"{event.place}: event", event.name, known)
        self.variables = self._variables()
        self.parameters = self._parameters()

    def _define(self, equation: Equation) -> None:
        place, name = equation.place, equation.name
        define(self.equations, equation, _RESERVED)
        if name == WEIGHT and (equation.rate or equation.right is not None or equation.flags):
            raise place.mistake(
                "'w : unit', the weight, which only events change", f"an equation or a flag of {name!r}"
            )
        if "sum" in equation.names:
            self.sums[name] = _summand(equation)
            return
        if len(equation.flags) > 1:
            raise place.mistake("one of the flags pre, post", ", ".join(equation.flags))
        if PARAMETER in equation.flags:
            if equation.right is None or equation.rate:
                raise place.mistake(f"the flag parameter after '{name} = expression : unit'", f"it on {name!r}")
        elif equation.flags and equation.right is not None and not equation.rate:
            raise place.mistake(
                f"the flag {equation.flags[0]} after 'd{name}/dt' or '{name} : unit'", f"it on {name!r}"
            )

    def _add(self, event: Event) -> None:
        for before in self.events:
            if event.every is None and before.every is None and event.name == before.name:
                what = f"a second one (the first is line {before.place.line})"
                raise event.place.mistake(f"one line 'on {event.name}'", what)
        if event.every is None and event.name in self.equations:
            raise event.place.mistake("the name of an event: pre, post, start or a signal", repr(event.name))
        self.events.append(event)

    def _names(self) -> tuple[str, ...]:
        """The names that the text uses and does not define, in order."""
        names = [name for equation in self.equations.values() for name in equation.names]
        for event in self.events:
            names += names_of(event.every)
            for _, right in event.statements:
                names += names_of(right)
        events = [event.name for event in self.events if event.every is None and event.name not in (*SIDES, "start")]
        known = {*self.equations, *RESERVED, *FUNCTIONS}
        return tuple(name for name in dict.fromkeys([*names, *events]) if name not in known)

    def _variables(self) -> dict[str, Kind]:
        """What varies, by what it belongs to."""
        assigned = {target for event in self.events for target, _ in event.statements}
        found: dict[str, Kind] = {WEIGHT: "synaptic"}
        for name, equation in self.equations.items():
            declared = equation.right is None and name in assigned and name not in BOUNDS
            if name not in self.sums and (equation.rate or {*equation.flags} & {*SIDES} or declared):
                found[name] = "pre" if "pre" in equation.flags else "post" if "post" in equation.flags else "synaptic"
        return found

    def _reader(self, place: Place) -> Reader:
        return Reader(place, self.known)

    def result(self) -> RuleEquations:
        """Everything put together."""
        meanings = self._definitions()
        sent = [event.place for event in self.events for target, _ in event.statements if target is SEND]
        if len(sent) != 1:
            place = sent[1] if sent else Place(self.equations[WEIGHT].place.owner, 1)
            raise place.mistake("one 'send expression' in 'on pre'", "none" if not sent else "a second one")
        events: list[RuleEvent] = []
        own: dict[str, Assignments] = {}
        start: Assignments = ()
        for event in self.events:
            actions = self._actions(event, meanings)
            if event.name == "start":
                start = tuple((name, right) for name, right in actions if name is not None)
                continue
            synaptic = tuple(each for each in actions if self._kind(each[0]) == "synaptic")
            if event.name in SIDES:
                own[event.name] = tuple((str(name), right) for name, right in actions if self._kind(name) == event.name)
            if synaptic:
                period = None
                if event.every is not None:
                    period = replace(self._reader(event.place).quantity(event.every, MS, "the time"), meanings)
                    allow_only(event.place, period, {*self.parameters, "dt"}, "the time between two events")
                events.append(RuleEvent(event.name, period, synaptic))
        return RuleEquations(
            variables=MappingProxyType(self.variables),
            decays=MappingProxyType(self._decays(meanings)),
            sums=MappingProxyType({name: self._sum(name, meanings) for name in self.sums}),
            parameters=MappingProxyType(self.parameters),
            start=start,
            events=tuple(events),
            own_spike=MappingProxyType(own),
            signals=tuple(name for name in self.used if not is_state(name)),
            states=tuple(name for name in self.used if is_state(name)),
            units=MappingProxyType(self.units),
            statements=self.text,
        )

    def _parameters(self) -> dict[str, Expression | None]:
        """The constants, and what is declared but not assigned; then those whose default follows from others."""
        found: dict[str, Expression | None] = {}
        derived: dict[str, Expression] = {}
        for name, e in self.equations.items():
            if e.right is None and name not in self.variables:
                found[name] = None
            elif e.is_constant:
                found[name] = constant(e)
            elif e.right is not None and PARAMETER in e.flags:
                derived[name] = self._reader(e.place).quantity(e.right, e.unit, f"{name!r}")
        parameters = {*found, *derived}
        for name, default in derived.items():
            allow_only(self.equations[name].place, default, parameters, f"the default of {name!r}")
        return found | {name: derived[name] for name in in_order(derived, self.equations)}

    def _definitions(self) -> dict[str, Expression]:
        """What the defined names mean."""
        read = {
            e.name: self._reader(e.place).quantity(e.right, e.unit, f"{e.name!r}")
            for e in self.equations.values()
            if e.right is not None and not e.rate and not e.flags and not e.is_constant and e.name not in self.sums
        }
        meanings: dict[str, Expression] = {}
        for name in in_order(read, self.equations):
            meanings[name] = replace(read[name], meanings)
        return meanings

    def _decays(self, meanings: Mapping[str, Expression]) -> dict[str, LinearForm]:
        """The equations, each of the form dx/dt = (a - x) / tau."""
        found = {}
        for name, e in self.equations.items():
            if not e.rate or e.right is None:
                continue
            right = replace(self._reader(e.place).quantity(e.right, e.unit / MS, f"d{name}/dt"), meanings)
            linear, constants = linear_in(right, name), {*self.parameters, "dt"}
            if not linear or linear.slope == 0.0 or not names_in(linear.slope) | names_in(linear.rest) <= constants:
                form = f"'d{name}/dt = (a - {name}) / tau' with a and tau constant"
                raise e.place.mistake(form, repr(ast.unparse(e.right)))
            found[name] = linear
        return found

    def _sum(self, name: str, meanings: Mapping[str, Expression]) -> Expression:
        """What a sum adds up."""
        e = self.equations[name]
        summand = replace(self._reader(e.place).quantity(self.sums[name], e.unit, f"{name!r}"), meanings)
        own = {each for each, kind in self.variables.items() if kind == "synaptic"}
        allow_only(e.place, summand, {*own, *self.parameters, "dt"}, "a sum over synapses")
        return summand

    def _kind(self, target: str | None) -> str:
        return "synaptic" if target is SEND else self.variables[target]

    def _actions(self, event: Event, meanings: Mapping[str, Expression]) -> Actions:
        """The statements of an event, checked for what they may do there."""
        place, found, done = event.place, [], set[str]()
        where = "'every'" if event.every is not None else f"'on {event.name}'"
        for target, node in event.statements:
            unit = self.units[WEIGHT] if target is SEND else self._target(event, target, where)
            what = "what is sent" if target is SEND else f"the new {target}"
            right = replace(self._reader(place).quantity(node, unit, what), meanings)
            if event.name in SIDES and (summed := sorted(names_in(right) & self.sums.keys())):
                raise place.mistake(
                    "sums in 'every' and 'on signal' only, which see all synapses at once", f"{summed[0]!r} in {where}"
                )
            if target is SEND and event.name != "pre":
                raise place.mistake("'send' in 'on pre' only", f"it in {where}")
            if event.name == "start":
                allow_only(place, right, {*self.parameters, "dt"}, "an initial value")
            elif self._kind(target) != "synaptic":
                own = {name for name, kind in self.variables.items() if kind == event.name}
                signals = {name for name in self.outside if not is_state(name)}
                known = {*own, *self.parameters, "dt", *signals}
                allow_only(place, right, known, f"the new {target}, which is one per neuron,")
                done.add(str(target))
            elif early := sorted(names_in(right) & done):
                raise place.mistake(
                    f"what reads {early[0]!r} before the statement that changes it",
                    "it after that",
                    "variables of a neuron change once per spike, after those of its synapses",
                )
            found.append((target, right))
        return tuple(found)

    def _target(self, event: Event, target: str | None, where: str) -> Unit:
        """The unit of a variable that may be assigned in the event."""
        assert target is not None
        if target not in self.variables:
            if target in self.equations or target in self.outside:
                known, remedy = ", ".join(sorted(self.variables)), ""
                kind = "a constant or a definition"
                if target in self.outside:
                    kind = "a signal or a state, which rules only read"
                    remedy = "" if is_state(target) else f"a variable of the synapse is declared: '{target} : unit'"
                raise event.place.mistake(f"one of {known} on the left of '='", f"{target!r}, {kind}", remedy)
            raise one_of(f"{event.place}: variable", target, self.variables)
        kind = self.variables[target]
        if event.name == "start" and target == WEIGHT:
            raise event.place.mistake("variables other than w in 'on start'", "'w'", "pass weight= to connect")
        if event.name != "start" and kind in SIDES and kind != event.name:
            raise event.place.mistake(
                f"{target!r}, flagged {kind}, to be changed in 'on {kind}' only", f"it in {where}"
            )
        return self.units[target]


def _summand(equation: Equation) -> ast.expr:
    """What is added up by an equation of the form 'name = sum(...) : unit, post'."""
    match equation.right:
        case ast.Call(func=ast.Name(id="sum"), args=[summand], keywords=[]) if not equation.rate:
            if equation.flags == ("post",):
                return summand
    form = f"'{equation.name} = sum(expression) : unit, post', over the synapses of a postsynaptic neuron"
    got = f"{ast.unparse(equation.right)!r}" if equation.right is not None else "nothing"
    raise equation.place.mistake(form, f"{got} flagged {', '.join(equation.flags) or 'neither pre nor post'}")
