"""What both compiled engines answer: states, counters, weights, signals, in the order of neurons, as copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.connectivity import AllToAll, OneToOne
from neurosim.engines.cpu.engine import CpuEngine
from neurosim.engines.engine import SignalState
from neurosim.engines.layout.array_engine import ArrayEngine
from neurosim.engines.plan import NetworkPlan
from neurosim.equations import NeuronModel
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.neurosim.engines.networks import plan_of

BATCH, SIZE = 2, 300  # of several blocks of 128, shared out among two threads
ADDER = "dv/dt = 0 / tau : 1, input\nspike when v > 100\nrefractory tau: hold v\ngain : 1, signal\ntau = 1.0 : ms"


@pytest.fixture
def plan() -> NetworkPlan:
    """A population in several blocks, each neuron fed by one of a source, and a signal that it reads."""
    net = Network(seed=1)
    net.signal("gain")
    net.population("in", SIZE, Poisson(0.0))
    net.population("cells", SIZE, NeuronModel(ADDER, name="adder"))
    net.connect("in", "cells", OneToOne(), weight=1.0, delay=0.1, name="one")
    return plan_of(net, BATCH)


@pytest.fixture
def engine(plan: NetworkPlan) -> CpuEngine:
    return CpuEngine(plan, [1], 2)


def numbered(*shape: int) -> Any:
    """A different number for each sample, variable and neuron."""
    return np.arange(np.prod(shape)).reshape(shape)


def test_what_is_set_is_read_in_the_order_of_neurons(engine: CpuEngine) -> None:
    states = numbered(BATCH, 1, SIZE).astype(np.float32) / 7
    engine.set_state(1, states)
    assert np.array_equal(engine.state(1), states)
    counters = numbered(BATCH, SIZE).astype(np.uint16)
    engine.set_refractory(1, counters)
    assert np.array_equal(engine.refractory(1), counters)
    assert engine.refractory(0).tolist() == [[0] * SIZE] * BATCH  # a source has none


def test_what_is_read_is_a_copy(engine: CpuEngine) -> None:
    engine.state(1)[:] = 5.0
    engine.refractory(1)[:] = 5
    engine.signal(0).values[:] = 5.0
    assert not engine.state(1).any()
    assert not engine.refractory(1).any()
    assert not engine.signal(0).values.any()


def test_a_neuron_that_is_held_counts_down_and_others_take_their_input(engine: CpuEngine) -> None:
    counters = np.zeros((BATCH, SIZE), np.uint16)
    counters[1, 200] = 7
    engine.set_refractory(1, counters)
    engine.advance(3)
    counters[1, 200] = 4
    assert np.array_equal(engine.refractory(1), counters)


def test_thresholds_decide_which_neurons_of_a_source_spike_in_each_sample(engine: CpuEngine) -> None:
    thresholds = np.zeros((BATCH, SIZE), np.uint32)
    chosen = [(0, 3), (0, 299), (1, 130)]
    for at in chosen:
        thresholds[at] = 2**32 - 1
    engine.set_thresholds(0, thresholds)
    engine.advance(3)  # spikes of steps 0 and 1 have arrived, a step later each
    arrived = {(int(sample), int(neuron)) for sample, neuron in zip(*np.nonzero(engine.state(1)[:, 0]), strict=True)}
    assert arrived == set(chosen)
    assert {float(engine.state(1)[sample, 0, neuron]) for sample, neuron in chosen} == {2.0}


def test_new_weights_are_those_of_the_synapses_in_canonical_order(engine: CpuEngine, plan: NetworkPlan) -> None:
    scale = plan.slots[0].scale
    engine.set_weights(0, np.arange(SIZE, dtype=np.int32))
    engine.set_thresholds(0, np.full((BATCH, SIZE), 2**32 - 1, np.uint32))
    engine.advance(2)
    assert engine.state(1)[:, 0].tolist() == [(np.arange(SIZE) * scale).tolist()] * BATCH


def test_a_signal_keeps_its_value_and_its_event_lasts_one_step(engine: CpuEngine) -> None:
    engine.set_signal(0, SignalState(np.array([1.5, 2.5], np.float32), np.array([True, False])))
    assert engine.signal(0).given.tolist() == [True, False]
    engine.advance(1)
    assert engine.signal(0).values.tolist() == [1.5, 2.5]
    assert engine.signal(0).given.tolist() == [False, False]


def test_an_engine_elsewhere_overrides_what_fetches_and_stores() -> None:
    class Elsewhere(CpuEngine):
        """Notes what would be copied."""

        def __init__(self, plan: NetworkPlan) -> None:
            super().__init__(plan, [], 1)
            self.log: list[tuple[str, str]] = []

        def _fetch(self, **arrays: Any) -> None:
            self.log += [("fetch", name) for name in arrays]

        def _store(self, **arrays: Any) -> None:
            self.log += [("store", name) for name in arrays]

    net = Network()
    net.population("cells", 3, NeuronModel("dv/dt = 0 / tau : 1, input\nspike when v > 9\ntau = 1.0 : ms", name="sum"))
    net.connect("cells", "cells", AllToAll(), name="p")
    engine = Elsewhere(plan_of(net))
    assert isinstance(engine, ArrayEngine)
    engine.set_state(0, engine.state(0))
    engine.set_refractory(0, engine.refractory(0))
    engine.set_weights(0, np.zeros(9, np.int32))
    # a state is one of several that lie in one array: it is fetched before it is changed in part
    assert engine.log == [
        ("fetch", "state"), ("fetch", "state"), ("store", "state"),
        ("fetch", "refractory"), ("fetch", "refractory"), ("store", "refractory"),
        ("store", "codes"),
    ]  # fmt: skip
