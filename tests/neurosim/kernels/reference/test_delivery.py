"""Synapses by delay, and the sums they deliver."""

from __future__ import annotations

import numpy as np

from neurosim.connectivity import FixedProbability, Uniform, build
from neurosim.kernels.reference.delivery import by_delay, deliver
from neurosim.plan import ProjectionPlan


def projection() -> ProjectionPlan:
    """About 100 synapses from 20 to 15 neurons, with delays of 1 to 5 steps and weights that tell them apart."""
    synapses = build(FixedProbability(0.3), 20, 15, weight=1.0, delay=Uniform(0.1, 0.5), dt=0.1, seed=1, name="p")
    return ProjectionPlan("p", 0, 0, synapses, np.arange(1, len(synapses) + 1, dtype=np.int32) ** 2)


def test_the_groups_hold_each_synapse_once() -> None:
    groups = by_delay(projection(), 20)
    assert len({due.delay for due in groups}) == len(groups) > 3
    assert sorted(np.concatenate([due.synapse for due in groups])) == list(range(len(projection().weight)))


def test_a_spike_delivers_the_weights_of_its_row_that_are_due() -> None:
    made = projection()
    for due in by_delay(made, 20):
        for neuron in range(20):
            slot = np.zeros((2, 15), np.int32)
            deliver(slot, made.weight, due, np.array([1], np.int32), np.array([neuron], np.int32))
            expected = [0] * 15
            for pre, post, delay, weight in zip(
                made.synapses.pre, made.synapses.post, made.synapses.delay, made.weight, strict=True
            ):
                if pre == neuron and delay == due.delay:
                    expected[post] += int(weight)
            assert slot.tolist() == [[0] * 15, expected]
