"""Propagators are the exact solutions of linear equations, whatever the step."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.equations.program.integration import plan
from neurosim.equations.program.propagators import propagators
from neurosim.equations.text.expressions import Value
from neurosim.equations.text.neuron_equations import check

LIF = """
dv/dt = (v_rest - v + r * i) / tau_m : mV
di/dt = -i / tau_s                   : pA
dn/dt = 0                            : 1
v_rest = -70.0                       : mV
r = 0.1                              : GOhm
tau_m = 10.0                         : ms
tau_s = 5.0                          : ms
"""


def entries(text: str, h: float, **values: Value) -> dict[str, dict[str, Value]]:
    equations = check(text, "test")
    defaults = {name: value for name, value in equations.parameters.items() if value is not None}
    return propagators(plan(equations, "exact", "test").exact, {**defaults, **values}, h)


@pytest.mark.parametrize("h", [0.01, 0.1, 7.0])
@pytest.mark.parametrize("tau_s", [0.5, 5.0, 9.999999, 10.0, 30.0])
def test_entries_are_the_closed_forms_also_where_the_time_constants_meet(h: float, tau_s: float) -> None:
    found = entries(LIF, h, tau_s=tau_s)
    m, s = np.exp(-h / 10.0), np.exp(-h / tau_s)
    rate = 1 / 10.0 - 1 / tau_s
    # (exp(-h/tau_s) - exp(-h/tau_m)) / (1/tau_m - 1/tau_s), written so that nothing cancels
    coupling = 0.1 / 10.0 * m * (np.expm1(rate * h) / rate if rate else h)
    assert found["v"] == pytest.approx({"v": m, "i": coupling, "": -70.0 * -np.expm1(-h / 10.0)}, rel=1e-12)
    assert found["i"] == pytest.approx({"i": s}, rel=1e-13)


def test_what_does_not_depend_has_no_entry() -> None:
    found = entries(LIF, 0.1)
    assert {name: set(row) for name, row in found.items()} == {"v": {"v", "i", ""}, "i": {"i"}, "n": {"n"}}
    assert found["n"] == {"n": 1.0}


def test_two_half_steps_are_a_whole_one() -> None:
    whole, half = entries(LIF, 3.0), entries(LIF, 1.5)
    v, i, one = half["v"]["v"], half["v"]["i"], half["v"][""]
    assert whole["v"]["v"] == pytest.approx(v * v, rel=1e-13)
    assert whole["v"]["i"] == pytest.approx(v * i + i * half["i"]["i"], rel=1e-13)
    assert whole["v"][""] == pytest.approx(v * one + one, rel=1e-13)


def test_a_parameter_per_neuron_makes_arrays_of_the_entries_that_it_bears_on() -> None:
    tau_m = np.array([10.0, 20.0, 10.0, 5.0])
    found = entries(LIF, 0.1, tau_m=tau_m)
    assert isinstance(found["i"]["i"], float)
    for column in ("v", "i", ""):
        expected = np.array([entries(LIF, 0.1, tau_m=float(tau))["v"][column] for tau in tau_m], np.float64)
        np.testing.assert_allclose(np.asarray(found["v"][column], np.float64), expected, rtol=1e-14)


def test_an_oscillator_turns() -> None:
    text = "dx/dt = omega * y : 1\ndy/dt = -omega * x : 1\nomega = 0.3 : 1/ms"
    found = entries(text, 2.0)
    c, s = np.cos(0.6), np.sin(0.6)
    assert found["x"] == pytest.approx({"x": c, "y": s}, rel=1e-13)
    assert found["y"] == pytest.approx({"x": -s, "y": c}, rel=1e-13)
