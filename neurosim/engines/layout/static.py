"""Packed rows: every synapse of a network in 4 bytes (or 8), in the order in which the CPU engine delivers them.

A code holds the target's slot in its owner's buffer, plus `BlockLayout.first_slot`, in the low bits and the signed
integer weight above: ``buffer[(code & mask) - first_slot] += code >> target_bits``. All rows lie in one array. Within a
row, synapses are sorted by (bin, owner); a bin is a delay, and ``delays[bin]`` its steps. The segment of source s for
bin b and owner k of K is

    codes[row_start[s] + offsets[s, b K + k] : row_start[s] + offsets[s, b K + k + 1]]

and a spike of step n delivers it in step n + delays[b]. Two projections on one pathway (same populations, same
receptor) have bins of their own, so that a delay can occur twice in ``delays`` and `unpack` can tell them apart.

4 bytes: 17 bits of slot, 15 of weight. 8 bytes, chosen when an owner has more than 2^17 slots: 32 bits of slot, 32 of
weight. The integers are those of `neurosim.engines.grid`.

Rows are drawn, packed and sorted some at a time, so that building needs little more memory than the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.row_sources import starts
from neurosim.connectivity.rows import Counts, Posts, in_threads, spans
from neurosim.connectivity.synapses import CHUNK, Delays, SynapsePlan, canonical_places, chunks, draw
from neurosim.connectivity.values import MAX_DELAY, possible_delays
from neurosim.core.errors import InputError
from neurosim.core.memory import check_memory
from neurosim.core.rng import NEURON_BLOCK
from neurosim.engines.grid import MAX_SUM
from neurosim.engines.layout.blocks import BlockLayout
from neurosim.engines.plan import NetworkPlan

Codes = npt.NDArray[np.int32] | npt.NDArray[np.int64]

NARROW_BITS, WIDE_BITS = 17, 32
_SCRATCH = 32  # bytes that a synapse takes while its chunk is drawn
_WINDOW = 1 << 21  # synapses by column drawn at once, at least
_WINDOWS = 8  # that a thread's share of them is cut into: each costs one more pass over the random numbers


@dataclass(frozen=True, eq=False)
class StaticProjection:
    """A projection from population ``pre`` to ``receptor`` of population ``post``."""

    plan: SynapsePlan
    pre: int
    post: int
    receptor: int

    @property
    def name(self) -> str:
        """The projection's."""
        return self.plan.pair.name


@dataclass(frozen=True, eq=False)
class StaticSynapses:
    """The packed rows of a network; see the head of this file.

    ``codes`` int32 or int64 (synapses,), ``row_start`` int64 (sources + 1,), ``offsets`` uint16 or uint32
    (sources, owners * bins + 1), ``delays`` int64 (bins,) in steps, where sources are the global neurons of
    ``layout``. ``layers`` (bins,) and ``paths`` (pre, post, receptor, layer of each projection) are for `rewrite`.
    ``scale``: for each population, float64 (inputs,): the weight of integer 1. ``largest_sum``: the same shape, what
    the integers of the busiest target sum to.
    """

    layout: BlockLayout
    codes: Codes
    target_bits: int
    row_start: Counts
    offsets: npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
    delays: Counts
    layers: Counts
    paths: Mapping[str, tuple[int, int, int, int]]
    scale: tuple[npt.NDArray[np.float64], ...]
    largest_sum: tuple[Counts, ...]

    def __len__(self) -> int:
        return len(self.codes)


def pack_static(plan: NetworkPlan, layout: BlockLayout, threads: int = 1) -> StaticSynapses:
    """The synapses of the projections of ``plan`` without a rule that send spikes, sampled by ``threads`` threads.

    Raises:
        InputError: a network that does not fit into memory, or sums that int32 does not hold.
    """
    scale = tuple(np.ones(inputs) for inputs in layout.inputs)
    for slot in plan.slots:
        scale[slot.population][slot.receptor] = slot.scale
    paths = [
        StaticProjection(p.plan, p.pre, plan.slots[p.slot].population, plan.slots[p.slot].receptor)
        for p in plan.projections
        if p.plastic is None and p.graded is None
    ]
    wide = bool(layout.slots.max() > 1 << NARROW_BITS)
    layers = _layers(paths)
    bins = sorted(
        {(int(d), layer) for p, layer in zip(paths, layers, strict=True) for d in possible_delays(p.plan.delay)}
    )
    size = np.zeros(layout.n_sources, np.int64)
    for p in paths:
        size[layout.first_neuron(p.pre) :][: p.plan.pair.n_pre] += np.diff(p.plan.row_ptr)
    row_start = starts(size)
    narrow_rows = size.max() <= np.iinfo(np.uint16).max
    columns = layout.owners * len(bins) + 1
    needed = row_start[-1] * (8 if wide else 4) + layout.n_sources * columns * (2 if narrow_rows else 4)
    check_memory("network", float(row_start[-1]), float(needed) + threads * min(row_start[-1], CHUNK) * _SCRATCH)
    shape = (layout.n_sources, columns)
    packed = StaticSynapses(
        layout,
        np.empty(row_start[-1], np.int64 if wide else np.int32),
        WIDE_BITS if wide else NARROW_BITS,
        row_start,
        np.zeros(shape, np.uint16) if narrow_rows else np.zeros(shape, np.uint32),
        np.array([d for d, _ in bins], np.int64),
        np.array([layer for _, layer in bins], np.int64),
        {p.name: (p.pre, p.post, p.receptor, layer) for p, layer in zip(paths, layers, strict=True)},
        scale,
        tuple(np.zeros(n, np.int64) for n in layout.inputs),
    )
    _fill(packed, paths, threads)
    _check_sums(packed, plan, threads)
    return packed


def _layers(paths: Sequence[StaticProjection]) -> list[int]:
    """For each projection, how many earlier ones share its pathway."""
    ends = [(p.pre, p.post, p.receptor) for p in paths]
    return [ends[:i].count(path) for i, path in enumerate(ends)]


@dataclass(frozen=True, eq=False)
class _Encoding:
    """What turns the synapses of one projection into codes and keys: a bin counts as many keys as there are owners."""

    per_scale: np.float32
    block_slot: npt.NDArray[np.uint32]
    block_key: npt.NDArray[np.uint32]
    bin_of_delay: npt.NDArray[np.uint32]


def _encoding(packed: StaticSynapses, name: str) -> _Encoding:
    _, post, receptor, layer = packed.paths[name]
    owner, slot = packed.layout.slots_of(post, receptor)
    bin_of_delay = np.zeros(MAX_DELAY + 1, np.uint32)
    bins = np.flatnonzero(packed.layers == layer)
    bin_of_delay[packed.delays[bins]] = bins * packed.layout.owners
    number = (slot + packed.layout.first_slot[owner]).astype(np.uint32)
    return _Encoding(np.float32(1.0 / packed.scale[post][receptor]), number, owner.astype(np.uint32), bin_of_delay)


def _fill(packed: StaticSynapses, paths: Sequence[StaticProjection], threads: int) -> None:
    """Draw, pack and sort all rows."""
    from neurosim.engines.layout.static_kernels import encode, place

    encodings = [_encoding(packed, path.name) for path in paths]
    key_type = np.uint16 if packed.offsets.shape[1] <= np.iinfo(np.uint16).max else np.uint32

    def work(task: tuple[int, int, int]) -> None:
        population, task_first, task_last = task
        base = packed.layout.first_neuron(population)
        members = [i for i, p in enumerate(paths) if p.pre == population]
        windows = [paths[i].plan.rows.window(task_first, task_last) for i in members]
        for first, last in chunks(packed.row_start[base:], task_first, task_last, CHUNK):
            start = packed.row_start[base + first : base + last + 1]
            codes = np.empty(start[-1] - start[0], packed.codes.dtype)
            keys = np.empty(len(codes), key_type)
            destination = start[:-1] - start[0]
            for i, window in zip(members, windows, strict=True):
                drawn, e = draw(paths[i].plan, window, first, last, canonical=False), encodings[i]
                encode(
                    drawn.start, drawn.post, drawn.delay, drawn.weight, e.per_scale, e.block_slot, e.block_key,
                    e.bin_of_delay, packed.target_bits, destination, codes, keys,
                )  # fmt: skip
                destination = destination + np.diff(drawn.start)
            place(
                start - start[0], codes, keys, packed.offsets[base + first : base + last],
                packed.codes[start[0] : start[-1]],
            )  # fmt: skip

    for _ in in_threads(work, _tasks(packed, paths, threads), threads):
        pass


def _tasks(packed: StaticSynapses, paths: Sequence[StaticProjection], threads: int) -> list[tuple[int, int, int]]:
    """(population, first row, last row): large where rows are drawn by column, so that this is seldom done."""
    tasks = []
    for population, size in enumerate(packed.layout.sizes):
        members = [p.plan for p in paths if p.pre == population]
        by_column = any(plan.rows.by_column for plan in members)
        step = max(_WINDOW, len(packed) // (_WINDOWS * threads)) if by_column else CHUNK
        base = packed.layout.first_neuron(population)
        if members:
            tasks += [(population, *rows) for rows in chunks(packed.row_start[base:], 0, size, step)]
    return tasks


def _check_sums(packed: StaticSynapses, plan: NetworkPlan, threads: int) -> None:
    """Sum the integers into each target as if all sources fired at once, and refuse what int32 cannot hold."""
    from neurosim.engines.layout.static_kernels import total_weight

    layout = packed.layout
    slot_from = np.cumsum(layout.slots) - layout.slots
    shift = slot_from - layout.first_slot

    def work(span: tuple[int, int]) -> Counts:
        sums = np.zeros(layout.slots.sum(), np.int64)
        total_weight(packed.row_start, packed.offsets, *span, packed.codes, packed.target_bits, shift, sums)
        return sums

    step = -(-layout.n_sources // threads)
    sums = sum(in_threads(work, spans(layout.n_sources, step), threads), np.zeros(layout.slots.sum(), np.int64))
    for owner in range(layout.owners):
        for population, inputs in enumerate(layout.inputs):
            width = layout.width[owner, population]
            begin = slot_from[owner] + layout.base[owner, population]
            lines = sums[begin : begin + inputs * width].reshape(inputs, width)
            seen = packed.largest_sum[population]
            np.maximum(seen, lines.max(axis=1, initial=0), out=seen)
    external = {(slot.population, slot.receptor): plan.external_sum(number) for number, slot in enumerate(plan.slots)}
    for population, largest in enumerate(packed.largest_sum):
        for receptor, total in enumerate(largest):
            if (most := total + external.get((population, receptor), 0)) > MAX_SUM:
                raise InputError(
                    f"population {population}, input {receptor}: expected weights whose sum an int32 holds, got "
                    f"{most:.4g} grid steps at one target; change the seed or lower the in-degree"
                )


assert NEURON_BLOCK == 1 << 7  # the packing kernels shift and mask by it


def bytes_per_synapse(plan: NetworkPlan, arrays: Iterable[npt.NDArray[Any]]) -> float:
    """The memory of the ``arrays`` that an engine has for all synapses of ``plan``, per synapse."""
    synapses = sum(len(projection) for projection in plan.projections)
    return sum(array.nbytes for array in arrays) / max(1, synapses)


def rewrite(packed: StaticSynapses, name: str, integer: npt.NDArray[np.int32]) -> None:
    """Give projection ``name`` new weights, in place: ``integer`` (n_synapses,) in canonical order, in grid steps."""
    from neurosim.engines.layout.static_kernels import recode

    pre = packed.paths[name][0]
    rows = packed.row_start[packed.layout.first_neuron(pre) :]
    done = 0
    for first, last in chunks(rows, 0, packed.layout.sizes[pre], CHUNK):
        start, post, delay, where = _located(packed, name, first, last)
        where = where[canonical_places(start, post, delay)]
        recode(where, integer[done : done + len(where)], packed.codes, packed.target_bits)
        done += len(where)


def _located(packed: StaticSynapses, name: str, first: int, last: int) -> tuple[Counts, Posts, Delays, Counts]:
    """Row starts, targets, delays, and places in the codes of the synapses of rows ``first`` .. ``last`` - 1."""
    from neurosim.engines.layout.static_kernels import count_slots, decode

    pre, post, receptor, layer = packed.paths[name]
    layout = packed.layout
    bins = np.flatnonzero(packed.layers == layer)
    owner = np.repeat(np.arange(layout.owners), len(bins))
    columns = np.tile(bins, layout.owners) * layout.owners + owner
    low = (layout.first_slot + layout.base[:, post])[owner] + receptor * layout.width[owner, post]
    high = low + layout.width[owner, post]
    shift = (np.cumsum(layout.width[:, post]) - layout.width[:, post])[owner]
    rows = slice(layout.first_neuron(pre) + first, layout.first_neuron(pre) + last)
    segments = (packed.row_start[rows], packed.offsets[rows], columns, low, high)
    size = np.zeros(last - first, np.int64)
    count_slots(*segments, packed.codes, packed.target_bits, size)
    start = starts(size)
    found, delay, where = (np.empty(start[-1], kind) for kind in (np.int32, np.uint16, np.int64))
    delays = packed.delays[np.tile(bins, layout.owners)]
    decode(*segments, shift, delays, packed.codes, packed.target_bits, start, found, delay, where)
    return start, found, delay, where
