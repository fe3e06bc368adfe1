"""`CompiledRule`: a synaptic rule between two models, for one time step and precision, with its text for each machine.

What happens at an event is one function of numbers: the variables as decayed to the event, states, signals and
constants go in, the new values and what is sent come out. Where the numbers lie is the engine's business.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError, one_of
from neurosim.core.time_steps import whole_steps
from neurosim.equations.compiled_model import PRECISIONS, TARGETS, CompiledModel
from neurosim.equations.print.modules import load_module
from neurosim.equations.print.rule_functions import RuleFunction, print_rule, written_rule
from neurosim.equations.print.shared import printable
from neurosim.equations.program.ir import Builder, Names, Operand, needed
from neurosim.equations.program.lowering import lower_expression
from neurosim.equations.program.portable import Precision
from neurosim.equations.synaptic_rule import SynapticRule
from neurosim.equations.text.expressions import Expression, describe, evaluate
from neurosim.equations.text.rule_equations import BOUNDS, SEND, WEIGHT, Actions, RuleEquations, check_connected
from neurosim.equations.text.rule_syntax import SIDES
from neurosim.equations.text.units import ONE, Unit, parse_unit

Family = Literal["pre_only", "two_sided"]
_MAX_TABLE = 2**26  # entries: 256 MiB of float32
_FREE = "x slot scale c a z ref mask shared n k kernel update acc"  # the arguments of a neuron's update


@dataclass(frozen=True, eq=False)
class Decay:
    """How a variable x with the equation dx/dt = (a - x) / tau is advanced by k steps at once.

    Attributes
    ----------
    table : array (K,)
        E[k] = exp(-k dt / tau) in the run's precision; beyond it E is 0.
    asymptote : float or None
        a: then x becomes a + (x - a) E[k]. None, for dx/dt = -x / tau: then it becomes x E[k].
    """

    table: npt.NDArray[Any]
    asymptote: float | None


@dataclass(frozen=True)
class CompiledEvent:
    """One function of a rule.

    Attributes
    ----------
    name : str
        on_pre, on_post, on_<signal>, every_<number>, pre_spike, post_spike or sum_<name>, which returns ("sends") what
        one synapse adds.
    reads : tuple of str
        Its arguments in order: names of variables, states, signals and constants.
    writes : tuple of str
        What it returns, as a tuple, followed by the value that is sent if it ``sends``.
    sends : bool
        Whether it returns a value to be delivered or added.
    signal : str or None
        That of on_<signal>.
    period : int or None
        That of every_<number> in steps: it comes at the end of each step n for which n + 1 is a multiple.
    """

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    sends: bool
    signal: str | None
    period: int | None


@dataclass(frozen=True, eq=False)
class CompiledRule:
    """A rule ready to run in steps of ``dt`` ms, as `compile_rule` makes it.

    Attributes
    ----------
    name : str
        Of the rule.
    precision : str
        float32 or float64.
    dt : float
        The time step in ms.
    synaptic, pre, post : tuple of str
        The variables of a synapse (w first), of a presynaptic and of a postsynaptic neuron.
    decays : mapping
        The `Decay` of each variable with an equation.
    initial : mapping
        Where each variable but w starts.
    events : mapping
        By name; pre_spike and post_spike return every variable of their side and exist if there is any.
    sums : mapping
        By what events read: before such an event, the values of the function at all synapses of each postsynaptic
        neuron are added to 0 one after the other, in canonical order and in the run's precision.
    constants : mapping
        Arguments of events, computed on the host.
    signals : tuple of str
        Those that are read or that are events.
    states : mapping
        v_post to ("post", row of the state in its model).
    units : mapping
        Those of the variables.
    bounds : (float, float)
        w_min and w_max.
    family : str
        What an engine may do: pre_only, if what happens at a postsynaptic spike can be computed at the next presynaptic
        one; two_sided otherwise.
    hash : str
        Names the code: rules that differ in values only have the same.
    functions : tuple
        The events in the intermediate form.
    """

    name: str
    precision: Precision
    dt: float
    synaptic: tuple[str, ...]
    pre: tuple[str, ...]
    post: tuple[str, ...]
    decays: Mapping[str, Decay]
    initial: Mapping[str, float]
    events: Mapping[str, CompiledEvent]
    sums: Mapping[str, CompiledEvent]
    constants: Mapping[str, float]
    signals: tuple[str, ...]
    states: Mapping[str, tuple[str, int]]
    units: Mapping[str, str]
    bounds: tuple[float, float]
    family: Family
    hash: str
    functions: tuple[RuleFunction, ...] = field(repr=False)

    def source(self, target: str) -> str:
        """The text of the functions for ``target``: a Python module (numpy, numba) or a CUDA header (cuda).

        There is one function per event, and decay_<name>(value, factor, asymptote) for each variable that decays.
        Those of numpy take arrays as well as numbers. Those of cuda return through pointers, which come last.

        Parameters
        ----------
        target : str
            numpy, numba or cuda.

        Returns
        -------
        str
            The source text.

        Raises
        ------
        InputError
            An unknown target.
        """
        if target not in TARGETS:
            raise one_of("source.target", target, TARGETS)
        return print_rule(self.functions, self.precision, target, f"The events of {printable(self.name)}", self.hash)

    @cached_property
    def reference(self) -> ModuleType:
        """The functions printed for NumPy."""
        return load_module(self.source("numpy"))

    def decayed(self, name: str, value: npt.NDArray[Any], steps: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """A variable some steps later, by the operations of decay_<name> in order.

        Parameters
        ----------
        name : str
            The variable; one without an equation keeps its value.
        value, steps : array
            What it was, and how many steps have gone by; of equal shapes.

        Returns
        -------
        array
            What it is, of the same shape.
        """
        if name not in self.decays:
            return value
        table, asymptote = self.decays[name].table, self.decays[name].asymptote
        factor = np.where(steps < len(table), table[np.minimum(steps, len(table) - 1)], table.dtype.type(0))
        with np.errstate(all="ignore"):
            if asymptote is None:
                return np.asarray(value * factor)
            return np.asarray(table.dtype.type(asymptote) + (value - table.dtype.type(asymptote)) * factor)


def compile_rule(
    rule: SynapticRule,
    pre: CompiledModel | None,
    post: CompiledModel,
    to: str,
    signals: Collection[str],
    dt: float,
    precision: str = "float32",
) -> CompiledRule:
    """A rule between two models, for one time step and precision.

    Parameters
    ----------
    rule : SynapticRule
        The rule.
    pre : CompiledModel or None
        The presynaptic neurons; None for a source without states.
    post : CompiledModel
        The postsynaptic neurons.
    to : str
        Their input.
    signals : collection of str
        The signals of the network.
    dt : float
        The time step in ms.
    precision : str
        float32 or float64.

    Returns
    -------
    CompiledRule
        The functions of its events, with their constants.

    Raises
    ------
    InputError
        An unknown state, signal or event, a unit that does not fit, a value that cannot be used.
    """
    chosen = next((known for known in PRECISIONS if known == precision), None)
    if chosen is None:
        raise one_of("precision", precision, PRECISIONS)
    outside: dict[str, Unit] = dict.fromkeys(signals, ONE)
    rows = {}
    for side, model in zip(SIDES, (pre, post), strict=True):
        for row, state in enumerate(model.states if model else ()):
            assert model is not None
            outside[f"{state}_{side}"] = parse_unit(model.units[state])
            rows[f"{state}_{side}"] = side, row
    equations = check_connected(rule.equations, rule.name, outside)
    unit = str(equations.units[WEIGHT])
    if unit not in ("w", post.units[to]):
        raise InputError(f"{rule.name}.w: expected the unit of the input {to!r}, {post.units[to]}, got {unit}")
    values = {**rule.values, "dt": float(dt)}
    lowering = _Lowering(equations, values)
    events, sums = lowering.events(rule, float(dt)), lowering.sums()
    functions = tuple(lowering.functions)
    for name, value in lowering.constants.items():
        if not math.isfinite(value) and name not in rule.values:
            got = ", ".join(f"{key} = {number:g}" for key, number in rule.values.items())
            raise InputError(
                f"{rule.name}: expected the constants of its events to be finite, got {value}; check {got}"
            )
    sided = {kind: tuple(n for n, k in equations.variables.items() if k == kind) for kind in ("synaptic", *SIDES)}
    return CompiledRule(
        name=rule.name,
        precision=chosen,
        dt=float(dt),
        synaptic=sided["synaptic"],
        pre=sided["pre"],
        post=sided["post"],
        decays={name: _decay(rule, equations, name, values, chosen) for name in equations.decays},
        initial=_initial(equations, values),
        events=events,
        sums=sums,
        constants=lowering.constants,
        signals=equations.signals,
        states={name: rows[name] for name in equations.states},
        units={name: str(equations.units[name]) for name in equations.variables},
        bounds=(rule.values[BOUNDS[0]], rule.values[BOUNDS[1]]),
        family=_family(equations, events),
        hash=hashlib.sha256(f"{chosen}\n{written_rule(functions)}".encode()).hexdigest(),
        functions=functions,
    )


class _Lowering:
    """The functions of a rule under construction, and the constants that they share."""

    def __init__(self, equations: RuleEquations, values: Mapping[str, float]) -> None:
        self.equations, self.values = equations, values
        self.constants: dict[str, float] = {}
        self.functions: list[RuleFunction] = []
        self._names = Names(_FREE)
        known = [*equations.variables, *equations.states, *equations.signals, *equations.sums]
        self._arguments = {name: self._names.fresh(name) for name in known}
        self._known_constants = frozenset({*equations.parameters, "dt"})
        self._constants: dict[str, str] = {}

    def events(self, rule: SynapticRule, dt: float) -> dict[str, CompiledEvent]:
        """All events; their functions and those that decay are added to ``functions``."""
        for name, linear in self.equations.decays.items():
            self._decay(name, linear.rest == 0.0)
        found, number = {}, 0
        for event in self.equations.events:
            period = None
            name = f"on_{event.name}"
            if event.period is not None:
                name, number = f"every_{number}", number + 1
                period = _steps(rule, evaluate(event.period, self.values), dt)
            signal = event.name if event.name in self.equations.signals and period is None else None
            found[name] = self._event(name, event.actions, (), signal, period)
        for side in SIDES:
            if own := tuple(name for name, kind in self.equations.variables.items() if kind == side):
                found[f"{side}_spike"] = self._event(f"{side}_spike", self.equations.own_spike.get(side, ()), own)
        return found

    def sums(self) -> dict[str, CompiledEvent]:
        """What one synapse adds to each sum; the functions are added to ``functions``."""
        return {name: self._event(f"sum_{name}", ((SEND, adds),), ()) for name, adds in self.equations.sums.items()}

    def _decay(self, name: str, homogeneous: bool) -> None:
        value, factor, asymptote = (self._names.fresh(word) for word in ("value", "factor", "asymptote"))
        into = Builder(self._names)
        if homogeneous:
            result = into.emit("mul", value, factor)
        else:
            distance = into.emit("mul", into.emit("sub", value, asymptote), factor)
            result = into.emit("add", asymptote, distance)
        self.functions.append(RuleFunction(f"decay_{name}", (value, factor, asymptote), tuple(into.lines), (result,)))

    def _event(
        self,
        name: str,
        actions: Actions,
        writes: tuple[str, ...],
        signal: str | None = None,
        period: int | None = None,
    ) -> CompiledEvent:
        """The event of ``actions``; it returns ``writes``, or what they assign where that is empty."""
        into, read = Builder(self._names), dict[str, None]()
        meanings: dict[str, Operand] = dict(self._arguments)
        used = dict[str, str]()
        sent: tuple[Operand, ...] = ()

        def constant(expression: Expression) -> Operand:
            text = describe(expression)
            if text not in self._constants:
                self._constants[text] = self._names.fresh(text if text.isidentifier() else "constant")
                value = evaluate(expression, self.values)
                assert isinstance(value, float)
                self.constants[self._constants[text]] = value
            used[self._constants[text]] = self._constants[text]
            return self._constants[text]

        for target, right in actions:
            value = lower_expression(right, meanings, into, self._known_constants, constant)
            if target is SEND:
                sent = (value,)
            else:
                meanings[target] = value
        writes = writes or tuple(dict.fromkeys(target for target, _ in actions if target is not SEND))
        results = (*(meanings[target] for target in writes), *sent)
        lines = needed(into.lines, results)
        operands = {operand for line in lines for operand in getattr(line, "operands", ())} | set(results)
        read = {text: None for text, argument in self._arguments.items() if argument in operands}
        constants = tuple(name for name in self.constants if name in operands)
        arguments = (*(self._arguments[text] for text in read), *constants)
        self.functions.append(RuleFunction(name, arguments, lines, results))
        return CompiledEvent(name, (*read, *constants), writes, bool(sent), signal, period)


def _steps(rule: SynapticRule, ms: Any, dt: float) -> int:
    """The time between two events in steps."""
    return whole_steps(f"{rule.name}.every", ms, dt)


def _initial(equations: RuleEquations, values: Mapping[str, float]) -> dict[str, float]:
    """The variables after the statements of 'on start', from zero."""
    found = {name: 0.0 for name in equations.variables if name != WEIGHT}
    for name, expression in equations.start:
        value = evaluate(expression, values)
        assert isinstance(value, float)
        found[name] = value
    return found


def _decay(
    rule: SynapticRule, equations: RuleEquations, name: str, values: Mapping[str, float], precision: Precision
) -> Decay:
    """The table of a variable."""
    linear, dt = equations.decays[name], values["dt"]
    slope, rest = evaluate(linear.slope, values), evaluate(linear.rest, values)
    assert isinstance(slope, float)
    assert isinstance(rest, float)
    tau = -1 / slope if slope else math.inf
    if not (0 < tau < math.inf and math.isfinite(rest)):
        raise InputError(
            f"{rule.name}.{name}: expected d{name}/dt = (a - {name}) / tau with tau > 0, got tau = {tau:g}"
        )
    tiny = np.finfo(precision).smallest_normal
    length = math.ceil(-math.log(float(tiny)) * tau / dt) + 2
    if length > _MAX_TABLE:
        longest = _MAX_TABLE * dt / -math.log(float(tiny))
        raise InputError(f"{rule.name}.{name}: expected tau <= {longest:g} ms at dt = {dt:g} ms, got {tau:g} ms")
    with np.errstate(under="ignore"):
        table = np.exp(-np.arange(length) * dt / tau).astype(precision)
    table = table[table >= tiny]
    return Decay(table, None if linear.rest == 0.0 else rest * tau)


def _family(equations: RuleEquations, events: Mapping[str, CompiledEvent]) -> Family:
    """pre_only if nothing but spikes changes a synapse, and a postsynaptic one without a look at anything outside."""
    outside = {*equations.signals, *equations.states}
    if any(event.signal or event.period for event in events.values()):
        return "two_sided"
    return "two_sided" if "on_post" in events and outside & set(events["on_post"].reads) else "pre_only"
