"""The engine for GPUs against the reference, bit for bit, on a host that runs the same kernels."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from neurosim.connectivity import AllToAll
from neurosim.core.errors import InputError
from neurosim.engines.cuda import image, watching
from neurosim.engines.cuda.engine import CudaEngine
from neurosim.engines.engine import SpikeEvents, WatchedState
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference import ReferenceEngine
from neurosim.equations import NeuronModel
from neurosim.simulation.network import Network
from neurosim.simulation.sources import SpikeTimes
from tests.neurosim.engines.cuda.fake_cupy import ORDERS, Host, ShimFault, compiled_on_host
from tests.neurosim.engines.cuda_networks import competing, every_neuron
from tests.neurosim.engines.networks import everything, plan_of, timed

STEPS = 150
WATCHED = 50  # where each access is looked at
ALL = range(4)
Install = Callable[[Host], Host]
SILENT = "dv/dt = -v / tau : mV, input\ntau = 10.0 : ms"


@cache
def expected(batch: int, precision: str = "float32") -> tuple[NetworkPlan, dict[int, SpikeEvents], ReferenceEngine]:
    """A plan, the spikes that the reference finds in it, and the reference after that."""
    plan = everything(batch, batch, precision)
    reference = ReferenceEngine(plan, ALL)
    reference.advance(STEPS)
    return plan, reference.take_spikes(), reference


def wide() -> NetworkPlan:
    """More targets than 17 bits can number, and rows longer than 65,535."""
    net = Network(4)
    net.population("in", 2, SpikeTimes([0.5, 1.0], [0, 1]))
    net.population("a", 140_000, NeuronModel(SILENT, name="silent"))
    net.connect("in", "a", AllToAll(), delay=0.2)
    return plan_of(net)


def equal(found: dict[int, SpikeEvents], wanted: dict[int, SpikeEvents]) -> bool:
    """Whether every population has the same steps, neurons and samples, in the same types."""
    return found.keys() == wanted.keys() and all(
        found[population][column].dtype == wanted[population][column].dtype
        and np.array_equal(found[population][column], wanted[population][column])
        for population in wanted
        for column in range(3)
    )


def assert_equal_states(engine: CudaEngine, reference: ReferenceEngine, populations: int) -> None:
    """Every population has the same states and refractory counters."""
    for population in range(populations):
        assert np.array_equal(engine.state(population), reference.state(population))
        assert engine.state(population).dtype == reference.state(population).dtype
        assert np.array_equal(engine.refractory(population), reference.refractory(population))


@pytest.mark.parametrize(("order", "batch"), [("forward", 1), ("reverse", 2), ("seeded", 2)])
def test_spikes_and_states_are_those_of_the_reference(install: Install, order: str, batch: int) -> None:
    plan, wanted, reference = expected(batch)
    assert min(len(events.steps) for events in wanted.values()) > 40
    install(Host(order))
    engine = CudaEngine(plan, ALL)
    engine.advance(STEPS)
    assert engine.step == STEPS
    assert equal(engine.take_spikes(), wanted)
    assert_equal_states(engine, reference, len(plan.populations))
    assert equal(engine.pending(), reference.pending())


@pytest.mark.parametrize("order", ORDERS)
def test_no_two_threads_touch_what_one_of_them_writes(install: Install, order: str) -> None:
    plan, wanted, _ = expected(2)
    install(Host(order, watch=True))
    engine = CudaEngine(plan, ALL)
    engine.advance(WATCHED)
    early = {number: events.steps < WATCHED for number, events in wanted.items()}
    first = {p: SpikeEvents(e.steps[early[p]], e.neurons[early[p]], e.samples[early[p]]) for p, e in wanted.items()}
    assert equal(engine.take_spikes(), first)


BARRIER = ("    }\n    __syncthreads();\n    if (thread == 0 && found", "    }\n    if (thread == 0 && found")
FAULTS = MappingProxyType({
    "a missing barrier": (*BARRIER, "beside"),
    "a barrier in a branch": ("rank = atomicAdd", "__syncthreads(); rank = atomicAdd", "beside|not all threads"),
    "a lost atomic": ("atomicAdd(&slots[codes[k] & mask], (int)(codes[k] >> net.target_bits))",
                      "slots[codes[k] & mask] += (int)(codes[k] >> net.target_bits)", "beside|two writes"),
    "a drive too many": ("row < part[Part::DRIVE_TO]", "row <= part[Part::DRIVE_TO]", "outside"),
    "a wrong slot": ("slots[codes[k] & mask]", "slots[codes[k] & mask ^ 1]", None),
    "a lost spike": ("    if (spike)\n        ring", "    if (spike && thread != 40)\n        ring", None),
})  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(install: Install, fault: str) -> None:
    before, after, message = FAULTS[fault]
    host = install(Host("forward", watch=message is not None))

    def planted(source: str) -> str:
        assert source.count(before) == 1
        return source.replace(before, after)

    host.edit = planted
    plan, wanted, _ = expected(1)
    engine = CudaEngine(plan, ALL)
    if message:
        with pytest.raises(ShimFault, match=message):
            engine.advance(WATCHED)
    else:
        engine.advance(STEPS)
        assert not equal(engine.take_spikes(), wanted)


def test_steps_are_graphs_and_the_rest_are_launches_in_the_same_order(install: Install) -> None:
    plan, wanted, _ = expected(1)
    host = install(Host())
    engine = CudaEngine(plan, ALL, graph_steps=16)
    engine.advance(16)
    assert host.replayed == 0
    engine.advance(33)  # the first of these loads the kernels
    assert host.replayed == 2
    engine.advance(16)
    assert host.replayed == 3
    engine.advance(STEPS - 65)
    assert host.replayed == 3 + (STEPS - 65) // 16
    assert host.ran == ["deliver", "update"] * STEPS
    assert equal(engine.take_spikes(), wanted)


@pytest.mark.parametrize("slices", [[1] * 5 + [80, 33, 32], [STEPS - 1, 1]])
def test_slices_and_drains_change_nothing(install: Install, slices: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    plan, wanted, _ = expected(2)
    install(Host())
    monkeypatch.setattr(image, "RECORD_BYTES", 37 * 2 * 4 * 60)  # 37 steps fit, somewhat more
    engine = CudaEngine(plan, ALL)
    for steps in slices:
        engine.advance(steps)
    assert equal(engine.take_spikes(), wanted)
    assert all(len(events.steps) == 0 for events in engine.take_spikes().values())


def test_a_slice_is_unpacked_while_the_next_ones_run(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, wanted, _ = expected(2)
    host = install(Host())
    monkeypatch.setattr(image, "RECORD_BYTES", 37 * 2 * 4 * 60)
    engine = CudaEngine(plan, ALL)
    room, a_step = engine._recorded.steps, len(["deliver", "update"])
    assert 4 * room < STEPS < 5 * room
    host.waits.clear()
    engine.advance(STEPS)
    asked = a_step * room
    assert host.waits == [3 * asked, 4 * asked, a_step * STEPS]  # two slices behind, and at the end
    assert equal(engine.take_spikes(), wanted)


def test_only_recorded_populations_are_kept(install: Install) -> None:
    plan, wanted, _ = expected(2)
    install(Host())
    engine, none = CudaEngine(plan, [3, 1]), CudaEngine(plan, [])
    for each in (engine, none):
        each.advance(STEPS)
    assert equal(engine.take_spikes(), {1: wanted[1], 3: wanted[3]})
    assert none.take_spikes() == {}


def test_double_precision_is_that_of_the_reference(install: Install) -> None:
    plan, wanted, reference = expected(1, "float64")
    install(Host())
    engine = CudaEngine(plan, ALL)
    engine.advance(STEPS)
    assert equal(engine.take_spikes(), wanted)
    assert_equal_states(engine, reference, len(plan.populations))


@pytest.mark.parametrize("watch", [False, True])
def test_shared_variables_are_those_of_the_whole_population(install: Install, watch: bool) -> None:
    plan = plan_of(competing(5), batch=2)
    host = install(Host("reverse", watch=watch))
    reference, engine = ReferenceEngine(plan, [0, 1]), CudaEngine(plan, [0, 1])
    for each in (reference, engine):
        each.advance(100)
    assert host.ran[:3] == ["deliver", "share", "update"]
    wanted = reference.take_spikes()
    assert min(len(events.steps) for events in wanted.values()) > 30
    assert reference.state(0)[:, 0].mean() > 0.05  # a level that makes a difference
    assert equal(engine.take_spikes(), wanted)
    assert_equal_states(engine, reference, 3)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_neurons_that_read_the_time_are_those_of_the_reference(install: Install, precision: str) -> None:
    plan = plan_of(timed(2), batch=2, precision=precision)
    install(Host("seeded", watch=True))
    reference, engine = ReferenceEngine(plan, range(4)), CudaEngine(plan, range(4))
    reference.advance(120)
    for steps in (1, 79, 40):
        engine.advance(steps)
    wanted = reference.take_spikes()
    assert min(len(events.steps) for events in wanted.values()) > 30
    assert equal(engine.take_spikes(), wanted)
    assert_equal_states(engine, reference, 4)


def test_every_neuron_is_that_of_the_reference(install: Install) -> None:
    plan = plan_of(every_neuron(7))
    install(Host("seeded", watch=True))
    reference, engine = ReferenceEngine(plan, range(12)), CudaEngine(plan, range(12))
    for each in (reference, engine):
        each.advance(60)
    wanted = reference.take_spikes()
    assert sum(len(events.steps) > 0 for events in wanted.values()) > 6
    assert equal(engine.take_spikes(), wanted)
    assert_equal_states(engine, reference, len(plan.populations))


def test_what_was_read_from_one_engine_continues_in_another(install: Install) -> None:
    plan, wanted, _ = expected(2)
    install(Host())
    engines: list[Any] = [CudaEngine(plan, ALL), ReferenceEngine(plan, ALL), CudaEngine(plan, ALL)]
    parts = []
    for number, (engine, steps) in enumerate(zip(engines, (50, 20, STEPS - 70), strict=True)):
        if number:
            before = engines[number - 1]
            engine.step = before.step
            engine.set_pending(before.pending())
            for population in ALL:
                engine.set_state(population, before.state(population))
                engine.set_refractory(population, before.refractory(population))
        engine.advance(steps)
        parts.append(engine.take_spikes())
    joined = {
        p: SpikeEvents(*(np.concatenate([part[p][column] for part in parts]) for column in range(3))) for p in ALL
    }
    assert equal(joined, wanted)


def test_new_thresholds_and_weights_act_from_the_next_step(install: Install) -> None:
    plan, _, _ = expected(2)
    install(Host())
    reference, engine = ReferenceEngine(plan, ALL), CudaEngine(plan, ALL)
    random = np.random.default_rng(1)
    thresholds = random.integers(0, 2**25, (2, 150), np.uint32)
    weight = random.integers(-9000, 9000, len(plan.projections[4]), np.int32)
    for each in (reference, engine):
        each.advance(30)
        each.set_thresholds(2, thresholds)
        each.set_weights(4, weight)
        each.advance(50)
    assert equal(engine.take_spikes(), reference.take_spikes())


def test_many_targets_take_eight_bytes_a_synapse_and_long_rows_wide_offsets(install: Install) -> None:
    host = install(Host())
    engine = CudaEngine(wide(), [])
    assert (engine.report().bytes_per_synapse or 0) > 8
    engine.advance(14)
    assert host.ran == ["deliver", "update"] * 14
    states = engine.state(1)[0, 0]
    assert states.min() == states.max() > 1.9


def test_watched_states_are_those_of_the_reference(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, _, _ = expected(2)
    host = install(Host())
    monkeypatch.setattr(watching, "WATCH_BYTES", 4 * 2 * 40 * 43)  # somewhat more than 30 steps
    wanted = [WatchedState(0, 1, 1, np.array([7, 1299, 3])), WatchedState(1, 0, 7, np.arange(300))]
    engine = CudaEngine(plan, [0], graph_steps=8)
    found = []
    engine.watch(wanted)
    for steps in (45, 1, 32):
        engine.advance(steps)
        found.append(engine.take_states())
    assert host.ran[:3] == ["deliver", "update", "watch"]
    for number, each in enumerate(wanted):
        values = np.concatenate([part[number] for part in found])
        assert values.shape == (78 // each.every, 2, len(each.neurons))
        reference = ReferenceEngine(plan, [0])
        for moment in values:
            reference.advance(each.every)
            assert np.array_equal(moment, reference.state(each.population)[:, each.row, each.neurons])


def test_states_of_no_neurons_are_watched_without_a_kernel(install: Install) -> None:
    host = install(Host())
    engine = CudaEngine(expected(2)[0], [])
    engine.watch([WatchedState(0, 1, 2, np.array([], np.int64))])
    engine.advance(7)
    (values,) = engine.take_states()
    assert values.shape == (3, 2, 0)
    assert "watch" not in host.ran


def test_the_machine_code_is_kept_whole(install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    host = install(Host())
    made: list[bytes] = []

    def seen(source: str) -> str:
        made.append(compiled_on_host(source, False))
        return source

    host.edit = seen
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path))
    CudaEngine(expected(1)[0], [])
    (kept,) = (tmp_path / "compiled").glob("*.cubin")
    assert [kept.read_bytes()] == made


def test_a_network_that_does_not_fit_is_refused_before_anything_is_allocated(install: Install) -> None:
    plan, _, _ = expected(1)
    host = install(Host(free=1000))
    with pytest.raises(InputError, match=r"1000 bytes free on the GPU, got one that needs \d{7,} bytes; use fewer"):
        CudaEngine(plan, ALL)
    assert not host.live


def test_memory_that_others_took_meanwhile_is_one_line(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosim.engines.cuda.engine.check_memory", lambda needed: None)
    install(Host(free=300_000))
    with pytest.raises(InputError, match=r"fits into the \d+ bytes free on the GPU, got one that needs \d+ bytes"):
        CudaEngine(expected(1)[0], ALL)


@pytest.mark.parametrize("make", [lambda: expected(2)[0], wide])
def test_the_memory_that_is_asked_for_is_what_is_taken(
    install: Install, monkeypatch: pytest.MonkeyPatch, make: Callable[[], NetworkPlan]
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("neurosim.engines.cuda.engine.check_memory", asked.append)
    host = install(Host())
    free = host.free
    CudaEngine(make(), [0])
    assert sum(asked) == free - host.free


@pytest.mark.parametrize(
    ("devices", "message"),
    [(0, "the driver sees no GPU; check nvidia-smi"), (-1, "update the driver, and check nvidia-smi")],
)
def test_a_machine_without_a_usable_gpu_says_why(install: Install, devices: int, message: str) -> None:
    install(Host(devices=devices))
    with pytest.raises(InputError, match=f"expected a usable GPU for 'cuda', got none: .*{message}"):
        CudaEngine(expected(1)[0], [])


def test_a_compiler_that_fails_is_one_line_with_its_message(install: Install) -> None:
    host = install(Host())

    def broken(source: str) -> str:
        raise RuntimeError("NVRTC_ERROR_COMPILATION")

    host.edit = broken
    with pytest.raises(InputError, match="NVRTC_ERROR_COMPILATION: the log of the compiler; install the wheel"):
        CudaEngine(expected(1)[0], [])
