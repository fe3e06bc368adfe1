"""Packed rows: they come back as they were, deliver the sums they should, and need no more memory than promised."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.connectivity import (
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotalNumber,
    FromArrays,
    LogNormal,
    Normal,
    Synapses,
    Uniform,
    build,
)
from neurosim.connectivity.rows import Pair
from neurosim.connectivity.synapses import prepare
from neurosim.core.errors import InputError
from neurosim.engines.grid import slot_scale
from neurosim.engines.layout.blocks import BlockLayout
from neurosim.engines.layout.static import StaticSynapses, bytes_per_synapse, pack_static, rewrite
from neurosim.engines.plan import DrivePlan, NetworkPlan, PopulationPlan, ProjectionPlan, SlotPlan


class Projection(NamedTuple):
    """Synapses between populations by number, weight and delay (ms) as in `build`."""

    name: str
    builder: Any
    pre: int
    post: int
    receptor: int = 0
    weight: Any = None
    delay: Any = None


SIZES, INPUTS = (300, 70, 1), (1, 2, 1)
PROJECTIONS = (
    Projection("a", FixedTotalNumber(9000), 0, 1, 1, Normal(1.0, 0.1), Normal(1.5, 0.75, low=0.05)),
    Projection("b", FixedProbability(0.1, allow_autapses=False), 0, 0, 0, -2.5, 0.3),
    Projection("c", FixedInDegree(9), 0, 1, 1, Uniform(-3.0, 1.0), Uniform(0.2, 0.9)),  # shares a's pathway
    Projection("d", FixedOutDegree(5, allow_multapses=False), 1, 0, 0, 1.0, 25.7),
    Projection("e", FromArrays([0, 0, 0], [3, 299, 3], [1.0, -2.0, 4.0], [0.2, 0.1, 0.1]), 2, 0),
    Projection("f", FixedTotalNumber(50), 2, 1, 0, LogNormal(0.0, 0.2), 1.0),
)


def plan_of(
    sizes: Sequence[int], projections: Sequence[Projection], inputs: Sequence[int], threads: int
) -> NetworkPlan:
    """The projections between populations without a model, each slot on the grid of what leads into it."""
    drawn = [
        prepare(p.builder, Pair(p.name, sizes[p.pre], sizes[p.post], p.pre == p.post, 1, threads), p.weight, p.delay,
                0.1, {})
        for p in projections
    ]  # fmt: skip
    ends = [(post, receptor) for post, count in enumerate(inputs) for receptor in range(count)]
    into = [[d for p, d in zip(projections, drawn, strict=True) if (p.post, p.receptor) == end] for end in ends]
    populations = [PopulationPlan(str(k), size, None, None, np.zeros((0, size))) for k, size in enumerate(sizes)]
    return NetworkPlan(
        dt=0.1,
        precision="float32",
        seed=1,
        batch=1,
        populations=tuple(populations),
        slots=tuple(SlotPlan(*end, slot_scale(plans, 0.0, "slot")) for end, plans in zip(ends, into, strict=True)),
        projections=tuple(
            ProjectionPlan(p.name, p.pre, ends.index((p.post, p.receptor)), d)
            for p, d in zip(projections, drawn, strict=True)
        ),
        drives=(),
    )


def network(
    owners: int = 1,
    projections: Sequence[Projection] = PROJECTIONS,
    sizes: Sequence[int] = SIZES,
    inputs: Sequence[int] = INPUTS,
    threads: int = 1,
) -> StaticSynapses:
    layout = BlockLayout(tuple(sizes), tuple(inputs), owners)
    return pack_static(plan_of(sizes, projections, inputs, threads), layout, threads)


def canonical(p: Projection, sizes: Sequence[int] = SIZES) -> Synapses:
    return build(
        p.builder,
        sizes[p.pre],
        sizes[p.post],
        p.weight,
        p.delay,
        dt=0.1,
        seed=1,
        name=p.name,
        recurrent=p.pre == p.post,
    )


def unpack(packed: StaticSynapses, name: str) -> npt.NDArray[np.int64]:
    """Source, target, delay and integer weight (4, synapses) of a projection, in canonical order."""
    pre, post, receptor, layer = packed.paths[name]
    layout = packed.layout
    size: Any = np.diff(packed.offsets.astype(np.int64), axis=1)
    source, column = np.repeat(np.indices(size.shape).reshape(2, -1), size.ravel(), axis=1)
    bin_, owner = np.divmod(column, layout.owners)
    code = packed.codes.astype(np.int64)
    slot = (code & ((1 << packed.target_bits) - 1)) - layout.first_slot[owner]
    target = np.full((layout.owners, layout.slots.max()), -1)
    for block, place in enumerate(zip(*layout.slots_of(post, receptor), strict=True)):
        target[place[0], place[1] : place[1] + 128] = 128 * block + np.arange(128)
    source = source - layout.first_neuron(pre)
    mine = (source >= 0) & (source < layout.sizes[pre]) & (packed.layers[bin_] == layer) & (target[owner, slot] >= 0)
    rows = np.stack((source, target[owner, slot], packed.delays[bin_], code >> packed.target_bits))[:, mine]
    return rows[:, np.lexsort(rows[2::-1])]


def check_round_trip(packed: StaticSynapses, projection: Projection, sizes: Sequence[int] = SIZES) -> None:
    """Equality with the canonical synapses, weights on the grid."""
    expected = canonical(projection, sizes)
    integer = np.rint(expected.weight.astype(float) / packed.scale[projection.post][projection.receptor])
    assert np.array_equal(unpack(packed, projection.name), [expected.pre, expected.post, expected.delay, integer])


def delivered(packed: StaticSynapses, source: int, owner: int, delay: int) -> npt.NDArray[np.int64]:
    """The buffer of ``owner`` after the segments of one source and delay, walked as the engine does."""
    buffer, mask = np.zeros(packed.layout.slots[owner], np.int64), (1 << packed.target_bits) - 1
    for b in np.flatnonzero(packed.delays == delay):
        column = b * packed.layout.owners + owner
        begin = packed.row_start[source] + int(packed.offsets[source, column])
        end = packed.row_start[source] + int(packed.offsets[source, column + 1])
        for code in packed.codes[begin:end].tolist():
            buffer[(code & mask) - packed.layout.first_slot[owner]] += code >> packed.target_bits
    return buffer


@pytest.mark.parametrize("owners", [1, 2, 5])
@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda p: p.name)
def test_every_projection_comes_back(owners: int, projection: Projection) -> None:
    check_round_trip(network(owners), projection)


@pytest.mark.parametrize("owners", [1, 3])
def test_a_spike_delivers_what_the_canonical_synapses_say(owners: int) -> None:
    packed = network(owners)
    for source, population, neuron in ((0, 0, 0), (177, 0, 177), (384 + 69, 1, 69), (512, 2, 0)):
        expected: dict[tuple[int, int, int], int] = {}
        for p in PROJECTIONS:
            if p.pre != population:
                continue
            s, first = canonical(p), packed.layout.first_block[p.post]
            for j in range(s.row_ptr[neuron], s.row_ptr[neuron + 1]):
                block, lane = divmod(int(s.post[j]), 128)
                owner = int(packed.layout.block_owner[first + block])
                slot = packed.layout.block_slot[first + block] + p.receptor * packed.layout.width[owner, p.post] + lane
                key = (owner, int(s.delay[j]), int(slot))
                integer = round(float(s.weight[j]) / packed.scale[p.post][p.receptor])
                expected[key] = expected.get(key, 0) + integer
        for owner in range(owners):
            for delay in sorted(set(packed.delays.tolist())):
                buffer = delivered(packed, source, owner, delay)
                got = {(owner, delay, int(slot)): int(buffer[slot]) for slot in np.flatnonzero(buffer)}
                assert got == {k: v for k, v in expected.items() if k[:2] == (owner, delay) and v}


@settings(max_examples=40, deadline=None)
@given(data=st.data(), sizes=st.tuples(st.integers(1, 400), st.integers(1, 400)), owners=st.integers(1, 4))
def test_any_list_of_synapses_comes_back(data: st.DataObject, sizes: tuple[int, int], owners: int) -> None:
    synapse = st.tuples(
        st.integers(0, sizes[0] - 1), st.integers(0, sizes[1] - 1), st.floats(1.0, 50.0, width=32), st.integers(1, 300)
    )
    listed = data.draw(st.lists(synapse, max_size=60))
    pre, post, weight, delay = ([row[i] for row in listed] for i in range(4))
    builder = FromArrays(np.array(pre, int), np.array(post, int), weight, np.array(delay) * 0.1)
    p = Projection("x", builder, 0, 1)
    check_round_trip(network(owners, [p], sizes, (1, 1)), p, sizes)


@pytest.mark.parametrize("threads", [2, 3])
def test_the_number_of_threads_changes_no_bit(threads: int) -> None:
    one, many = network(2), network(2, threads=threads)
    assert (one.codes == many.codes).all()
    assert (one.offsets == many.offsets).all()


def test_many_chunks_come_back() -> None:
    sizes = (3000, 2000)
    projections = [
        Projection("a", FixedTotalNumber(1_500_000), 0, 1, 0, Normal(1.0, 0.1), Uniform(0.1, 1.0)),
        Projection("b", FixedInDegree(300), 0, 1, 0, Normal(-4.0, 0.4), 1.0),
    ]
    packed = network(2, projections, sizes, (1, 1), threads=2)
    for projection in projections:
        check_round_trip(packed, projection, sizes)


def test_rows_are_sorted_by_delay_and_owner_and_fill_the_array() -> None:
    packed = network(2)
    assert packed.delays.tolist() == sorted(packed.delays.tolist())
    assert (np.diff(packed.offsets.astype(int), axis=1) >= 0).all()
    assert (packed.offsets[:, -1] == np.diff(packed.row_start)).all()
    assert packed.row_start[-1] == len(packed) == sum(len(canonical(p)) for p in PROJECTIONS)


def test_a_synapse_takes_4_bytes() -> None:
    packed = network()
    assert packed.codes.dtype == np.int32
    assert packed.offsets.dtype == np.uint16


def test_long_rows_get_wider_offsets() -> None:
    p = Projection("p", FixedOutDegree(70_000), 0, 1, 0, 1.0, 1.0)
    packed = network(1, [p], (2, 50), (1, 1))
    assert packed.offsets.dtype == np.uint32
    check_round_trip(packed, p, (2, 50))


def test_more_slots_than_17_bits_take_8_bytes_and_the_same_weights() -> None:
    sizes = (140_000, 10)
    p = Projection("p", FixedInDegree(30), 0, 1, 0, Normal(1.0, 0.1), 1.0)
    q = Projection("q", FixedOutDegree(20_000), 1, 0, 0, Normal(1.0, 0.1), 1.0)
    one, two = (network(owners, [p, q], sizes, (1, 1)) for owners in (1, 2))
    assert (one.codes.dtype.itemsize, two.codes.dtype.itemsize) == (8, 4)
    for projection in (p, q):
        check_round_trip(one, projection, sizes)
        check_round_trip(two, projection, sizes)
        assert np.array_equal(unpack(one, projection.name), unpack(two, projection.name))
        synapses, post = canonical(projection, sizes), projection.post
        sums = np.bincount(synapses.post, np.rint(synapses.weight / one.scale[post][0]))
        assert one.largest_sum[post].tolist() == two.largest_sum[post].tolist() == [sums.max()]


def test_weights_are_15_bit_integers_and_the_busiest_target_s_sum_is_reported() -> None:
    packed = network(2)
    assert np.abs(packed.codes >> packed.target_bits).max() <= 16383
    for population, inputs in enumerate(INPUTS):
        for receptor in range(inputs):
            sums = np.zeros(SIZES[population])
            for p in PROJECTIONS:
                if (p.post, p.receptor) == (population, receptor):
                    _, post, _, integer = unpack(packed, p.name)
                    np.add.at(sums, post, np.abs(integer))
            assert packed.largest_sum[population][receptor] == sums.max()


def test_a_sum_beyond_int32_is_refused() -> None:
    plan = plan_of(SIZES, PROJECTIONS, INPUTS, 1)
    drive = DrivePlan("noise", slot=1, weight=1 << 30, thresholds=np.zeros(2, np.uint32))  # 2^31 in one step
    with pytest.raises(InputError, match=r"^population 1, input 0: expected weights whose sum an int32 holds, got"):
        pack_static(replace(plan, drives=(drive,)), BlockLayout(SIZES, INPUTS))


@pytest.mark.parametrize("builder", [FixedTotalNumber(25_000_000), FixedInDegree(2500)])
def test_building_takes_at_most_1_3_times_the_memory_of_the_result(builder: Any) -> None:
    sizes = (10_000, 10_000)
    p = Projection("p", builder, 0, 1, 0, Normal(1.0, 0.1), Uniform(0.1, 1.0))
    network(2, [Projection("p", FixedTotalNumber(9), 0, 1, 0, 1.0, 1.0)], (10, 10_000), (1, 1))  # compiles
    plan, layout = plan_of(sizes, [p], (1, 1), 1), BlockLayout(sizes, (1, 1), 2)
    tracemalloc.start()
    try:
        packed = pack_static(plan, layout)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.3 * (packed.codes.nbytes + packed.offsets.nbytes + packed.row_start.nbytes)


def test_no_projections_pack_to_nothing() -> None:
    packed = network(projections=[])
    assert len(packed) == 0
    assert packed.offsets.shape == (packed.layout.n_sources, 1)


def test_the_memory_of_a_synapse_is_that_of_all_arrays_over_all_synapses() -> None:
    plan = plan_of(SIZES, PROJECTIONS, INPUTS, 1)
    packed = pack_static(plan, BlockLayout(SIZES, INPUTS))
    assert bytes_per_synapse(plan, [packed.codes, packed.codes]) == 8.0


MANY = (900, 700)
REWRITTEN = (
    Projection("a", FixedTotalNumber(600_000), 0, 1, 1, Normal(1.0, 0.1), Uniform(0.2, 1.0)),
    Projection("b", FixedInDegree(30), 0, 1, 1, Normal(-2.0, 0.2), Uniform(0.2, 1.0)),  # shares a's pathway
    Projection("c", FixedInDegree(30), 0, 0, 0, Normal(1.0, 0.1), 0.3),
    Projection("d", FromArrays([5] * 4, [699] * 4, [1.0, 2.0, 3.0, 4.0], [0.3, 0.3, 0.1, 0.3]), 0, 1, 0),
)


@pytest.mark.parametrize("owners", [1, 3])
@pytest.mark.parametrize("name", ["a", "b", "c", "d"])
def test_new_weights_come_back_and_all_else_stays(owners: int, name: str) -> None:
    packed = network(owners, REWRITTEN, MANY, (1, 2))
    expected = {p.name: unpack(packed, p.name) for p in REWRITTEN}
    expected[name][3] = np.random.default_rng(2).integers(-16383, 16384, expected[name].shape[1])
    rewrite(packed, name, expected[name][3].astype(np.int32))
    for p in REWRITTEN:
        assert np.array_equal(unpack(packed, p.name), expected[p.name])
