"""`NeuronModel`: a text of equations with a name and values for its parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError, one_of
from neurosim.equations.text.expressions import Expression, Value, divisors
from neurosim.equations.text.neuron_equations import Equations, check
from neurosim.equations.text.units import UNITS, Unit

ParameterValue: TypeAlias = float | npt.ArrayLike
INTEGRATORS = ("auto", "exact", "exponential_euler", "rk4", "rk2", "euler")


@dataclass(frozen=True, init=False, eq=False)
class NeuronModel:
    """A neuron: the ``text`` of its equations, a ``name`` for messages, the ``values`` of its parameters.

    A value is a number, or an array (n,) with one number per neuron of the population; parameters without a value
    have the default of the text. Times and capacitances that a derivative is divided by must be > 0. ``integrator``
    is one of auto, exact, exponential_euler, rk4, rk2, euler; all but auto hold for every state. Equal text, values
    and integrator make equal models.

    Raises:
        InputError: a mistake in the text or a value that cannot be used.

    >>> text = "dv/dt = -v / tau_m : mV, input\\ntau_m = 10.0 : ms"
    >>> NeuronModel(text, name="leaky", tau_m=20.0).values["tau_m"]
    20.0
    """

    text: str
    name: str
    integrator: str
    values: Mapping[str, Value]
    equations: Equations

    def __init__(self, text: str, /, name: str = "neuron", integrator: str = "auto", **values: ParameterValue) -> None:
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
        return _restored, (self.text, self.name, self.integrator, dict(self.values))


def _restored(text: str, name: str, integrator: str, values: dict[str, Value]) -> NeuronModel:
    return NeuronModel(text, name=name, integrator=integrator, **values)


def check_divisors(
    owner: str, derivatives: Iterable[Expression], units: Mapping[str, Unit], values: Mapping[str, Value]
) -> None:
    """Refuse a time, capacitance or rate <= 0: a state would grow without bound, or what it divides is infinite."""
    for name in sorted(frozenset().union(*map(divisors, derivatives)) & values.keys()):
        unit = units[name]
        if unit in (UNITS["ms"], UNITS["pF"], UNITS["Hz"]) and not np.all(np.asarray(values[name]) > 0):
            raise InputError(f"{owner}.{name}: expected a value > 0 in {unit}, got {np.min(values[name]):g}")


def _value(owner: str, given: Any) -> Value:
    """``given`` as a number or a read-only float64 array (n,)."""
    try:
        value = np.array(given, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{owner}: expected a number or one number per neuron, got {given!r}") from None
    if value.ndim > 1 or value.size == 0:
        raise InputError(f"{owner}: expected a number or an array (n,), got shape {value.shape}")
    if np.isnan(value).any():
        where = "" if value.ndim == 0 else f" at neuron {int(np.flatnonzero(np.isnan(value))[0])}"
        raise InputError(f"{owner}: expected a number, got nan{where}")
    if value.ndim == 0:
        return float(value)
    value.flags.writeable = False
    return value
