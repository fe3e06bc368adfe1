"""AdEx and Izhikevich against an adaptive solver of another library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neurosim.equations import NeuronModel, compile_model
from neurosim.neurons import AdEx, Izhikevich
from tests.neurosim.equations.alone import Alone

pytestmark = pytest.mark.usefixtures("generated_folder")

Slope = Callable[[float, Any], list[float]]


def adex(drive: float) -> Slope:
    """Brette & Gerstner (2005), with the values of the paper."""

    def slope(t: float, y: Any) -> list[float]:
        v, w = y
        upstroke = 30.0 * 2.0 * np.exp((v + 50.4) / 2.0)
        return [(-30.0 * (v + 70.6) + upstroke - w + drive) / 281.0, (4.0 * (v + 70.6) - w) / 144.0]

    return slope


def izhikevich(drive: float) -> Slope:
    """Izhikevich (2003), regular spiking."""

    def slope(t: float, y: Any) -> list[float]:
        v, u = y
        return [0.04 * v * v + 5.0 * v + 140.0 - u + drive, 0.02 * (0.2 * v - u)]

    return slope


def spikes_of_the_solver(
    slope: Slope, y: list[float], peak: float, reset: float, jump: float, end: float
) -> list[float]:
    def crossing(t: float, y: Any) -> float:
        return float(y[0] - peak)

    crossing.terminal = True  # type: ignore[attr-defined]
    t, times = 0.0, list[float]()
    while True:
        part: Any = solve_ivp(slope, (t, end), y, events=crossing, rtol=1e-9, atol=1e-9, max_step=1.0)
        if not part.t_events[0].size:
            return times
        t = float(part.t_events[0][0])
        times.append(t)
        y = [reset, float(part.y_events[0][0][1]) + jump]


@pytest.mark.parametrize(
    ("model", "slope", "start", "drive", "second"),
    [(AdEx, adex, [-70.6, 0.0], 400.0, "w"), (Izhikevich, izhikevich, [-65.0, -13.0], 3.0, "u")],
)
def test_the_subthreshold_course_is_that_of_the_solver(
    model: Callable[..., NeuronModel], slope: Callable[[float], Slope], start: list[float], drive: float, second: str
) -> None:
    exact = solve_ivp(slope(drive), (0, 40), start, t_eval=np.arange(1, 41), rtol=1e-11, atol=1e-11).y
    neuron = Alone(compile_model(model(i_ext=drive), 0.05, "float64"))
    for k in range(40):
        for _ in range(20):
            assert not neuron.step()[0]
        assert neuron["v"][0] == pytest.approx(exact[0, k], abs=1e-6)
        assert neuron[second][0] == pytest.approx(exact[1, k], abs=1e-6)


@pytest.mark.parametrize(
    ("model", "slope", "start", "drive", "peak", "reset", "jump"),
    [
        (AdEx, adex, [-70.6, 0.0], 1000.0, -20.0, -70.6, 80.5),  # at 20 mV the solver gives up
        (Izhikevich, izhikevich, [-65.0, -13.0], 10.0, 30.0, -65.0, 8.0),
    ],
)
def test_spike_times_approach_those_of_the_solver(
    model: Callable[..., NeuronModel],
    slope: Callable[[float], Slope],
    start: list[float],
    drive: float,
    peak: float,
    reset: float,
    jump: float,
) -> None:
    end = 100.0
    expected = spikes_of_the_solver(slope(drive), start, peak, reset, jump, end)
    assert len(expected) >= 3
    for dt in (0.1, 0.01):
        neuron = Alone(compile_model(model(i_ext=drive, v_peak=peak), dt, "float64"))
        found = [(step + 1) * dt for step in neuron.spike_steps(round(end / dt))]
        assert len(found) == len(expected)
        late = np.array(found) - expected
        # each spike waits for the end of its step
        assert (late > -0.5 * dt).all()
        assert (late < 2 * dt * np.arange(1, len(late) + 1)).all()


def test_a_spike_leaves_the_variables_as_the_papers_say() -> None:
    for neuron, second, jump in ((AdEx(i_ext=1000.0), "w", 80.5), (Izhikevich(i_ext=10.0), "u", 8.0)):
        alone = Alone(compile_model(neuron, 0.01, "float64"))
        before = 0.0
        while not alone.step()[0]:
            before = float(alone[second][0])
        assert alone["v"][0] in (-70.6, -65.0)
        assert alone[second][0] - before == pytest.approx(jump, abs=0.5)


def test_input_is_added_to_the_current_of_adex_and_holds_for_a_step_in_izhikevich() -> None:
    neuron = Alone(compile_model(AdEx(tau_s=5.0), 0.1, "float64"))
    neuron.step(i=50)
    neuron.step()
    assert neuron["i"][0] == pytest.approx(50.0 * np.exp(-0.1 / 5.0), rel=1e-13)
    pulse = Alone(compile_model(Izhikevich(), 0.1, "float64"))
    still = Alone(compile_model(Izhikevich(), 0.1, "float64"))
    pulse.step(i=5)
    still.step()
    assert pulse["v"][0] == still["v"][0]
    pulse.step()
    still.step()
    assert pulse["v"][0] - still["v"][0] == pytest.approx(0.1 * 5.0, rel=0.1)
