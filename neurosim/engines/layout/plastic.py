"""The arrays of the plastic projections: for each owner the synapses of its targets, in rows by source.

Each kind of data is one array, as in `neurons`; what belongs to a sample has the samples as first axis. See
`columns.Plastic` for what the offsets of a part point to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import Synapses, sample_synapses
from neurosim.engines.layout.blocks import BlockLayout
from neurosim.engines.layout.columns import Ints, Part, Plastic, PlasticArrays, Steps
from neurosim.engines.layout.neurons import Memory
from neurosim.engines.layout.plastic_order import by_target, count_segments, sort_part
from neurosim.engines.layout.rule_names import chosen_family, fading, has_columns, is_deferred, stamped
from neurosim.engines.plan import NetworkPlan, ProjectionPlan

HISTORY_SPIKES = 64  # of each target, on average, that the history of a part holds
LINE = 8  # int64 in a cache line


@dataclass
class ArrayPool:
    """Arrays put together piece by piece, and lengths of those that are filled later."""

    pieces: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    largest_fading: int = 0

    def put(self, name: str, piece: npt.NDArray[Any]) -> int:
        """Append a piece; where it begins."""
        self.pieces.setdefault(name, []).append(np.ravel(piece))
        return self.take(name, np.size(piece))

    def take(self, name: str, length: int) -> int:
        """Lengthen an array; where the new part begins."""
        begin = self.lengths.get(name, 0)
        self.lengths[name] = begin + int(length)
        return begin

    def array(self, name: str, dtype: Any) -> npt.NDArray[Any]:
        return np.concatenate([np.zeros(0, dtype), *self.pieces.get(name, [])]).astype(dtype)

    def zeros(self, name: str, dtype: Any, batch: int) -> npt.NDArray[Any]:
        return np.zeros((batch, self.lengths.get(name, 0)), dtype)


def allocate(plan: NetworkPlan, layout: BlockLayout, memory: Memory, kinds: dict[int, int]) -> PlasticArrays:
    """The memory of the plastic projections of ``plan``, zero but for constants and indices.

    ``kinds`` is the number of each projection's rule. Values, stamps and traces are set by `plastic_access`.
    """
    pool, real, batch = ArrayPool(), np.dtype(plan.precision), plan.batch
    parts: list[list[Ints]] = [[] for _ in range(layout.owners)]
    scales: list[list[list[float]]] = [[] for _ in range(layout.owners)]
    for number, projection in enumerate(plan.projections):
        if projection.plastic is None:
            continue
        synapses = sample_synapses(projection.plan)
        shared = _of_projection(plan, memory, layout, projection, synapses, pool)
        shared[Plastic.PROJECTION], shared[Plastic.RULE] = number, kinds[number]
        for owner in range(layout.owners):
            parts[owner].append(_of_owner(plan, layout, memory, projection, synapses, owner, shared, pool))
            scales[owner].append([1.0 / plan.slots[projection.slot].scale, float(projection.plastic.limit)])
    pool.put("table_at", np.array([pool.lengths.get("tables", 0)]))
    found = [part for owner in parts for part in owner]
    names = ("constants", "tables"), ("table_at", "delays", "offsets", "column_at", "source_state")
    fixed = {name: pool.array(name, kind) for name, kind in zip(names[0], (real, real), strict=True)}
    fixed |= {name: pool.array(name, np.int64) for name in names[1]}
    fixed |= {name: pool.array(name, np.int32) for name in ("target_of", "column", "column_segment")}
    reals = ("values", "pre", "post", "base_pre", "before", "totals")
    moving = {name: pool.zeros(name, real, batch) for name in reals}
    moving |= {name: pool.zeros(name, np.int32, batch) for name in ("stamps", "arrived", "base_pre_arrived", "steps")}
    moving |= {"counts": pool.zeros("counts", np.int64, batch)}
    targets = pool.zeros("post_arrived", np.int32, batch)
    return PlasticArrays(
        parts=np.array(found, np.int64),
        of_owner=np.cumsum([0, *map(len, parts)]),
        scratch_sizes=np.array([pool.largest_fading, max(part[Plastic.CAPACITY] for part in found)]),
        scales=np.array([row for owner in scales for row in owner], real),
        clipped=np.zeros(LINE * len(found), np.int64),
        **fixed,
        **moving,
        replayed_until=np.zeros_like(moving["arrived"]),
        post_arrived=targets,
        base_post=np.zeros_like(moving["post"]),
        base_post_arrived=np.zeros_like(targets),
        last_spike_of=np.full_like(targets, -1),
        spike_history=np.zeros_like(moving["steps"]),
        previous_spike_of=np.zeros_like(moving["steps"]),
        signals=np.zeros((batch, len(plan.signals)), real),
        given=np.full((batch, len(plan.signals)), -1),
        patch_steps=np.zeros(0, np.int64),
        patches=np.zeros((0, 4), np.int64),
        patch_values=np.zeros((0, 1), real),
    )


def order_of(plastic: PlasticArrays, part: Ints, synapses: Synapses) -> tuple[Ints, Steps, bool]:
    """Canonical numbers and targets of the synapses of a part, in its order, and whether its rows are full."""
    offsets = plastic.offsets[part[Plastic.OFFSET] :][: part[Plastic.SOURCES] * part[Plastic.DELAYS] + 1]
    return _sorted(synapses, part, offsets)


def _of_projection(
    plan: NetworkPlan,
    memory: Memory,
    layout: BlockLayout,
    projection: ProjectionPlan,
    synapses: Synapses,
    pool: ArrayPool,
) -> Ints:
    """What the parts of one projection have in common."""
    assert projection.plastic is not None
    rule, sources = projection.plastic.rule, plan.populations[projection.pre].size
    part = np.zeros(Plastic.COLUMNS, np.int64)
    part[Plastic.SOURCE_FIRST], part[Plastic.SOURCES] = layout.first_neuron(projection.pre), sources
    part[Plastic.DENDRITIC], part[Plastic.COPIES] = (
        projection.plastic.dendritic_delay,
        projection.plastic.copies == plan.batch,
    )
    delays = np.flatnonzero(np.bincount(synapses.delay))
    part[Plastic.DELAY], part[Plastic.DELAYS] = pool.put("delays", delays), len(delays)
    part[Plastic.WINDOW] = projection.plastic.window(delays)
    rests = [decay.asymptote or 0.0 for decay in (rule.decays[name] for name in fading(rule))]
    part[Plastic.CONSTANT] = pool.put("constants", np.array([*rule.constants.values(), *rests], np.float64))
    starts = [pool.put("tables", np.append(rule.decays[name].table, 0).astype(plan.precision)) for name in fading(rule)]
    part[Plastic.TABLE] = pool.put("table_at", np.array(starts, np.int64))
    part[Plastic.BASE_SOURCE] = pool.take("base_pre_arrived", sources)
    part[Plastic.BASE_PRE] = pool.take("base_pre", sources * len(rule.pre))
    if any(side == "pre" for side, _ in rule.states.values()):
        state = np.zeros((sources, 2), np.int64)
        for member, row in zip(memory.members, memory.parts, strict=True):
            if member.population == projection.pre:
                state[member.neurons, 0] = row[Part.STATE] + np.arange(member.size)
                state[member.neurons, 1] = row[Part.COUNT]
        part[Plastic.PRE_STATE] = pool.put("source_state", state)
    return part


def _of_owner(
    plan: NetworkPlan, layout: BlockLayout, memory: Memory, projection: ProjectionPlan, synapses: Synapses, owner: int,
    shared: Ints, pool: ArrayPool,
) -> Ints:  # fmt: skip
    """The part of one projection that leads to an owner's neurons."""
    assert projection.plastic is not None
    rule = chosen_family(projection.plastic, plan.batch).rule
    slot, part = plan.slots[projection.slot], shared.copy()
    population = slot.population
    first = int(layout.width[:owner, population].sum())
    targets = max(0, min(int(layout.width[owner, population]), plan.populations[population].size - first))
    part[Plastic.FIRST], part[Plastic.TARGETS] = first, targets
    part[Plastic.TARGET_FIRST] = layout.first_neuron(population) + first
    part[Plastic.SLOT] = layout.base[owner, population] + slot.receptor * layout.width[owner, population]
    for member, row in zip(memory.members, memory.parts, strict=True):
        if (member.owner, member.population) == (owner, population):
            part[Plastic.POST_STATE], part[Plastic.POST_STRIDE] = row[Part.STATE], row[Part.COUNT]
    segments = int(part[Plastic.SOURCES] * part[Plastic.DELAYS])
    offsets = np.empty(segments + 1, np.int64)
    count_segments(
        synapses.row_ptr,
        synapses.post,
        synapses.delay,
        _bins(synapses),
        first,
        targets,
        int(part[Plastic.DELAYS]),
        offsets,
    )
    part[Plastic.OFFSET], part[Plastic.SYNAPSES] = pool.put("offsets", offsets), offsets[-1]
    _, places, full = _sorted(synapses, part, offsets)
    part[Plastic.FULL] = full
    part[Plastic.PLACE] = pool.put("target_of", np.arange(targets) if full else places)
    part[Plastic.VALUE] = pool.take("values", int(offsets[-1]) * len(rule.synaptic))
    part[Plastic.STAMP] = pool.take("stamps", int(offsets[-1]) * len(stamped(rule)))
    part[Plastic.SEGMENT] = pool.take("arrived", segments)
    part[Plastic.PRE] = pool.take("pre", segments * len(rule.pre))
    part[Plastic.TARGET] = pool.take("post_arrived", targets)
    part[Plastic.POST] = pool.take("post", targets * len(rule.post))
    part[Plastic.COUNT] = pool.take("counts", 1)
    part[Plastic.TOTAL] = pool.take("totals", targets * len(rule.sums))
    pool.largest_fading = max(pool.largest_fading, targets * len(rule.post))
    if is_deferred(rule):
        part[Plastic.CAPACITY] = HISTORY_SPIKES * targets
        part[Plastic.HISTORY] = pool.take("steps", HISTORY_SPIKES * targets)
        part[Plastic.BEFORE] = pool.take("before", HISTORY_SPIKES * targets * len(rule.post))
    if has_columns(rule) or rule.sums:  # which a GPU takes by target
        column_at = np.empty(targets + 1, np.int64)
        column, segment = (np.empty(offsets[-1], np.int32) for _ in range(2))
        by_target(offsets, places, column_at, column, segment)
        part[Plastic.COLUMN], part[Plastic.COLUMN_ITEM] = pool.put("column_at", column_at), pool.put("column", column)
        pool.put("column_segment", segment)
    return part


def _sorted(synapses: Synapses, part: Ints, offsets: Ints) -> tuple[Ints, Steps, bool]:
    order, places = np.empty(offsets[-1], np.int64), np.empty(offsets[-1], np.int32)
    full = sort_part(
        synapses.row_ptr, synapses.post, synapses.delay, _bins(synapses), int(part[Plastic.FIRST]),
        int(part[Plastic.TARGETS]), int(part[Plastic.DELAYS]), offsets, order, places,
    )  # fmt: skip
    return order, places, bool(full)


def _bins(synapses: Synapses) -> Ints:
    """The number of each delay among those that occur."""
    return np.asarray(np.cumsum(np.bincount(synapses.delay) > 0) - 1, np.int64)
