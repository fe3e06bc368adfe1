"""`NeuronModel`: a text of equations with a name and values for its parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import check_text, real_numbers
from neurosim.core.errors import InputError, one_of
from neurosim.equations.text.expressions import Expression, Value, divisors, evaluate, names_in, replace
from neurosim.equations.text.neuron_equations import Equations, check
from neurosim.equations.text.units import UNITS, Unit

ParameterValue: TypeAlias = float | npt.ArrayLike
INTEGRATORS = ("auto", "exact", "exponential_euler", "rk4", "rk2", "euler")


@dataclass(frozen=True, init=False, eq=False)
class NeuronModel:
    """A neuron as text: a line for each equation, parameter and condition. Equal text, values and integrator are equal.

    ==========================================  ========================================================================
    ``dv/dt = expression : unit``               a state with a differential equation
    ``di/dt = expression : unit, input``        a state that presynaptic spikes add their weights to
    ``i : unit, input``                         an input without memory: the sum of the weights that arrive in a step
    ``tau = 20.0 : ms``                         a parameter with a default, in its unit
    ``tau : ms``                                a parameter without one, whose value must be given
    ``drift = expression : unit``               a definition: it stands for its expression wherever its name occurs
    ``total = sum(v) : mV, shared``             a definition computed once per step for the whole population, in which
                                                sum, mean, min and max of one argument go over all its neurons
    ``reward : 1, signal``                      a number of the network, `neurosim.Network.signal`
    ``spike when v >= v_th``                    the condition of a spike, tested at the end of each step
    ``on spike: v = v_reset; w = w + b``        what a spike changes, in order
    ``on start: v = e_l``                       initial values of states (0 without this line)
    ``refractory t_ref: hold v, w``             for t_ref after a spike there is no other, and these states stand still
    ``# ...``                                   a comment
    ==========================================  ========================================================================

    Expressions have numbers, names, ``+ - * / **``, comparisons, ``and or not``, ``a if condition else b`` and the
    functions abs, ceil, clip, cos, exp, expm1, exprel, floor, log, log10, max, min, sign, sin, sqrt, tan, tanh and
    where(condition, a, b). A base with a whole exponent may be negative, and may have a unit if the exponent is a
    number. ``dt`` is the time step; ``t`` is the time in ms: when the step begins in derivatives and shared definitions
    (rk2 and rk4 look between as well), when it ends in the condition of a spike and what it changes. ``xi``, in
    differential equations, is white noise of unit 1/sqrt(ms). Units are 1, ms, mV, pA, pF, nS, GOhm and Hz, their
    products, quotients and powers: they are checked, not converted, and 1 Hz (0.001 / ms) is a unit of its own.

    Parameters
    ----------
    text : str
        The equations.
    name : str
        Of the model, for messages.
    integrator : str
        How states are integrated: exact, exponential_euler, rk4, rk2 or euler for all of them; auto chooses one for
        each: exact for linear equations.
    **values : float or array (n,)
        Values of parameters in the units of the text, for all neurons or for each of the n neurons of a population.
        Time constants and capacitances that a derivative is divided by must be > 0.

    Attributes
    ----------
    values : mapping
        The value of every parameter.
    equations : Equations
        The checked text.

    Raises
    ------
    InputError
        A mistake in the text, with its line, or a value that cannot be used.

    Examples
    --------
    A leaky integrate-and-fire neuron with adaptation, and another value of one of its parameters:

    >>> text = '''
    ... dv/dt = (i + i_ext - w) / c_m - v / tau_m : mV
    ... di/dt = -i / tau_s                        : pA, input
    ... dw/dt = -w / tau_w                        : pA
    ... spike when v >= v_th
    ... on spike: v = 0; w = w + b
    ... refractory 2 * dt: hold v
    ... c_m = 200.0 : pF
    ... tau_m = 20.0 : ms
    ... tau_s = 5.0 : ms
    ... tau_w = 100.0 : ms
    ... v_th = 10.0 : mV
    ... b = 20.0 : pA
    ... i_ext = 0.0 : pA
    ... '''
    >>> model = NeuronModel(text, name="adapting", i_ext=150.0)
    >>> model, model.equations.states, model.equations.inputs
    (adapting(i_ext=150.0), ('v', 'i', 'w'), ('i',))
    """

    text: str
    name: str
    integrator: str
    values: Mapping[str, Value]
    equations: Equations

    def __init__(self, text: str, /, name: str = "neuron", integrator: str = "auto", **values: ParameterValue) -> None:
        check_text(f"{name}.text", text)
        if integrator not in INTEGRATORS:
            raise one_of(f"{name}.integrator", integrator, INTEGRATORS)
        equations = check(text, name)
        for given in values:
            if given not in equations.parameters:
                raise one_of(f"{name}.parameter", given, equations.parameters)
        chosen = {}
        for parameter, default in equations.parameters.items():
            if parameter not in values and default is None:
                unit = equations.units[parameter]
                raise InputError(f"{name}.{parameter}: expected a value in {unit}, got none; pass {parameter}=...")
            chosen[parameter] = _value(f"{name}.{parameter}", values.get(parameter, default))
        check_divisors(name, equations.derivatives.values(), equations.units, chosen)
        sizes = {parameter: len(value) for parameter, value in chosen.items() if isinstance(value, np.ndarray)}
        if len(set(sizes.values())) > 1:
            lengths = ", ".join(f"{parameter} of {size}" for parameter, size in sizes.items())
            raise InputError(f"{name}: expected one value per neuron in every array, got {lengths}")
        _check_reset(name, equations, chosen)
        for field, content in (
            ("text", text),
            ("name", name),
            ("integrator", integrator),
            ("values", MappingProxyType(chosen)),
            ("equations", equations),
        ):
            object.__setattr__(self, field, content)

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of text, integrator and values, in hexadecimal."""
        digest = hashlib.sha256(f"{self.text}\n{self.integrator}\n".encode())
        for parameter, value in sorted(self.values.items()):
            digest.update(f"{parameter} {np.shape(value)}\n".encode() + np.asarray(value, np.float64).tobytes())
        return digest.hexdigest()

    @property
    def size(self) -> int | None:
        """The number of neurons that parameters per neuron are given for; None if there are none."""
        return next((len(value) for value in self.values.values() if isinstance(value, np.ndarray)), None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NeuronModel) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        defaults = self.equations.parameters
        changed = {name: value for name, value in self.values.items() if np.any(value != defaults[name])}
        shown = (f"{name}={value if isinstance(value, float) else '[...]'}" for name, value in changed.items())
        return f"{self.name}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(NeuronModel, name=self.name, integrator=self.integrator, **self.values), (self.text,)


def check_divisors(
    owner: str, derivatives: Iterable[Expression], units: Mapping[str, Unit], values: Mapping[str, Value]
) -> None:
    """Refuse a time, capacitance or rate <= 0: a state would grow without bound, or what it divides is infinite."""
    for name in sorted(frozenset().union(*map(divisors, derivatives)) & values.keys()):
        unit = units[name]
        if unit in (UNITS["ms"], UNITS["pF"], UNITS["Hz"]) and not np.all(np.asarray(values[name]) > 0):
            raise InputError(f"{owner}.{name}: expected a value > 0 in {unit}, got {np.min(values[name]):g}")


def check_positive(model: NeuronModel, *names: str) -> None:
    """Refuse a value <= 0 of the parameters ``names``, whatever their unit."""
    for name in names:
        if not np.all(np.asarray(model.values[name]) > 0):
            unit = model.equations.units[name]
            raise InputError(f"{model.name}.{name}: expected a value > 0 in {unit}, got {np.min(model.values[name]):g}")


def _check_reset(owner: str, equations: Equations, values: Mapping[str, Value]) -> None:
    """Refuse a reset to constants that fulfil the condition of a spike: the neuron would never stop to spike."""
    constants = {target: right for target, right in equations.on_spike if names_in(right) <= values.keys()}
    if equations.spike is None or not names_in(equations.spike) & constants.keys():
        return
    after = replace(equations.spike, constants)
    if names_in(after) <= values.keys() and np.any(evaluate(after, values)):
        involved = sorted(names_in(after))
        shown = ", ".join(
            f"{name} = {np.ravel(values[name])[0] if np.ndim(values[name]) == 0 else '[...]'}" for name in involved
        )
        raise InputError(
            f"{owner}: expected a reset that ends the condition of a spike, got one that fulfils it again: {shown}"
        )


def _value(owner: str, given: Any) -> Value:
    """``given`` as a number or a read-only float64 array (n,)."""
    value = real_numbers(owner, given, "a number or one number per neuron")
    if value.ndim > 1 or value.size == 0:
        raise InputError(f"{owner}: expected a number or an array (n,), got shape {value.shape}")
    if np.isnan(value).any():
        where = "" if value.ndim == 0 else f" at neuron {int(np.flatnonzero(np.isnan(value))[0])}"
        raise InputError(f"{owner}: expected a number, got nan{where}")
    if value.ndim == 0:
        return float(value)
    value.flags.writeable = False
    return value
