"""Packed rows: they come back as they were, deliver the sums they should, and need no more memory than promised."""

from __future__ import annotations

import tracemalloc
from typing import Any

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
    row_sources,
)
from neurosim.core.errors import InputError
from neurosim.engines.layout.blocks import BlockLayout
from neurosim.engines.layout.static import Projection, StaticSynapses, pack
from neurosim.engines.layout.unpacking import unpack

SIZES, INPUTS = (300, 70, 1), (1, 2, 1)
PROJECTIONS = (
    Projection("a", FixedTotalNumber(9000), 0, 1, 1, Normal(1.0, 0.1), Normal(1.5, 0.75, low=0.05)),
    Projection("b", FixedProbability(0.1, allow_autapses=False), 0, 0, 0, -2.5, 0.3),
    Projection("c", FixedInDegree(9), 0, 1, 1, Uniform(-3.0, 1.0), Uniform(0.2, 0.9)),  # shares a's pathway
    Projection("d", FixedOutDegree(5, allow_multapses=False), 1, 0, 0, 1.0, 25.7),
    Projection("e", FromArrays([0, 0, 0], [3, 299, 3], [1.0, -2.0, 4.0], [0.2, 0.1, 0.1]), 2, 0),
    Projection("f", FixedTotalNumber(50), 2, 1, 0, LogNormal(0.0, 0.2), 1.0),
)


def network(owners: int = 1, projections: Any = PROJECTIONS, threads: int = 1, **options: Any) -> StaticSynapses:
    return pack(BlockLayout(SIZES, INPUTS, owners), projections, dt=0.1, seed=1, threads=threads, **options)


def canonical(p: Projection, sizes: tuple[int, ...] = SIZES) -> Synapses:
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


def check_round_trip(packed: StaticSynapses, projection: Projection, sizes: tuple[int, ...] = SIZES) -> None:
    """Equality with the canonical synapses, weights on the grid."""
    expected, got = canonical(projection, sizes), unpack(packed, projection.name)
    scale = packed.scale[projection.post][projection.receptor]
    assert (got.row_ptr == expected.row_ptr).all()
    assert (got.post == expected.post).all()
    assert (got.delay == expected.delay).all()
    assert (got.weight == np.rint(expected.weight.astype(float) / scale) * scale).all()


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
    check_round_trip(pack(BlockLayout(sizes, (1, 1), owners), [p], dt=0.1, seed=1), p, sizes)


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
    packed = pack(BlockLayout(sizes, (1, 1), 2), projections, dt=0.1, seed=1, threads=2)
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
    packed = pack(BlockLayout((2, 50), (1, 1)), [p], dt=0.1, seed=1)
    assert packed.offsets.dtype == np.uint32
    check_round_trip(packed, p, (2, 50))


def test_more_slots_than_17_bits_take_8_bytes_and_the_same_weights() -> None:
    sizes = (140_000, 10)
    p = Projection("p", FixedInDegree(30), 0, 1, 0, Normal(1.0, 0.1), 1.0)
    q = Projection("q", FixedOutDegree(20_000), 1, 0, 0, Normal(1.0, 0.1), 1.0)
    one, two = (pack(BlockLayout(sizes, (1, 1), owners), [p, q], dt=0.1, seed=1) for owners in (1, 2))
    assert (one.codes.dtype.itemsize, two.codes.dtype.itemsize) == (8, 4)
    for projection in (p, q):
        check_round_trip(one, projection, sizes)
        check_round_trip(two, projection, sizes)
        assert (unpack(one, projection.name).weight == unpack(two, projection.name).weight).all()
        synapses, post = canonical(projection, sizes), projection.post
        sums = np.bincount(synapses.post, np.rint(synapses.weight / one.scale[post][0]))
        assert one.largest_sum[post].tolist() == two.largest_sum[post].tolist() == [sums.max()]


def test_float32_weights_keep_what_15_bits_lose() -> None:
    coarse = Projection("p", FixedInDegree(20), 0, 1, 0, LogNormal(0.0, 2.0), 1.0)
    with pytest.raises(InputError, match=r"^projection 'p'\.weight: expected a rounding of at most 1% "):
        network(projections=[coarse])
    fine = Projection("p", FixedInDegree(20), 0, 1, 0, LogNormal(0.0, 2.0), 1.0, weights="float32")
    packed = network(projections=[fine])
    assert packed.codes.dtype == np.int64
    check_round_trip(packed, fine)
    assert packed.roundings[0].relative < 1e-4


def test_weights_are_15_bit_integers_and_the_busiest_target_s_sum_is_reported() -> None:
    packed = network(2)
    assert np.abs(packed.codes >> packed.target_bits).max() <= 16383
    for population, inputs in enumerate(INPUTS):
        for receptor in range(inputs):
            sums = np.zeros(SIZES[population])
            for p in PROJECTIONS:
                if (p.post, p.receptor) == (population, receptor):
                    s = unpack(packed, p.name)
                    np.add.at(sums, s.post, np.abs(s.weight.astype(float)) / packed.scale[population][receptor])
            assert packed.largest_sum[population][receptor] == sums.max()


def test_reserved_input_coarsens_the_grid() -> None:
    p = [Projection("p", FixedInDegree(20), 0, 1, 0, 1.0, 1.0)]
    free, reserved = (network(projections=p, reserve=r) for r in ({}, {(1, 0): 1e6}))
    assert free.scale[1].tolist() == [2.0**-13, 1.0]
    assert reserved.scale[1][0] >= 1e6 / (2**31 - 1)
    assert reserved.largest_sum[1][0] + 1e6 / reserved.scale[1][0] <= 2**31 - 1


def test_a_sum_beyond_int32_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_sources, "likely_bound", lambda mean, hard: 1.0)  # what has a probability of 1e-13
    p = Projection("p", FixedTotalNumber(500), 0, 2, 0, 1.0, 1.0, weights="float32")
    with pytest.raises(InputError, match=r"^population 2, input 0: expected weights whose sum an int32 holds, got"):
        network(projections=[p])


@pytest.mark.parametrize("builder", [FixedTotalNumber(25_000_000), FixedInDegree(2500)])
def test_building_takes_at_most_1_3_times_the_memory_of_the_result(builder: Any) -> None:
    layout = BlockLayout((10_000, 10_000), (1, 1), 2)
    p = Projection("p", builder, 0, 1, 0, Normal(1.0, 0.1), Uniform(0.1, 1.0))
    pack(
        BlockLayout((10, 10_000), (1, 1), 2),
        [Projection("p", FixedTotalNumber(9), *(0, 1, 0), 1.0, 1.0)],
        dt=0.1,
        seed=1,
    )
    tracemalloc.start()
    try:
        packed = pack(layout, [p], dt=0.1, seed=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.3 * (packed.codes.nbytes + packed.offsets.nbytes + packed.row_start.nbytes)


@pytest.mark.parametrize(
    ("projections", "message"),
    [
        (
            [Projection("p", FixedInDegree(1), 3, 0, 0, 1.0, 1.0)],
            "projection 'p'.pre: expected a population in [0, 3), got 3",
        ),
        (
            [Projection("p", FixedInDegree(1), 0, -1, 0, 1.0, 1.0)],
            "projection 'p'.post: expected a population in [0, 3)",
        ),
        (
            [Projection("p", FixedInDegree(1), 0, 1, 2, 1.0, 1.0)],
            "projection 'p'.receptor: expected an input in [0, 2), got 2",
        ),
        (
            [Projection("p", FixedInDegree(1), 0, 1, 0, 1.0, 1.0, weights="float64")],
            "projection 'p'.weights: expected one of float32, integer, got 'float64'",
        ),
        (
            [Projection("p", FixedInDegree(1), 0, 1, 0, 1.0, 1.0)] * 2,
            "projection 'p'.name: expected random numbers of its own, got those of 'p'; choose another name",
        ),
        (
            [Projection("p", FixedTotalNumber(10**12), 0, 1, 0, 1.0, 1.0)],
            "projection 'p': expected at most",
        ),
    ],
)
def test_what_cannot_be_packed_is_refused(projections: list[Projection], message: str) -> None:
    with pytest.raises(InputError) as error:
        network(projections=projections)
    assert str(error.value).startswith(message)


def test_an_unknown_projection_is_not_unpacked() -> None:
    with pytest.raises(InputError, match=r"^projection: expected one of a, b, c, d, e, f, got 'z'"):
        unpack(network(), "z")


def test_no_projections_pack_to_nothing() -> None:
    packed = network(projections=[])
    assert len(packed) == 0
    assert packed.offsets.shape == (packed.layout.n_sources, 1)
