"""`SynapticRule`: a text of equations for the synapses of a projection, with a name and values for its parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import numpy as np

from neurosim.core.checks import check_number, check_text, real_numbers, shown
from neurosim.core.errors import InputError, one_of
from neurosim.equations.neuron_model import check_divisors
from neurosim.equations.text.expressions import evaluate
from neurosim.equations.text.rule_equations import BOUNDS, RuleEquations, check_rule
from neurosim.equations.text.units import RULE_UNITS


@dataclass(frozen=True, init=False, eq=False)
class SynapticRule:
    """How the synapses of a projection change, as text: a line for each equation, parameter and event.

    ============================================  ======================================================================
    ``w : unit``                                  the weight, which every rule has: this line gives it a unit other
                                                  than w, that of the input it leads to
    ``dx/dt = -x / tau : 1, pre``                 a trace per presynaptic neuron; ``post``: per postsynaptic neuron;
                                                  without flag: per synapse. It has the form (a - x) / tau with
                                                  constants a and tau, and is advanced exactly, from event to event
    ``c : unit``, ``c : unit, pre``               a variable, if an event assigns it: per synapse or per neuron
    ``tau = 20.0 : ms``                           a parameter with a default, in its unit
    ``tau : ms``                                  a parameter without one, whose value must be given
    ``a = 0.005 * w_max : w, parameter``          a parameter whose default follows from others
    ``change = expression : unit``                a definition: it stands for its expression wherever its name occurs
    ``total = sum(w) : w, post``                  the sum over all synapses of a postsynaptic neuron, which ``every``
                                                  and ``on signal`` may read
    ``on pre: send w; w = ...; x = x + 1``        what a presynaptic spike sends (one line of the rule does so) and
                                                  changes, in order, when it arrives
    ``on post: w = ...; y = y + 1``               what a postsynaptic spike changes
    ``on reward: w = ...``                        what a signal of the network changes, at the end of a step in which
                                                  it is given a value other than 0
    ``every 1000.0: w = ...``                     what happens at multiples of a time in ms
    ``on start: c = 1``                           initial values of variables other than w (0 without this line)
    ``# ...``                                     a comment
    ============================================  ======================================================================

    Every rule has the parameters w_min and w_max, which bound the weights that are delivered. Events read variables,
    parameters, signals, ``dt`` and the states of both neurons as ``v_pre`` and ``v_post``. Variables of a neuron change
    once per spike of it, after those of its synapses. Expressions and units are those of `NeuronModel`, with the
    unit w. At equal times presynaptic spikes come before postsynaptic ones, then signals, then the clock.

    Parameters
    ----------
    text : str
        The rule.
    name : str
        Of the rule, for messages.
    **values : float
        Values of parameters in the units of the text; None stands for the default. Times that a derivative or a
        default is divided by must be > 0.

    Attributes
    ----------
    values : mapping
        The value of every parameter.
    equations : RuleEquations
        The checked text.

    Raises
    ------
    InputError
        A mistake in the text, with its line, or a value that cannot be used.

    Examples
    --------
    Each presynaptic spike depresses a synapse, each postsynaptic one potentiates it by a trace of the presynaptic ones:

    >>> text = '''
    ... dx/dt = -x / tau : 1, pre
    ... on pre:  send w; w = clip(w - step, w_min, w_max); x = x + 1
    ... on post: w = clip(w + 4 * step * x, w_min, w_max)
    ... tau = 20.0 : ms
    ... step = 0.01 * w_max : w, parameter
    ... '''
    >>> rule = SynapticRule(text, name="example", w_min=0.0, w_max=50.0)
    >>> rule.values["step"], dict(rule.equations.variables)
    (0.5, {'w': 'synaptic', 'x': 'pre'})
    """

    text: str
    name: str
    values: Mapping[str, float]
    equations: RuleEquations

    def __init__(self, text: str, /, name: str = "rule", **values: float | None) -> None:
        equations = check_rule(check_text(f"{name}.text", text), name)
        for given in values:
            if given not in equations.parameters:
                raise one_of(f"{name}.parameter", given, equations.parameters)
        chosen: dict[str, float] = {}
        for parameter, default in equations.parameters.items():
            value: Any = values.get(parameter)
            if value is None and default is not None:
                value = evaluate(default, chosen)
            if value is None:
                unit = equations.units[parameter]
                raise InputError(f"{name}.{parameter}: expected a value in {unit}, got none; pass {parameter}=...")
            number = real_numbers(f"{name}.{parameter}", value, "a number")
            if number.ndim or isinstance(value, bool) or np.isnan(number):
                raise InputError(f"{name}.{parameter}: expected a number, got {shown(value)}")
            chosen[parameter] = float(number)
        divided = [part for decay in equations.decays.values() for part in (decay.slope, decay.rest)]
        divided += [default for default in equations.parameters.values() if default is not None]
        check_divisors(name, divided, equations.units, chosen)
        low, high = (chosen[bound] for bound in BOUNDS)
        if not (np.isfinite(low) and np.isfinite(high) and low <= high):
            raise InputError(f"{name}.w_max: expected finite w_min <= w_max, got w_min = {low:g}, w_max = {high:g}")
        for parameter, final in chosen.items():
            if check_number(f"{name}.{parameter}", final) < 0 and equations.units[parameter] == RULE_UNITS["Hz"]:
                raise InputError(f"{name}.{parameter}: expected a rate >= 0 in Hz, got {final:g}")
        for field, content in (
            ("text", text),
            ("name", name),
            ("values", MappingProxyType(chosen)),
            ("equations", equations),
        ):
            object.__setattr__(self, field, content)

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of text and values, in hexadecimal."""
        values = sorted(self.values.items())
        return hashlib.sha256(f"{self.text}\n{values!r}".encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SynapticRule) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value}' for name, value in self.values.items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(SynapticRule, name=self.name, **self.values), (self.text,)
