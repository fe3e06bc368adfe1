"""Normalised STDP: event by event against a loop, sums that are kept, and inputs that fire together take all weight."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.rules import NormalisedSTDP
from tests.rules.spike_trains import DT, paired, random_times

UP, DOWN, TAU_UP, TAU_DOWN, INTERVAL, STRENGTH = 0.02, 0.03, 16.8, 33.7, 20.0, 2.5
CHOSEN = {"a_plus": UP, "a_minus": DOWN, "tau_plus": TAU_UP, "tau_minus": TAU_DOWN, "interval": INTERVAL}


def loop(pre: list[list[float]], post: list[list[float]], stop: float, start: float, high: float) -> np.ndarray:
    """The weights (n_pre, n_post): events in time, the presynaptic one first, the scaling last of all."""
    w = np.full((len(pre), len(post)), start)
    for step in range(1, round(stop / DT) + 1):
        now = step * DT
        for i, own in enumerate(pre):
            if now in own:
                w[i] -= [DOWN * sum(np.exp(-(now - t) / TAU_DOWN) for t in other if t < now) for other in post]
                w = np.clip(w, 0.0, high)
        for j, other in enumerate(post):
            if now in other:
                w[:, j] += [UP * sum(np.exp(-(now - t) / TAU_UP) for t in own if t <= now) for own in pre]
                w = np.clip(w, 0.0, high)
        if now % INTERVAL == 0:
            w = np.clip(w * STRENGTH / w.sum(axis=0), 0.0, high)
    return w


@pytest.mark.parametrize("high", [9.0, 0.6])
def test_weights_are_those_of_a_loop_over_events(high: float) -> None:
    pre, post = random_times(41, 5), random_times(42, 4)
    simulation = paired(NormalisedSTDP(w_max=high, strength=STRENGTH, **CHOSEN), pre, post)
    simulation.run(310.0)
    wanted = loop(pre, post, 310.0, 0.5, high)
    assert np.ptp(wanted) > 0.1
    np.testing.assert_allclose(simulation.get("plastic", "w").reshape(5, 4), wanted, rtol=1e-11)


def test_the_weights_of_each_neuron_add_up_to_the_strength_after_each_interval() -> None:
    pre, post = random_times(43, 20), random_times(44, 6)
    simulation = paired(NormalisedSTDP(w_max=9.0, strength=7.0, **CHOSEN), pre, post, weight=np.linspace(0.1, 2.0, 120))
    for _ in range(10):
        simulation.run(INTERVAL)
        np.testing.assert_allclose(simulation.get("plastic", "w").reshape(20, 6).sum(axis=0), 7.0, rtol=1e-12)


def test_a_neuron_without_weight_is_left_alone() -> None:
    rule = NormalisedSTDP(w_max=9.0, w_min=-9.0, strength=7.0, **CHOSEN)
    simulation = paired(rule, [[10.0], [20.0]], [[500.0]], weight=0.0)
    simulation.run(100.0)
    assert simulation.get("plastic", "w").tolist() == [0.0, 0.0]


def test_what_one_synapse_gains_the_others_lose() -> None:
    """Competition: three synapses, one of which precedes each postsynaptic spike."""
    times = [50.0 + 100.0 * k for k in range(20)]
    late = [t + 5.0 for t in times]
    simulation = paired(NormalisedSTDP(w_max=9.0, strength=3.0, **CHOSEN), [times, [1e6], [1e6]], [late], weight=1.0)
    simulation.run(2100.0)
    w = simulation.get("plastic", "w")
    assert w[0] > 1.1
    assert w[1] == w[2] < 0.95
    assert w.sum() == pytest.approx(3.0, rel=1e-12)
