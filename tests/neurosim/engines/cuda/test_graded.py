"""Synapses that send a state on the GPU's kernels: by products by hand, and the bits of the reference."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import MappingProxyType

import numpy as np
import pytest

from neurosim.connectivity import AllToAll, FixedTotalNumber
from neurosim.engines.cuda.engine import CudaEngine
from neurosim.engines.engine import Engine, GradedState
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference import ReferenceEngine
from neurosim.simulation import parts
from neurosim.simulation.network import Network
from tests.neurosim.engines.cuda.fake_cupy import ORDERS, Host, ShimFault
from tests.neurosim.engines.cuda_networks import sending
from tests.neurosim.engines.networks import DT, HELD, SUM, plan_of

STEPS = 100
WATCHED = 40  # where each access is looked at
PROCESSORS = 40  # so that the synapses of one delay are shared out among blocks
GRADED = (2, 3)
Install = Callable[[Host], Host]


@cache
def plan(batch: int, precision: str = "float32") -> NetworkPlan:
    return plan_of(sending(6), batch, precision)


@cache
def expected(batch: int, precision: str = "float32", steps: int = STEPS) -> ReferenceEngine:
    """The reference after all steps."""
    reference = ReferenceEngine(plan(batch, precision), [1])
    reference.advance(steps)
    return reference


def assert_same(found: Engine, wanted: Engine) -> None:
    """Every state, weight and past, and the number of states that were clipped."""
    for number in GRADED:
        for a, b in zip(found.graded(number), wanted.graded(number), strict=True):
            assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    for population in (1, 2):
        assert found.state(population).tobytes() == wanted.state(population).tobytes()


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_what_arrives_is_weight_times_the_state_a_delay_before(install: Install, precision: str) -> None:
    install(Host("seeded", watch=True))
    u, w, delay = [0.5, -0.75, 3.0], np.array([[1.0, -0.5], [0.25, 0.75], [1.0, 1.0]]), np.array([1, 4, 2, 3, 1, 1])
    net = Network()
    net.population("a", 3, HELD, {"u": u})
    net.population("b", 2, SUM)
    net.connect("a", "b", AllToAll(), graded=parts.Graded("u", bound=1.5), weight=w.ravel(), delay=delay * DT, name="g")
    engine = CudaEngine(plan_of(net, 1, precision), [])
    sums, sent = np.zeros(2), []
    for n in range(12):
        sent.append(np.minimum(np.array(u) * np.exp(-(n + 1) * DT / 10.0), 1.5))
        for k, (i, j) in enumerate((i, j) for i in range(3) for j in range(2)):
            if n >= delay[k]:
                sums[j] += w[i, j] * sent[n - delay[k]][i]
        engine.advance(1)
        grid = (n + 1) * 6 * 1.5 * 2.0**-14  # half a unit for each synapse and step
        np.testing.assert_allclose(engine.state(1)[0, 0], sums, atol=grid)
    assert engine.saturations(0) == 12  # the third state, in each step


@pytest.mark.parametrize(
    ("order", "batch", "precision"),
    [("forward", 1, "float32"), ("reverse", 2, "float32"), ("seeded", 2, "float64")],
)
def test_states_are_those_of_the_reference(install: Install, order: str, batch: int, precision: str) -> None:
    host = install(Host(order, processors=PROCESSORS))
    wanted = expected(batch, precision)
    start = ReferenceEngine(plan(batch, precision), [])
    assert (wanted.state(1) != start.state(1)).all()
    engine = CudaEngine(plan(batch, precision), [1], graph_steps=16)
    engine.advance(37)
    engine.advance(STEPS - 37)
    assert host.ran[:5] == ["deliver", "receive", "share", "update", "note"]
    assert_same(engine, wanted)
    assert [engine.saturations(number) for number in GRADED] == [wanted.saturations(number) for number in GRADED]
    assert min(wanted.saturations(number) for number in GRADED) > 100
    assert len(engine.take_spikes()[1].steps) > 20 * batch


@pytest.mark.parametrize("order", ORDERS)
def test_no_two_threads_touch_what_one_of_them_writes(install: Install, order: str) -> None:
    install(Host(order, watch=True, processors=PROCESSORS))
    engine = CudaEngine(plan(2), [])
    engine.advance(WATCHED)
    assert_same(engine, expected(2, steps=WATCHED))


FAULTS = MappingProxyType({
    "a lost atomic": ("atomicAdd(&slots[net.g_slot[k]], (int)rint(product))",
                      "slots[net.g_slot[k]] += (int)rint(product)", "beside|two writes"),
    "a lost count": ("atomicAdd(&net.g_clipped[row[Graded::PROJECTION] * gridDim.y + sample], clipped)",
                     "net.g_clipped[row[Graded::PROJECTION] * gridDim.y + sample] += clipped", "beside|two writes"),
    "a moment too late": ("- due[Graded::DELAY])", "- due[Graded::DELAY] + 1)", None),
    "a synapse too many": ("k < due[Graded::TO]", "k <= due[Graded::TO]", None),
    "what is rounded once": ("(int)rint(product)", "(int)product", None),
    "the other sample": ("(moment * gridDim.y + sample) * due", "(moment * gridDim.y + 1 - sample) * due", None),
    "no bound below": ("below > -bound ? below : -bound", "below", None),
})  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(install: Install, fault: str) -> None:
    before, after, message = FAULTS[fault]
    host = install(Host("forward", watch=message is not None, processors=PROCESSORS))

    def planted(source: str) -> str:
        assert source.count(before) == 1
        return source.replace(before, after)

    host.edit = planted
    engine = CudaEngine(plan(2), [])
    if message:
        with pytest.raises(ShimFault, match=message):
            engine.advance(WATCHED)
    else:
        engine.advance(WATCHED)
        with pytest.raises(AssertionError):
            assert_same(engine, expected(2, steps=WATCHED))


def test_what_was_read_from_one_engine_continues_in_another(install: Install) -> None:
    install(Host())
    engines: list[Engine] = [CudaEngine(plan(2), []), ReferenceEngine(plan(2), []), CudaEngine(plan(2), [])]
    for number, (engine, steps) in enumerate(zip(engines, (31, 20, STEPS - 51), strict=True)):
        if number:
            before = engines[number - 1]
            engine.step = before.step
            engine.set_pending(before.pending())
            for population in range(3):
                engine.set_state(population, before.state(population))
                engine.set_refractory(population, before.refractory(population))
            for projection in GRADED:
                engine.set_graded(projection, before.graded(projection))
        engine.advance(steps)
    assert_same(engines[-1], expected(2))


def test_new_weights_act_from_the_next_step_and_the_count_goes_on(install: Install) -> None:
    install(Host("seeded"))
    engines: list[Engine] = [CudaEngine(plan(2), []), ReferenceEngine(plan(2), [])]
    for engine in engines:
        engine.advance(30)
        old = engine.graded(2)
        engine.set_graded(2, GradedState(-0.5 * old.weights, old.past))
        engine.advance(30)
    assert_same(*engines)
    assert engines[0].saturations(3) == engines[1].saturations(3) > expected(2, steps=30).saturations(3)


def test_a_projection_without_synapses_sends_nothing_but_remembers(install: Install) -> None:
    host = install(Host(watch=True))
    net = Network(1)
    net.population("a", 3, HELD, {"u": 2.0})
    net.population("b", 2, SUM)
    net.connect("a", "b", FixedTotalNumber(0), graded="u", weight=1.0)
    engines: list[Engine] = [CudaEngine(plan_of(net), []), ReferenceEngine(plan_of(net), [])]
    for engine in engines:
        engine.advance(5)
    assert host.ran[:3] == ["deliver", "update", "note"]
    assert not engines[0].state(1).any()
    assert engines[0].graded(0).past.tobytes() == engines[1].graded(0).past.tobytes()
    assert engines[0].saturations(0) == 5 * 3


def test_the_memory_that_is_asked_for_is_what_is_taken(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr("neurosim.engines.cuda.engine.check_memory", asked.append)
    host = install(Host())
    free = host.free
    engine = CudaEngine(plan(2), [])
    assert sum(asked) == free - host.free
    sent = sum(len(plan(2).projections[number]) for number in GRADED)
    assert (engine.report().bytes_per_synapse or 0) * sum(map(len, plan(2).projections)) > 12 * sent
