"""Brunel's network has the rates of his mean-field theory and the four regimes of his figure 8."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import erfcx

from neurosim.core.errors import InputError
from neurosim.networks.brunel import REGIMES, Brunel
from neurosim.simulation.spike_statistics import firing_rates, irregularities

START = 100.0  # ms


def theory(g: float, eta: float) -> float:
    """The stationary rate in Hz: equations 21 to 23 of the paper, for tau = 20 ms, J = 0.1 mV, C_E = 1000."""

    def excess(rate: float) -> float:
        external = eta * 0.01  # per ms and synapse
        mean = 1000 * 0.1 * 20 * (external + rate * (1 - g / 4))
        deviation = math.sqrt(1000 * 0.1**2 * 20 * (external + rate * (1 + g * g / 4)))
        waiting = quad(lambda u: erfcx(-u), (10 - mean) / deviation, (20 - mean) / deviation)[0]
        return float(rate - 1 / (2 + 20 * math.sqrt(math.pi) * waiting))

    return 1e3 * float(brentq(excess, 1e-6, 0.4))


def observe(regime: str, ms: float) -> tuple[float, float, np.ndarray]:
    """Mean rate in Hz, mean irregularity, and the population's spikes per step of 0.1 ms, after START."""
    g, eta = REGIMES[regime]
    net = Brunel(g=g, eta=eta).build(1)
    net.record("exc", "spikes")
    run = net.run(START + ms)
    times, neurons, _ = run.spikes("exc")
    late = times > START
    activity = np.bincount(np.rint((times[late] - START) * 10).astype(int), minlength=round(ms * 10) + 1)[1:]
    rate = firing_rates(times, neurons, 10_000, START, START + ms).mean()
    return float(rate), float(irregularities(times[late], neurons[late]).mean()), activity


def rhythm(activity: np.ndarray) -> float:
    """The frequency in Hz at which the population's activity has most power, above 5 Hz."""
    power = np.abs(np.fft.rfft(activity - activity.mean())) ** 2
    frequency = np.fft.rfftfreq(len(activity), 1e-4)
    return float(frequency[frequency > 5][power[frequency > 5].argmax()])


def synchrony(activity: np.ndarray) -> float:
    """Variance over mean of the spikes per ms: 1 for independent neurons."""
    per_ms = activity[: len(activity) // 10 * 10].reshape(-1, 10).sum(axis=1)
    return float(per_ms.var() / per_ms.mean())


def test_the_theory_gives_the_rates_that_the_paper_lists() -> None:
    listed = {"synchronous irregular, fast": 55.8, "asynchronous irregular": 38.0, "synchronous irregular, slow": 6.5}
    for regime, rate in listed.items():
        assert theory(*REGIMES[regime]) == pytest.approx(rate, rel=0.02)


def test_the_asynchronous_irregular_regime_has_the_rate_of_the_theory() -> None:
    rate, irregularity, activity = observe("asynchronous irregular", 400.0)
    assert rate == pytest.approx(theory(*REGIMES["asynchronous irregular"]), rel=0.03)
    assert irregularity > 0.35
    assert synchrony(activity) < 200


def test_strong_inhibition_makes_a_fast_rhythm_of_irregular_neurons() -> None:
    rate, irregularity, activity = observe("synchronous irregular, fast", 300.0)
    assert rate == pytest.approx(60.7, rel=0.1)
    assert rhythm(activity) == pytest.approx(180.0, rel=0.1)
    assert irregularity > 0.5


def test_weak_drive_makes_a_slow_rhythm_of_irregular_neurons() -> None:
    rate, irregularity, activity = observe("synchronous irregular, slow", 800.0)
    assert irregularity > 0.4
    assert rate == pytest.approx(theory(*REGIMES["synchronous irregular, slow"]), rel=0.15)
    assert rhythm(activity) == pytest.approx(22.0, rel=0.3)


def test_weak_inhibition_makes_neurons_fire_together_and_regularly() -> None:
    rate, irregularity, activity = observe("synchronous regular", 60.0)
    assert rate > 250
    assert irregularity < 0.2
    assert synchrony(activity) > 1000


@pytest.mark.parametrize("field", ["g", "eta", "scale"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_numbers_out_of_range_are_refused(field: str, value: float) -> None:
    with pytest.raises(InputError, match=rf"brunel.{field}: expected a number >= .*, got {value}"):
        Brunel(**{field: value})
