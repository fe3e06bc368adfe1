"""How each state of a model is integrated: which part is linear and exact, and what happens to the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurosim.core.errors import InputError
from neurosim.equations.text.expressions import Expression, affine_in, linear_in, names_in
from neurosim.equations.text.neuron_equations import Equations

CONSTANT = ""  # the column of the constant terms


@dataclass(frozen=True)
class Integration:
    """``exact``: the states of the linear part with their rows {column: coefficient}, of parameters alone.

    A column is a state of the linear part, something that is constant during a step (a plain input, a shared
    variable, a signal), or `CONSTANT`. ``others`` are the other states, ``drift`` their derivatives without noise,
    ``noise`` the factors of xi of all states that have it, ``method`` how the others are integrated.
    """

    exact: Mapping[str, Mapping[str, Expression]]
    others: tuple[str, ...]
    drift: Mapping[str, Expression]
    noise: Mapping[str, Expression]
    method: str

    @property
    def report(self) -> dict[str, str]:
        """The integrator of each state with an equation."""
        chosen = dict.fromkeys(self.drift, self.method.replace("_euler", " Euler")) | dict.fromkeys(self.exact, "exact")
        return {name: f"{how}, Euler-Maruyama noise" if name in self.noise else how for name, how in chosen.items()}


def plan(equations: Equations, integrator: str, owner: str) -> Integration:
    """The integrators of ``equations``: those of the linear part exact, the rest as ``integrator`` says.

    ``auto`` takes exponential Euler for the rest if each of its states is linear in itself, else rk4.

    Raises:
        InputError: an integrator that does not fit the equations, or noise that is not linear in xi.
    """
    drift: dict[str, Expression] = {}
    noise: dict[str, Expression] = {}
    for name, expression in equations.derivatives.items():
        parts = linear_in(expression, "xi")
        if parts is None:
            raise InputError(f"{owner}.d{name}/dt: expected noise of the form '+ sigma * xi', got xi in another form")
        drift[name] = parts.rest
        if parts.slope != 0.0:
            noise[name] = parts.slope
    exact = _linear_part(equations, drift) if integrator in ("auto", "exact") else {}
    others = tuple(name for name in drift if name not in exact)
    curved = [name for name in others if linear_in(drift[name], name) is None]
    if integrator == "exact" and others:
        remedy = "take integrator='auto'"
        raise InputError(
            f"{owner}.integrator: expected linear equations for 'exact', got {', '.join(others)}; {remedy}"
        )
    if integrator == "exponential_euler" and curved:
        got = ", ".join(curved)
        raise InputError(
            f"{owner}.integrator: expected each equation to be linear in its own variable, got {got}; take 'rk4'"
        )
    method = integrator if integrator not in ("auto", "exact") else "rk4" if curved else "exponential_euler"
    return Integration(exact, others, drift, noise, method)


def _linear_part(equations: Equations, drift: Mapping[str, Expression]) -> dict[str, dict[str, Expression]]:
    """The largest set of states whose rows hold nothing but parameters and read no state outside the set."""
    held = [name for name in equations.states if name not in drift] + [*equations.shared, *equations.signals]
    constants = {*equations.parameters, "dt"}
    rows: dict[str, dict[str, Expression]] = {}
    for name, expression in drift.items():
        form = affine_in(expression, (*drift, *held))
        if form is not None and names_in(form[1]) <= constants:
            slopes, rest = form
            rows[name] = slopes | ({CONSTANT: rest} if rest != 0.0 else {})
    while outside := [name for name, row in rows.items() if row.keys() & drift.keys() - rows.keys()]:
        for name in outside:
            del rows[name]
    return rows
