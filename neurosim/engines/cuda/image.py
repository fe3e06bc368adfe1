"""The arrays of a network on the device, and the structure that gives kernels access to them.

The tables and the arrays of neurons are those of the CPU engine for one owner (`engines.layout.columns`). Beside
them: `work`, the population part and the first neuron of each block of threads (part -1: scheduled sources); `ring`,
for each sample the spikes of the last D steps and of the present one, in any order, with their `counts`;
`scheduled_steps` and `scheduled`, ascending, with a cursor for each sample; `record`, a bit for each recorded neuron,
sample and step; and for populations with shared variables `wholes` (part, place of coefficients without padding, place
of the variables).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.values import possible_delays
from neurosim.core.rng import NEURON_BLOCK
from neurosim.engines.cuda.fields import NETWORK
from neurosim.engines.layout.blocks import BlockLayout
from neurosim.engines.layout.columns import Part
from neurosim.engines.layout.neurons import Memory, allocate, layout_of, scheduled_spikes
from neurosim.engines.layout.static import NARROW_BITS, StaticSynapses
from neurosim.engines.plan import NetworkPlan, ScheduledSource

Array = npt.NDArray[Any]

MAX_SAMPLES = 65_535  # blocks in y; CUDA C++ Programming Guide, compute capabilities
RECORD_BYTES = 1 << 26  # of the bits between two drains
_RECORD_STEPS = 4096
_WORDS = NEURON_BLOCK // 32  # of bits, for each block


@dataclass(frozen=True, eq=False)
class Recorded:
    """Where the bits of the ``populations`` lie: ``first`` word of each, ``words`` in all, ``steps`` that are kept."""

    populations: tuple[int, ...]
    first: Mapping[int, int]
    words: int
    steps: int


def recorded_bits(plan: NetworkPlan, populations: Collection[int]) -> Recorded:
    """Where the spikes of ``populations`` are recorded; scheduled sources need no space."""
    first, words = {}, 0
    for number in sorted(populations):
        if not isinstance(plan.populations[number].source, ScheduledSource):
            first[number] = words
            words += _WORDS * _blocks(plan.populations[number].size)
    steps = RECORD_BYTES // max(1, 4 * words * plan.batch)
    return Recorded(tuple(sorted(populations)), first, words, max(1, min(_RECORD_STEPS, steps)))


def neuron_arrays(plan: NetworkPlan, layout: BlockLayout, memory: Memory, recorded: Recorded) -> dict[str, Array]:
    """All arrays but the synapses, by the names of the structure."""
    depth = plan.largest_delay + 1
    work = [
        (row, first) for row, part in enumerate(memory.parts) for first in range(0, int(part[Part.SIZE]), NEURON_BLOCK)
    ]
    record_at = []
    for row, first in work:
        place = recorded.first.get(memory.members[row].population)
        record_at.append(-1 if place is None else place + _WORDS * (first // NEURON_BLOCK))
    scheduled_steps, scheduled = scheduled_spikes(plan, layout)
    if len(scheduled):
        work.append((-1, 0))
        record_at.append(-1)
    arrays: dict[str, Array] = {
        "clock": np.zeros(2, np.int64),
        "work": np.array(work, np.int32),
        "ring": np.zeros((plan.batch, depth, layout.n_sources), np.int32),
        "counts": np.zeros((plan.batch, depth), np.int32),
        "scheduled_steps": scheduled_steps,
        "scheduled": scheduled,
        "cursors": np.zeros(plan.batch, np.int64),
        "record_at": np.array(record_at, np.int64),
        "record": np.zeros((recorded.steps, plan.batch, recorded.words), np.uint32),
        **_shared_arrays(plan, memory),
    }
    names = ("parts", "drives", "streams", "thresholds", "scalars", "arrays", "state", "slots", "refractory", "rates")
    for name in names:
        arrays[name] = getattr(memory, name)
    return arrays


def synapse_arrays(rows: StaticSynapses) -> dict[str, Array]:
    """The arrays of the synapses, by the names of the structure."""
    return {name: getattr(rows, name) for name in ("row_start", "offsets", "codes", "delays")}


def synapse_bytes(plan: NetworkPlan, layout: BlockLayout) -> int:
    """The memory of `synapse_arrays`, known before anything is drawn."""
    seen: list[tuple[int, int]] = []
    bins, size = set(), np.zeros(layout.n_sources, np.int64)
    for projection in plan.projections:
        if projection.plastic or projection.graded:
            continue
        layer = seen.count((projection.pre, projection.slot))
        seen.append((projection.pre, projection.slot))
        bins |= {(int(delay), layer) for delay in possible_delays(projection.plan.delay)}
        rows = np.diff(projection.plan.row_ptr)
        size[layout.first_neuron(projection.pre) :][: len(rows)] += rows
    code = 8 if layout.slots.max() > 1 << NARROW_BITS else 4
    offset = 2 if size.max(initial=0) <= np.iinfo(np.uint16).max else 4
    return int(size.sum()) * code + layout.n_sources * (offset * (len(bins) + 1) + 8) + 8 * (len(bins) + 1)


def device_bytes(plan: NetworkPlan) -> int:
    """The memory that the network of ``plan`` takes on a device, without what is recorded."""
    layout = layout_of(plan, 1, True)
    models = {population.model.hash for population in plan.populations if population.model}
    memory = allocate(plan, layout, {name: kind for kind, name in enumerate(sorted(models))})
    arrays = neuron_arrays(plan, layout, memory, recorded_bits(plan, ()))
    return sum(array.nbytes for array in arrays.values()) + synapse_bytes(plan, layout)


def structure(
    plan: NetworkPlan, arrays: Mapping[str, Array], addresses: Mapping[str, int], target_bits: int, processors: int
) -> Array:
    """The `Network` of the kernels, as an array of one element; ``processors`` are those of the device."""
    bins = len(arrays["delays"])
    lanes = spike_lanes(len(arrays["codes"]), int(np.count_nonzero(np.diff(arrays["offsets"], axis=1))))
    numbers = {
        "key_low": plan.seed & 0xFFFFFFFF,
        "key_high": plan.seed >> 32,
        "state_size": arrays["state"].shape[1],
        "slot_size": arrays["slots"].shape[1],
        "scalar_size": arrays["scalars"].shape[1],
        "neuron_size": arrays["refractory"].shape[1],
        "rate_size": arrays["rates"].shape[1],
        "shared_size": arrays["shared"].shape[1],
        "sources": arrays["ring"].shape[2],
        "depth": arrays["ring"].shape[1],
        "bins": bins,
        "target_bits": target_bits,
        "splits": blocks_for(bins * plan.batch, processors),
        "lanes": lanes,
        "scheduled_count": len(arrays["scheduled"]),
        "record_steps": arrays["record"].shape[0],
        "words": arrays["record"].shape[2],
    }
    network = np.zeros(1, NETWORK)
    for name, value in {**addresses, **numbers}.items():
        network[name] = value
    return network


_BLOCKS_PER_PROCESSOR = 4  # of 256 threads
_MAX_LANES = 256


def blocks_for(jobs: int, processors: int) -> int:
    """How many blocks share each of ``jobs``, so that all together occupy the ``processors`` of a device.

    >>> blocks_for(10, 132), blocks_for(1000, 132)
    (52, 1)
    """
    return max(1, _BLOCKS_PER_PROCESSOR * processors // max(1, jobs))


def spike_lanes(synapses: int, segments: int) -> int:
    """Threads for one spike and delay: a warp, or more where segments are long.

    >>> spike_lanes(600, 10), spike_lanes(100_000, 10)
    (32, 256)
    """
    lanes = 32
    while lanes < _MAX_LANES and synapses > 2 * lanes * max(1, segments):
        lanes *= 2
    return lanes


def _blocks(size: int) -> int:
    return -(-size // NEURON_BLOCK)


def _shared_arrays(plan: NetworkPlan, memory: Memory) -> dict[str, Array]:
    """The tables and arrays of populations with shared variables."""
    wholes, coefficients, shared_at = [], [np.zeros(0, plan.precision)], []
    place = variables = 0
    for row, part in enumerate(memory.members):
        population = plan.populations[part.population]
        shared_at.append(variables)
        if population.model and population.model.shared:
            wholes.append((row, place, variables))
            coefficients.append(population.model.arrays(population.size).ravel())
            place += coefficients[-1].size
            variables += len(population.model.shared)
    return {
        "wholes": np.array(wholes, np.int64).reshape(-1, 3),
        "whole_arrays": np.concatenate(coefficients),
        "shared_at": np.array(shared_at, np.int64),
        "shared": np.zeros((plan.batch, variables), plan.precision),
    }
