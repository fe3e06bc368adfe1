"""Synapses by delay, and the sums they deliver."""

from __future__ import annotations

import numpy as np

from neurosim.connectivity import FixedProbability, Synapses, Uniform, build
from neurosim.engines.reference.delivery import by_delay, deliver


def synapses() -> Synapses:
    """About 100 synapses from 20 to 15 neurons, with delays of 1 to 5 steps."""
    return build(FixedProbability(0.3), 20, 15, weight=1.0, delay=Uniform(0.1, 0.5), dt=0.1, seed=1, name="p")


def test_the_groups_hold_each_synapse_once() -> None:
    groups = by_delay(synapses())
    assert len({due.delay for due in groups}) == len(groups) > 3
    assert sorted(np.concatenate([due.synapse for due in groups])) == list(range(len(synapses())))


def test_a_spike_delivers_the_weights_of_its_row_that_are_due() -> None:
    made = synapses()
    weights = np.arange(1, len(made) + 1, dtype=np.int32) ** 2  # tell them apart
    for due in by_delay(made):
        for neuron in range(20):
            slot = np.zeros((2, 15), np.int32)
            deliver(slot, weights, due, np.array([1], np.int32), np.array([neuron], np.int32))
            expected = [0] * 15
            for pre, post, delay, weight in zip(made.pre, made.post, made.delay, weights, strict=True):
                if pre == neuron and delay == due.delay:
                    expected[post] += int(weight)
            assert slot.tolist() == [[0] * 15, expected]
