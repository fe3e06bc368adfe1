"""The compiled engine against the reference: the same spikes and states, bit for bit."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from neurosim.connectivity import AllToAll, FixedProbability, Uniform
from neurosim.engines.cpu.engine import CpuEngine
from neurosim.engines.engine import Engine, SpikeEvents, WatchedState
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference import ReferenceEngine
from neurosim.equations import NeuronModel
from neurosim.neurons import LIF
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson, SpikeTimes
from tests.neurosim.engines.networks import everything, plan_of, timed

STEPS = 300
ALL = range(4)
SILENT = "dv/dt = -v / tau : mV, input\ntau = 10.0 : ms"
NEGATIVE = "dv/dt = 0 * v / tau : mV, input\nspike when v >= 0 * v\ntau = 10.0 : ms"
COMPETING = """
dv/dt = -v / tau    : 1, input
level = mean(v)     : 1, shared
spike when v >= 0.4 + level
on spike: v = 0
tau = 10.0          : ms
"""


@cache
def expected(batch: int, precision: str = "float32") -> tuple[NetworkPlan, dict[int, SpikeEvents], ReferenceEngine]:
    """A plan, the spikes that the reference finds in it, and the reference after that."""
    plan = everything(batch, batch, precision)
    reference = ReferenceEngine(plan, ALL)
    reference.advance(STEPS)
    return plan, reference.take_spikes(), reference


def arrays(events: SpikeEvents) -> tuple[npt.NDArray[Any], ...]:
    """The steps, neurons and samples."""
    return events.steps, events.neurons, events.samples


def assert_equal_spikes(found: dict[int, SpikeEvents], wanted: dict[int, SpikeEvents]) -> None:
    """Every population has the same steps, neurons and samples, in the same types."""
    assert found.keys() == wanted.keys()
    for population, events in wanted.items():
        for got, want in zip(arrays(found[population]), arrays(events), strict=True):
            assert got.dtype == want.dtype
            assert np.array_equal(got, want)


def assert_equal_states(engine: Engine, reference: Engine, populations: int) -> None:
    """Every population has the same states and refractory counters."""
    for population in range(populations):
        assert np.array_equal(engine.state(population), reference.state(population))
        assert engine.state(population).dtype == reference.state(population).dtype
        assert np.array_equal(engine.refractory(population), reference.refractory(population))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_spikes_and_states_are_those_of_the_reference(batch: int, threads: int) -> None:
    plan, wanted, reference = expected(batch)
    assert min(len(events.steps) for events in wanted.values()) > 100
    engine = CpuEngine(plan, ALL, threads)
    engine.advance(STEPS)
    assert engine.step == STEPS
    assert_equal_spikes(engine.take_spikes(), wanted)
    assert_equal_states(engine, reference, len(plan.populations))


@pytest.mark.parametrize("slices", [[1] * 5 + [100, 33, 162], [STEPS - 1, 1]])
def test_slices_change_nothing(slices: list[int]) -> None:
    plan, wanted, _ = expected(1)
    engine = CpuEngine(plan, ALL, 2)
    for steps in slices:
        engine.advance(steps)
    assert_equal_spikes(engine.take_spikes(), wanted)
    assert all(len(events.steps) == 0 for events in engine.take_spikes().values())


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("threads", [1, 2])
def test_watched_states_are_those_of_a_reference_that_stops_for_them(batch: int, threads: int) -> None:
    plan = expected(batch)[0]
    scattered = np.random.default_rng(3).permutation(1300)[:700]
    wanted = [
        WatchedState(0, 0, 1, scattered),
        WatchedState(1, 1, 7, np.arange(300)),
        WatchedState(0, 2, 50, np.array([1299, 5, 5])),
    ]
    reference, engine = ReferenceEngine(plan, []), CpuEngine(plan, [], threads)
    stopped: list[list[npt.NDArray[Any]]] = [[], [], []]
    for step in range(1, 121):
        reference.advance(1)
        for each, kept in zip(wanted, stopped, strict=True):
            if step > 20 and step % each.every == 0:
                kept.append(reference.state(each.population)[:, each.row, each.neurons])
    watching = ReferenceEngine(plan, [])
    for either in (engine, watching):
        either.advance(20)
        either.watch(wanted)
        for steps in (1, 40, 9, 50):
            either.advance(steps)
        found = either.take_states()
        assert [states.shape[0] for states in found] == [100, 15, 2]
        for states, kept in zip(found, stopped, strict=True):
            assert np.array_equal(states, np.array(kept))
        assert [len(states) for states in either.take_states()] == [0, 0, 0]


def test_double_precision_is_that_of_the_reference() -> None:
    plan, wanted, reference = expected(1, "float64")
    engine = CpuEngine(plan, ALL, 2)
    engine.advance(STEPS)
    assert_equal_spikes(engine.take_spikes(), wanted)
    assert_equal_states(engine, reference, len(plan.populations))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_a_population_with_a_shared_variable_stays_whole_while_others_are_shared_out(threads: int) -> None:
    net = Network(5)
    net.population("a", 300, NeuronModel(COMPETING, name="competing"))
    net.population("in", 50, Poisson(40.0))
    net.population("lif", 700, LIF(), initial={"v": Uniform(-60.0, -50.0)})
    net.connect("in", "a", FixedProbability(0.2), weight=0.5)
    net.connect("a", "lif", FixedProbability(0.2), weight=300.0)
    net.connect("lif", "a", FixedProbability(0.2), weight=0.1)
    plan = plan_of(net, batch=2)
    reference, engine = ReferenceEngine(plan, [0, 2]), CpuEngine(plan, [0, 2], threads)
    for each in (reference, engine):
        each.advance(400)
    wanted = reference.take_spikes()
    assert min(len(events.steps) for events in wanted.values()) > 100
    assert_equal_spikes(engine.take_spikes(), wanted)
    assert_equal_states(engine, reference, 3)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("threads", [1, 2])
def test_neurons_that_read_the_time_are_those_of_the_reference(threads: int, precision: str) -> None:
    plan = plan_of(timed(2), batch=2, precision=precision)
    reference, engine = ReferenceEngine(plan, range(4)), CpuEngine(plan, range(4), threads)
    reference.advance(120)
    for steps in (1, 79, 40):
        engine.advance(steps)
    wanted = reference.take_spikes()
    assert min(len(events.steps) for events in wanted.values()) > 30
    assert_equal_spikes(engine.take_spikes(), wanted)
    assert_equal_states(engine, reference, 4)


def test_what_was_read_from_one_engine_continues_in_another() -> None:
    plan, wanted, _ = expected(3)
    first, second = CpuEngine(plan, ALL, 2), CpuEngine(plan, ALL, 5)
    first.advance(120)
    early = first.take_spikes()
    second.step = first.step
    second.set_pending(first.pending())
    for population in ALL:
        second.set_state(population, first.state(population))
        second.set_refractory(population, first.refractory(population))
    second.advance(STEPS - 120)
    late = second.take_spikes()
    joined = {p: SpikeEvents(*map(np.append, arrays(early[p]), arrays(late[p]))) for p in ALL}
    assert_equal_spikes(joined, wanted)


def test_pending_spikes_are_those_of_the_reference() -> None:
    plan, _, reference = expected(3)
    engine = CpuEngine(plan, [], 2)
    engine.advance(STEPS)
    assert_equal_spikes(engine.pending(), reference.pending())


def test_only_recorded_populations_are_kept() -> None:
    plan, wanted, _ = expected(3)
    engine = CpuEngine(plan, [3, 1], 2)
    engine.advance(STEPS)
    assert_equal_spikes(engine.take_spikes(), {1: wanted[1], 3: wanted[3]})


def test_new_thresholds_and_weights_act_from_the_next_step() -> None:
    plan, _, _ = expected(3)
    reference, engine = ReferenceEngine(plan, ALL), CpuEngine(plan, ALL, 2)
    random = np.random.default_rng(1)
    thresholds = random.integers(0, 2**25, (3, 150), np.uint32)
    weight = random.integers(-16383, 16384, len(plan.projections[4]), np.int32)
    for each in (reference, engine):
        each.advance(50)
        each.set_thresholds(2, thresholds)
        each.set_weights(4, weight)
        each.advance(100)
    assert_equal_spikes(engine.take_spikes(), reference.take_spikes())


def test_a_thread_that_may_not_wait_leaves_the_work_to_one_with_the_same_spikes() -> None:
    net = Network(2)
    net.population("a", 1000, LIF(i_ext=400.0), {"v": -55.0})
    net.population("in", 200, Poisson(20.0))
    net.connect("in", "a", FixedProbability(0.1), weight=50.0, delay=2.0)
    net.connect("a", "a", FixedProbability(0.05), weight=-20.0, delay=1.5)
    plan = plan_of(net)
    alone, impatient = CpuEngine(plan, [0], 1), CpuEngine(plan, [0], 2, timeout_s=0.0)
    for engine in (alone, impatient):
        engine.advance(4000)
    assert alone.report().steps_alone == 0
    assert 0 < (impatient.report().steps_alone or 0) < 4000
    assert_equal_spikes(impatient.take_spikes(), alone.take_spikes())


def test_more_spikes_than_the_log_has_room_for_are_all_kept() -> None:
    net = Network(3)
    net.population("in", 2000, Poisson(3000.0))
    net.population("a", 2000, NeuronModel(SILENT, name="silent"))
    net.connect("in", "a", FixedProbability(0.001), delay=2.0)
    plan = plan_of(net)
    reference, engine = ReferenceEngine(plan, [0, 1]), CpuEngine(plan, [0, 1], 2)
    for each in (reference, engine):
        each.advance(150)
    wanted = reference.take_spikes()
    assert len(wanted[0].steps) > 60_000
    assert_equal_spikes(engine.take_spikes(), wanted)
    assert_equal_states(engine, reference, 2)


def test_slots_beyond_17_bits_go_to_more_owners() -> None:
    net = Network(4)
    net.population("in", 2, SpikeTimes([0.5, 1.0], [0, 1]))
    net.population("a", 140_000, NeuronModel(SILENT, name="silent"))
    net.connect("in", "a", AllToAll(), delay=0.2)
    plan = plan_of(net)
    engine = CpuEngine(plan, [], 1)
    engine.advance(9)
    assert engine.report().events == 140_000
    engine.advance(5)
    assert engine.report().events == 280_000
    assert engine.report().spikes == 2
    assert min(engine.report().delivery_s or 0, engine.report().update_s or 0) > 0
    states = engine.state(1)[0, 0]
    assert states.min() == states.max() > 1.9


def test_the_padding_of_a_population_never_spikes() -> None:
    net = Network(6)
    net.population("a", 100, NeuronModel(NEGATIVE, name="negative"), {"v": -1.0})
    engine = CpuEngine(plan_of(net), [0], 1)
    engine.advance(50)
    assert len(engine.take_spikes()[0].steps) == 0
