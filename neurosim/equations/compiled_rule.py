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
from neurosim.equations.compiled_model import PRECISIONS, TARGETS, CompiledModel
from neurosim.equations.print.modules import load_module
from neurosim.equations.print.rule_functions import print_rule
from neurosim.equations.print.shared import printable
from neurosim.equations.program.portable import Precision
from neurosim.equations.program.rule_lowering import CompiledEvent, RuleFunction, RuleLowering, written_rule
from neurosim.equations.synaptic_rule import SynapticRule
from neurosim.equations.text.expressions import evaluate
from neurosim.equations.text.rule_equations import BOUNDS, WEIGHT, RuleEquations, check_connected
from neurosim.equations.text.rule_syntax import SIDES
from neurosim.equations.text.units import ONE, Unit, parse_unit

Family = Literal["pre_only", "two_sided"]
_MAX_TABLE = 2**26  # entries: 256 MiB of float32


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
    lowering = RuleLowering(equations, rule.name, values)
    events, sums = lowering.events(), lowering.sums()
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
