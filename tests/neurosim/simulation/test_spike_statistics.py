"""Descriptions of spike trains against closed forms, other libraries and counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from neurosim.simulation.spike_statistics import correlations, firing_rates, irregularities, ks_distance


def poisson_trains(size: int, rate: float, stop: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Times and neurons of independent Poisson trains, ``rate`` in Hz."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rate * stop / 1e3, size)
    times = rng.uniform(0.0, stop, counts.sum())
    order = np.argsort(times)
    return times[order], np.repeat(np.arange(size), counts)[order]


def test_rates_count_from_start_exclusive_to_stop_inclusive() -> None:
    times, neurons = np.array([10.0, 10.1, 20.0, 20.1]), np.array([0, 0, 2, 2])
    assert firing_rates(times, neurons, 4, 10.0, 20.0).tolist() == [100.0, 0.0, 100.0, 0.0]


def test_a_clock_has_irregularity_0_and_a_poisson_train_1() -> None:
    clock = np.arange(1.0, 50.0)
    assert irregularities(clock, np.zeros(49, int)) == pytest.approx([0.0], abs=1e-12)
    assert irregularities(*poisson_trains(200, 100.0, 1e4)).mean() == pytest.approx(1.0, abs=0.01)


def test_irregularities_are_those_of_each_train_alone() -> None:
    times, neurons = poisson_trains(30, 5.0, 1e3)
    trains = [np.diff(times[neurons == i]) for i in range(30)]
    expected = [each.std() / each.mean() for each in trains if len(each) >= 2]
    assert irregularities(times, neurons) == pytest.approx(expected)


def test_trains_that_share_half_of_their_spikes_correlate_by_half() -> None:
    common, of = poisson_trains(1, 50.0, 2e5)
    own, neurons = poisson_trains(2, 50.0, 2e5, seed=2)
    times = np.concatenate((common, common, own))
    senders = np.concatenate((of, of + 1, neurons))
    assert correlations(times, senders, 2, 0.0, 2e5) == pytest.approx([0.5], abs=0.02)


def test_a_spike_at_the_edge_of_a_bin_belongs_to_the_earlier_one() -> None:
    times = np.array([0.1 * 20, 0.1 * 3, 0.1 * 21])  # 2.0 and 0.3 share the bin (0, 2]
    together = correlations(times[:2], np.array([0, 1]), 2, 0.0, 10.0)
    apart = correlations(times[1:], np.array([0, 1]), 2, 0.0, 10.0)
    assert (together.round(6).tolist(), apart.round(6).tolist()) == ([1.0], [-0.25])


def test_neurons_without_variation_have_no_correlation() -> None:
    assert len(correlations(np.array([1.0, 3.0, 3.0, 5.0]), np.array([1, 0, 1, 1]), 2, 0.0, 6.0)) == 0
    assert len(correlations(np.array([1.0, 3.0]), np.array([0, 5]), 9, 0.0, 10.0)) == 1
    assert len(correlations(np.array([1.0]), np.array([0]), 9, 0.0, 10.0)) == 0


def test_the_distance_is_that_of_scipy() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 20, 300).astype(float), rng.integers(2, 22, 200).astype(float)
    assert ks_distance(a, b) == pytest.approx(ks_2samp(a, b).statistic)
