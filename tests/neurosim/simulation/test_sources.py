"""Thresholds of random words, and what a source refuses."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.simulation.sources import Poisson, SpikeTimes, event_thresholds, spike_thresholds


def test_thresholds_of_spikes_are_probabilities_in_words() -> None:
    rates = np.array([0.0, 1e-3, 8.0, 1000.0, 1e5])
    exact = -np.expm1(-rates * 1e-4) * 2.0**32
    assert (spike_thresholds(rates, 0.1) == np.rint(exact)).all()


def test_a_rate_beyond_all_bounds_still_fits_a_word() -> None:
    assert int(spike_thresholds(1e9, 0.1)) == 2**32 - 1


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.2, 2.3, 20.0, 64.0])
def test_thresholds_of_events_are_the_cumulative_poisson_distribution(mean: float) -> None:
    from scipy.stats import poisson

    found = event_thresholds(mean).astype(np.float64)
    expected = np.minimum(np.rint(poisson.cdf(np.arange(len(found)), mean) * 2.0**32), 2.0**32 - 1)
    assert np.abs(found - expected).max() <= 1  # scipy's own rounding
    assert (np.diff(found) >= 0).all()
    assert found[-1] == 2**32 - 1
    assert len(found) % 8 == 0


def test_spike_times_are_sorted_and_become_the_step_whose_end_they_are() -> None:
    source = SpikeTimes([2.0, 0.3, 0.3], [0, 2, 1]).resolve("s", 3, 0.1)
    assert source.steps.tolist() == [2, 2, 19]
    assert source.neurons.tolist() == [1, 2, 0]


def test_spike_times_half_way_between_two_steps_go_up() -> None:
    half = np.round(0.1 * np.arange(1, 600, 7) + 0.05, 2)
    source = SpikeTimes(half, np.zeros(len(half), int)).resolve("s", 1, 0.1)
    assert source.steps.tolist() == list(range(1, 600, 7))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Poisson(np.nan), "Poisson.rate: expected rates >= 0 in Hz, got nan"),
        (lambda: Poisson("many"), "Poisson.rate: expected rates >= 0 in Hz, got 'many'"),
        (lambda: Poisson([1.0, 2.0]).resolve("s", 3, 0.1), r"s.rate: expected .* shape \(3,\), got .* \(2,\)"),
        (lambda: SpikeTimes([0.0], [0]), "SpikeTimes.times: expected times > 0 in ms, got 0.0"),
        (lambda: SpikeTimes([1.0, 2.0], [0]), "SpikeTimes.neurons: expected one neuron per time"),
        (lambda: SpikeTimes([1.0], [0.5]), "SpikeTimes.neurons: expected whole numbers"),
        (lambda: SpikeTimes([1.0], [3]).resolve("s", 3, 0.1), "s.neurons: expected neurons in 0 .. 2, got 3"),
        (lambda: SpikeTimes([0.04], [0]).resolve("s", 3, 0.1), "s.times: expected times >= dt = 0.1 ms, got 0.04"),
        (lambda: SpikeTimes([1.0, 1.02], [1, 1]).resolve("s", 3, 0.1), "got two of neuron 1 at 1 ms"),
    ],
)
def test_what_makes_no_source_is_refused(make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(InputError, match=message):
        make()
