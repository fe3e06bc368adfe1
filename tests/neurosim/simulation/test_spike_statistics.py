"""Descriptions of spike trains against closed forms, other libraries and counting by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp

import neurosim as ns
from neurosim.networks import Cuba
from neurosim.neurons import LIF
from neurosim.rules import PairSTDP
from neurosim.simulation.spike_statistics import Traffic, correlations, firing_rates, irregularities, ks_distance


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


def network() -> ns.Network:
    """Three sources that are told their spikes; 0 has two synapses, 1 one, 2 none, and all two that learn."""
    net = ns.Network(1)
    told = net.population("told", 3, ns.SpikeTimes([1.0, 2.0, 2.0, 5.0, 7.0], [0, 0, 2, 1, 0]))
    cells = net.population("cells", 2, LIF())
    net.connect(told, cells, ns.FromArrays([0, 0, 1], [0, 1, 1]), weight=1.0)
    net.connect(told, cells, ns.AllToAll(), weight=1.0, rule=PairSTDP(w_max=2.0), copies="shared")
    net.record(told, "spikes")
    return net


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_spikes_and_events_are_those_counted_by_hand(backend: str) -> None:
    run = network().run(10.0, dt=0.5, backend=backend)
    found = run.traffic("told")
    fan_out = (4, 3, 2)
    assert found == Traffic(5, 3 * 20, 3 * fan_out[0] + fan_out[1] + fan_out[2], 20 * sum(fan_out))
    assert found.sparsity == 1 - 5 / 60


def test_samples_add_up_and_a_reset_begins_anew() -> None:
    simulation = network().compile(dt=0.5, backend="reference", batch=4)
    assert math.isnan(simulation.traffic("told").sparsity)
    simulation.run(3.0)
    assert simulation.traffic("told")[:2] == (4 * 3, 4 * 3 * 6)
    simulation.forget()
    simulation.run(3.0)
    assert simulation.traffic("told")[:2] == (4 * 1, 4 * 3 * 6)


def test_it_agrees_with_what_the_engine_walked() -> None:
    """All that was sent has arrived a step later, but for the spikes of the last step."""
    net = Cuba(scale=0.1).build(3)
    net.record(net.populations, "spikes")
    run = net.run(200.0, backend="cpu")
    engine: Any = run.engine
    sent, late = 0, 0
    for name in ("exc", "inh"):
        sent += run.traffic(name).events
        times, neurons, _ = run.spikes(name)
        joined = np.concatenate([run.get(f"{name}_to_{post}", "pre") for post in ("exc", "inh")])
        late += int(np.bincount(joined, minlength=400)[neurons[np.rint(times / run.dt) == engine.step]].sum())
    assert sent > 1e4
    assert engine.report().events == sent - late


def test_a_population_that_was_not_recorded_is_refused() -> None:
    run = network().run(1.0, backend="reference")
    with pytest.raises(ns.InputError, match="cells: nothing is recorded of this population"):
        run.traffic("cells")
    assert np.isfinite(run.traffic("told").sparsity)
