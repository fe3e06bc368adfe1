"""Every integrator converges with its order, also where a part of the model is exact; noise has its true variance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from neurosim.core.rng import Stream
from tests.neurosim.equations.alone import alone

pytestmark = pytest.mark.usefixtures("generated_folder")

LOGISTIC = "dv/dt = v * (1 - v) / tau : 1\ntau = 2.0 : ms\non start: v = 0.1"
DRIVEN = (
    "dv/dt = g * v * (1 - v) : 1\ndg/dt = -g / tau : 1/ms\ntau = 2.0 : ms\ng_0 = 1.5 : 1/ms\non start: v = 0.1; g = g_0"
)
CONDITIONAL = "dv/dt = -g * v : 1\ndg/dt = -g / tau : 1/ms\ntau = 2.0 : ms\ng_0 = 0.5 : 1/ms\non start: v = 2; g = g_0"
SWINGING = "dv/dt = (cos(w * t) - v) / tau : 1\ntau = 2.0 : ms\nw = 0.9 : 1/ms"
END = 4.0


def logistic(s: float) -> float:
    """The solution of v' = v (1 - v), v(0) = 0.1, at s."""
    return 1.0 / (1.0 + 9.0 * math.exp(-s))


def swinging(t: float) -> float:
    """The solution of v' = (cos(0.9 t) - v) / 2, v(0) = 0, at t."""
    return (math.cos(0.9 * t) + 1.8 * math.sin(0.9 * t) - math.exp(-t / 2.0)) / (1.0 + 1.8**2)


CASES = [
    (SWINGING, "auto", 1, swinging(END)),  # exponential Euler
    (SWINGING, "euler", 1, swinging(END)),
    (SWINGING, "rk2", 2, swinging(END)),
    (SWINGING, "rk4", 4, swinging(END)),
    (LOGISTIC, "euler", 1, logistic(END / 2.0)),
    (LOGISTIC, "rk2", 2, logistic(END / 2.0)),
    (LOGISTIC, "rk4", 4, logistic(END / 2.0)),
    (DRIVEN, "auto", 4, logistic(1.5 * 2.0 * -np.expm1(-END / 2.0))),  # g is exact, v by rk4
    (DRIVEN, "rk4", 4, logistic(1.5 * 2.0 * -np.expm1(-END / 2.0))),
    (DRIVEN, "rk2", 2, logistic(1.5 * 2.0 * -np.expm1(-END / 2.0))),
    (DRIVEN, "euler", 1, logistic(1.5 * 2.0 * -np.expm1(-END / 2.0))),
    (CONDITIONAL, "auto", 1, 2.0 * np.exp(0.5 * 2.0 * np.expm1(-END / 2.0))),
    (CONDITIONAL, "exponential_euler", 1, 2.0 * np.exp(0.5 * 2.0 * np.expm1(-END / 2.0))),
]


@pytest.mark.parametrize(("text", "integrator", "order", "exact"), CASES)
def test_the_error_falls_with_the_order_of_the_integrator(text: str, integrator: str, order: int, exact: float) -> None:
    errors = []
    for steps in (40, 80, 160):
        population = alone(text, END / steps, integrator=integrator)
        for _ in range(steps):
            population.step()
        errors.append(abs(float(population["v"][0]) - exact))
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.25)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(order, abs=0.15)


def test_exponential_euler_is_exact_where_the_coefficients_are_constant() -> None:
    text = "dv/dt = (drive - v) * rate : 1\ndrive = 3.0 : 1\nrate = 0.7 : 1/ms"
    population = alone(text, 2.0, integrator="exponential_euler")
    population.step()
    assert population["v"][0] == pytest.approx(3.0 * -np.expm1(-1.4), rel=1e-14)


def test_exponential_euler_of_a_vanishing_slope_is_a_plain_step() -> None:
    population = alone("dv/dt = drive - g * v : 1\ndg/dt = 0 : 1/ms\ndrive = 3.0 : 1/ms", 0.5)
    assert population.model.integrator["v"] == "exponential Euler"
    population.step()
    assert population["v"][0] == 1.5


OU = "dx/dt = -x / tau + sigma * xi : mV\ntau = 2.0 : ms\nsigma = 3.0 : mV/sqrt(ms)"


def stationary_variance(dt: float, integrator: str) -> float:
    """Of x -> p x + s z, read off two steps."""
    population = alone(OU, dt, n=2, integrator=integrator)
    population["x"][:] = 1.0, 0.0
    population.z[:] = 0.0, 1.0
    population.step()
    p, s = population["x"]
    return float(s**2 / (1 - p**2))


@pytest.mark.parametrize("dt", [0.01, 0.5, 5.0])
def test_an_ornstein_uhlenbeck_process_has_its_true_variance_at_any_step(dt: float) -> None:
    assert stationary_variance(dt, "auto") == pytest.approx(3.0**2 * 2.0 / 2, rel=1e-12)


def test_euler_maruyama_has_the_variance_of_its_own_closed_form() -> None:
    dt = 0.5
    assert stationary_variance(dt, "euler") == pytest.approx(3.0**2 * 2.0 / 2 / (1 - dt / (2 * 2.0)), rel=1e-12)


def test_the_variance_of_a_simulated_process_is_the_stationary_one() -> None:
    n, dt = 20_000, 1.0
    population = alone(OU, dt, n=n)
    stream = Stream(3, "noise")
    for step in range(12):
        population.z[0] = stream.normal(n, step)
        population.step()
    assert np.var(population["x"]) == pytest.approx(9.0, rel=0.04)  # 4 standard errors


def test_noise_that_depends_on_the_state_is_taken_at_the_start_of_the_step() -> None:
    population = alone("dx/dt = x * s * xi : 1\ns = 2.0 : 1/sqrt(ms)\non start: x = 3", 0.25)
    population.z[:] = 0.5
    population.step()
    assert population["x"][0] == 3.0 + 3.0 * 2.0 * 0.5 * 0.5


def test_each_noisy_equation_draws_its_own_numbers() -> None:
    population = alone("dx/dt = s * xi : 1\ndy/dt = s * xi : 1\ns = 1.0 : 1/sqrt(ms)", 1.0)
    population.z[:] = [[2.0], [5.0]]
    population.step()
    assert [*population["x"], *population["y"]] == [2.0, 5.0]
