"""`SynapticRule`: a text of equations for the synapses of a projection, with a name and values for its parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from neurosim.core.errors import InputError, one_of
from neurosim.equations.neuron_model import check_divisors
from neurosim.equations.text.expressions import evaluate
from neurosim.equations.text.rule_equations import BOUNDS, RuleEquations, check_rule


@dataclass(frozen=True, init=False, eq=False)
class SynapticRule:
    """How synapses change: the ``text`` of the rule, a ``name`` for messages, the ``values`` of its parameters.

    Every rule has a variable w, the weight, of unit w (that of the input it leads to, or the one that the text
    declares), and the parameters w_min and w_max, which bound what is delivered. A value is a number; parameters
    without a value (or with None) have the default of the text, which may follow from other parameters:
    ``a_plus = 0.005 * w_max : w, parameter``. Times that a derivative or a default is divided by must be > 0. Equal
    text and values make equal rules.

    Raises:
        InputError: a mistake in the text or a value that cannot be used.

    >>> rule = SynapticRule("on pre: send w; w = clip(w - step, w_min, w_max)\\nstep = 0.5 : w", w_min=0.0, w_max=2.0)
    >>> rule.values["step"], dict(rule.equations.variables)
    (0.5, {'w': 'synaptic'})
    """

    text: str
    name: str
    values: Mapping[str, float]
    equations: RuleEquations

    def __init__(self, text: str, /, name: str = "rule", **values: float | None) -> None:
        equations = check_rule(text, name)
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
            if not isinstance(value, int | float | np.number) or isinstance(value, bool) or np.isnan(value):
                raise InputError(f"{name}.{parameter}: expected a number, got {value!r}")
            chosen[parameter] = float(value)
        divided = [part for decay in equations.decays.values() for part in (decay.slope, decay.rest)]
        divided += [default for default in equations.parameters.values() if default is not None]
        check_divisors(name, divided, equations.units, chosen)
        low, high = (chosen[bound] for bound in BOUNDS)
        if not (np.isfinite(low) and np.isfinite(high) and low <= high):
            raise InputError(f"{name}.w_max: expected finite w_min <= w_max, got w_min = {low:g}, w_max = {high:g}")
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
        return _restored, (self.text, self.name, dict(self.values))


def _restored(text: str, name: str, values: dict[str, float]) -> SynapticRule:
    return SynapticRule(text, name=name, **values)
