"""Each part of a model gets the integrator that fits it, and the choice is reported."""

from __future__ import annotations

import pytest

from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel, compile_model

EXACT, RK4 = "exact", "rk4"
G = "dg/dt = -g / tau : 1/ms\ntau = 5.0 : ms\n"


def report(text: str, integrator: str = "auto") -> dict[str, str]:
    return compile_model(NeuronModel(text, integrator=integrator), 0.1, "float64").integrator


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dv/dt = -v / tau : 1\n" + G, {"v": EXACT, "g": EXACT}),
        ("dv/dt = -v * g : 1\n" + G, {"v": "exponential Euler", "g": EXACT}),
        ("dv/dt = -v * v / tau : 1\n" + G, {"v": RK4, "g": EXACT}),
        ("dv/dt = (v**2 - w) / tau : 1\ndw/dt = (v - w) / tau : 1\n" + G, {"v": RK4, "w": RK4, "g": EXACT}),
        ("dv/dt = (drive - v) / tau : 1\ndrive : 1, input\n" + G, {"v": EXACT, "g": EXACT}),
        ("dv/dt = -v / tau + s * xi : 1\ns = 1.0 : 1/sqrt(ms)\n" + G, {"v": "exact, Euler-Maruyama noise", "g": EXACT}),
    ],
)
def test_linear_parts_are_exact_conditionally_linear_ones_exponential_others_rk4(
    text: str, expected: dict[str, str]
) -> None:
    assert report(text) == expected


@pytest.mark.parametrize("integrator", ["rk4", "rk2", "euler"])
def test_an_integrator_that_is_asked_for_holds_for_every_state(integrator: str) -> None:
    assert report("dv/dt = -v * g : 1\n" + G, integrator) == {"v": integrator, "g": integrator}


def test_an_integrator_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match=r"neuron.integrator: expected linear equations for 'exact', got v"):
        report("dv/dt = -v * g : 1\n" + G, "exact")
    with pytest.raises(InputError, match=r"linear in its own variable, got v; take 'rk4'"):
        report("dv/dt = -v * v / tau : 1\n" + G, "exponential_euler")


def test_noise_that_is_not_linear_in_xi_is_refused() -> None:
    with pytest.raises(InputError, match=r"neuron.dv/dt: expected noise of the form"):
        report("dv/dt = s * xi * xi : 1\ns = 1.0 : 1")
