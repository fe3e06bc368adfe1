"""The leaky integrate-and-fire neurons against closed forms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from scipy.integrate import solve_ivp

from neurosim.equations import NeuronModel, compile_model
from neurosim.neurons import LIF, LIFAlpha, LIFConductance, LIFDelta, LIFTwoCurrents
from tests.neurosim.equations.alone import Alone

pytestmark = pytest.mark.usefixtures("generated_folder")

Times: TypeAlias = npt.NDArray[np.float64]

R, WEIGHT, TAU_M = 0.04, 100.0, 10.0
NEVER: dict[str, Any] = {"v_rest": 0.0, "v_th": math.inf}


def response(model: NeuronModel, dt: float, steps: int, **weights: int) -> Times:
    """v at the times dt, 2 dt, ... after the arrival of the weights."""
    neuron = Alone(compile_model(model, dt, "float64"))
    neuron.step(**weights)
    values = []
    for _ in range(steps):
        neuron.step()
        values.append(float(neuron["v"][0]))
    return np.array(values)


def exponential_psp(t: Times, tau_s: float) -> Times:
    """The response to a current w exp(-t / tau_s)."""
    rate = 1 / TAU_M - 1 / tau_s
    shape = np.expm1(rate * t) / rate if rate else t
    return np.asarray(R * WEIGHT / TAU_M * np.exp(-t / TAU_M) * shape)


def alpha_psp(t: Times, tau_s: float) -> Times:
    """The response to a current w e (t / tau_s) exp(-t / tau_s)."""
    rate = 1 / TAU_M - 1 / tau_s
    z = rate * t
    shape = (z * np.exp(z) - np.expm1(z)) / rate**2 if rate else t**2 / 2
    return np.asarray(R * WEIGHT * math.e / (TAU_M * tau_s) * np.exp(-t / TAU_M) * shape)


@pytest.mark.parametrize("dt", [0.1, 2.5])
@pytest.mark.parametrize("tau_s", [0.5, 2.0, TAU_M, 30.0])
@pytest.mark.parametrize(("model", "psp"), [(LIF, exponential_psp), (LIFAlpha, alpha_psp)])
def test_a_postsynaptic_potential_is_the_closed_form_at_any_step(
    model: Callable[..., NeuronModel],
    psp: Callable[..., Times],
    tau_s: float,
    dt: float,
) -> None:
    steps = round(50.0 / dt)
    found = response(model(tau_m=TAU_M, tau_s=tau_s, r_m=R, **NEVER), dt, steps, i=int(WEIGHT))
    expected = psp(dt * np.arange(1, steps + 1), tau_s)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * expected.max())


def test_an_alpha_current_peaks_at_its_weight_one_time_constant_after_the_spike() -> None:
    neuron = Alone(compile_model(LIFAlpha(tau_s=2.0, v_th=math.inf), 0.5, "float64"))
    neuron.step(i=30)
    currents = [float(neuron["i_syn"][0]) for _ in range(12) if neuron.step() is not None]
    assert int(np.argmax(currents)) == 3  # 2 ms
    assert max(currents) == pytest.approx(30.0, rel=1e-12)


def test_each_of_two_currents_has_its_own_time_constant() -> None:
    for name, tau in (("i_e", 5.0), ("i_i", 10.0)):
        model = LIFTwoCurrents(tau_m=TAU_M, r_m=R, tau_e=5.0, tau_i=10.0, **NEVER)
        found = response(model, 0.1, 300, **{name: int(WEIGHT)})
        np.testing.assert_allclose(found, exponential_psp(np.linspace(0.1, 30.0, 300), tau), atol=1e-12)


def test_a_delta_synapse_makes_the_potential_jump() -> None:
    found = response(LIFDelta(tau_m=20.0, v_rest=0.0), 0.1, 50, v=7)
    np.testing.assert_allclose(found, 7.0 * np.exp(-0.1 * np.arange(1, 51) / 20.0), rtol=1e-12)


@pytest.mark.parametrize("i_ext", [400.0, 500.0, 900.0, 5000.0])
@pytest.mark.parametrize("t_ref", [0.0, 2.0])
@pytest.mark.parametrize("model", [LIF, LIFDelta, LIFAlpha, LIFTwoCurrents])
def test_the_rate_under_a_constant_current_is_the_closed_form(
    model: Callable[..., NeuronModel], t_ref: float, i_ext: float
) -> None:
    dt = 0.1
    values: dict[str, Any] = {"tau_m": TAU_M, "r_m": R, "v_rest": -65.0, "v_th": -50.0, "v_reset": -60.0}
    neuron = Alone(compile_model(model(t_ref=t_ref, i_ext=i_ext, **values), dt, "float64"))
    spikes = neuron.spike_steps(1000)
    drive = R * i_ext
    climb = TAU_M * math.log((drive - 5.0) / (drive - 15.0))  # from reset to threshold, both counted from rest
    assert set(np.diff(spikes)) == {round(t_ref / dt) + math.ceil(climb / dt)}
    assert spikes[0] == math.ceil(TAU_M * math.log(drive / (drive - 15.0)) / dt) - 1


def test_no_rate_below_the_rheobase() -> None:
    assert not Alone(compile_model(LIF(i_ext=374.9, r_m=R), 0.1, "float64")).spike_steps(2000)
    assert Alone(compile_model(LIF(i_ext=375.1, r_m=R), 0.1, "float64")).spike_steps(2000)


def test_conductances_pull_the_potential_as_the_differential_equation_says() -> None:
    model = LIFConductance(v_th=math.inf)
    p: Any = model.values

    def slope(t: float, y: Times) -> list[float]:
        v, g_e, g_i = y
        current = p["g_l"] * (p["v_rest"] - v) + g_e * (p["e_e"] - v) + g_i * (p["e_i"] - v)
        return [current / p["c_m"], -g_e / p["tau_e"], -g_i / p["tau_i"]]

    times = np.linspace(1.0, 30.0, 30)
    exact = solve_ivp(slope, (0, 30), [-60.0, 30.0, 50.0], t_eval=times, rtol=1e-10, atol=1e-10).y[0]
    errors = []
    for dt in (0.1, 0.05):
        found = response(model, dt, round(30.0 / dt), g_e=30, g_i=50)
        errors.append(np.abs(found[round(1.0 / dt) - 1 :: round(1.0 / dt)] - exact).max())
    assert errors[0] < 0.1  # mV, of a swing of 8
    assert errors[0] / errors[1] == pytest.approx(2.0, abs=0.1)  # first order
