"""The arrays of neurons and their inputs, and the tables with the offsets into them.

Each kind of data is one array, sample after sample, part after part: the loop takes few arguments, which keeps its
compilation short, and the states of a part are adjacent rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from neurosim.core.rng import NEURON_BLOCK, stream_id
from neurosim.engines.layout.blocks import NARROW_SLOTS, BlockLayout
from neurosim.engines.layout.columns import Drive, Owner, Part
from neurosim.engines.plan import NetworkPlan, PoissonSource, PopulationPlan, ScheduledSource

Table = npt.NDArray[np.int64]

_ALIGNMENT = 64  # bytes of a cache line, and of a vector


class PopulationPart(NamedTuple):
    """The ``size`` neurons of a population that one owner has, from number ``first``, padded to ``width``."""

    owner: int
    population: int
    first: int
    size: int
    width: int

    @property
    def neurons(self) -> slice:
        """The neurons, within their population."""
        return slice(self.first, self.first + self.size)


@dataclass(frozen=True, eq=False)
class Memory:
    """States, slots, counters, scalars and thresholds (batch, ...), coefficients, and the tables; see `columns`."""

    members: tuple[PopulationPart, ...]
    parts: Table
    owners: Table
    drives: Table
    streams: Table
    state: npt.NDArray[Any]
    slots: npt.NDArray[np.int32]
    refractory: npt.NDArray[np.uint16]
    scalars: npt.NDArray[Any]
    arrays: npt.NDArray[Any]
    thresholds: npt.NDArray[np.uint32]
    rates: npt.NDArray[np.uint32]

    def states_of(self, population: int) -> list[tuple[slice, npt.NDArray[Any]]]:
        """Neurons and states (batch, n_states, neurons) of each part of a population, as views."""
        found = []
        for part, row in self._rows(population):
            flat = self.state[:, row[Part.STATE] : row[Part.STATE_END]]
            shape = (len(flat), flat.shape[1] // row[Part.COUNT], row[Part.COUNT])
            found.append((part.neurons, flat.reshape(shape)[:, :, : part.size]))
        return found

    def refractory_of(self, population: int) -> list[tuple[slice, npt.NDArray[np.uint16]]]:
        """Neurons and counters (batch, neurons) of each part of a population, as views; none of a source."""
        return [
            (part.neurons, self.refractory[:, row[Part.NEURON] : row[Part.NEURON] + part.size])
            for part, row in self._rows(population)
            if row[Part.KIND] != Part.SOURCE
        ]

    def rates_of(self, population: int) -> list[tuple[slice, npt.NDArray[np.uint32]]]:
        """Neurons and thresholds (batch, neurons) of each part of a Poisson source, as views; none of a model."""
        return [
            (part.neurons, self.rates[:, row[Part.RATE] : row[Part.RATE] + part.size])
            for part, row in self._rows(population)
            if row[Part.KIND] == Part.SOURCE
        ]

    def scalars_of(self, population: int, row: int) -> npt.NDArray[Any]:
        """A row of the scalars of a population, which all its parts have in common, by sample (batch,), as a view."""
        _, part = self._rows(population)[0]
        values: npt.NDArray[Any] = self.scalars[:, part[Part.SCALARS] + row]
        return values

    def _rows(self, population: int) -> list[tuple[PopulationPart, Table]]:
        return [
            (part, row) for part, row in zip(self.members, self.parts, strict=True) if part.population == population
        ]


def layout_of(plan: NetworkPlan, threads: int, single: bool = False) -> BlockLayout:
    """The neurons shared out among the smallest multiple of ``threads`` owners whose slots 17 bits can number.

    A population with shared variables stays with one owner. ``single``: there is one owner, whatever it has.
    """
    sizes = tuple(population.size for population in plan.populations)
    inputs = tuple(max(1, population.n_inputs) for population in plan.populations)
    models = [population.model for population in plan.populations]
    whole = frozenset(number for number, model in enumerate(models) if model and model.shared)
    alone = BlockLayout(sizes, inputs).width[0] * inputs  # slots
    limit = max([NARROW_SLOTS, *(int(alone[number]) for number in whole)])
    owners = threads
    while (layout := BlockLayout(sizes, inputs, owners, whole)).slots.max() > limit and not single:
        owners += threads
    return layout


def allocate(plan: NetworkPlan, layout: BlockLayout, kinds: dict[str, int]) -> Memory:
    """The memory of ``plan`` in its initial state; ``kinds`` numbers the models by their hashes."""
    members = _members(plan, layout)
    parts = np.zeros((len(members), Part.COLUMNS), np.int64)
    drives, drive_thresholds = _drives(plan)
    scalars, arrays, streams = _Pieces(), _Pieces(), _Pieces()
    scalar_at = [scalars.add(_scalars(plan, number)) for number in range(len(plan.populations))]
    noise_at = [streams.add(_noise_streams(population)) for population in plan.populations]
    slot_from = np.concatenate(([0], np.cumsum(layout.slots)))
    state = neuron = rate = 0
    for row, part in zip(parts, members, strict=True):
        population = plan.populations[part.population]
        row[Part.KIND] = kinds[population.model.hash] if population.model else Part.SOURCE
        row[Part.NUMBER] = layout.first_neuron(part.population) + part.first
        row[Part.SIZE], row[Part.WIDTH], row[Part.FIRST_BLOCK] = part.size, part.width, part.first // NEURON_BLOCK
        row[Part.COUNT] = part.size if population.model and population.model.shared else part.width
        row[Part.SLOT] = slot_from[part.owner] + layout.base[part.owner, part.population]
        row[Part.STATE], row[Part.NEURON], row[Part.RATE] = state, neuron, rate
        state += population.n_states * int(row[Part.COUNT])
        neuron += part.width if population.model else 0
        rate += part.width if population.source else 0
        row[Part.STATE_END] = state
        row[Part.SCALARS], row[Part.NOISE] = scalar_at[part.population], noise_at[part.population]
        row[Part.ARRAYS] = arrays.add(_arrays(population, part))
        row[Part.DRIVE_FROM], row[Part.DRIVE_TO] = np.searchsorted(
            drives[:, Drive.TARGET], part.population + np.arange(2)
        )
        row[Part.STREAM] = stream_id(f"source/{population.name}")
    precision, batch = np.dtype(plan.precision), plan.batch
    memory = Memory(
        members,
        parts,
        _owners(plan, layout, members, slot_from),
        drives,
        streams.joined(np.dtype(np.int64)),
        _aligned((batch, state), precision),
        _aligned((batch, int(slot_from[-1])), np.dtype(np.int32)),
        _aligned((batch, neuron), np.dtype(np.uint16)),
        np.repeat(scalars.joined(precision)[np.newaxis], batch, axis=0),
        arrays.joined(precision),
        drive_thresholds,
        _aligned((batch, rate), np.dtype(np.uint32)),
    )
    _initialise(plan, memory)
    return memory


def scheduled_spikes(plan: NetworkPlan, layout: BlockLayout) -> tuple[Table, npt.NDArray[np.int32]]:
    """Steps, ascending, and neurons in the layout of all scheduled spikes, each once."""
    steps, neurons = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for number, population in enumerate(plan.populations):
        if isinstance(population.source, ScheduledSource):
            steps.append(population.source.steps)
            neurons.append(population.source.neurons + np.int64(layout.first_neuron(number)))
    both = np.unique(np.stack((np.concatenate(steps), np.concatenate(neurons))), axis=1)
    return both[0], both[1].astype(np.int32)


class _Pieces:
    """Arrays to be joined, and where each will begin."""

    def __init__(self) -> None:
        self._pieces: list[npt.NDArray[Any]] = []
        self._end = 0

    def add(self, piece: npt.NDArray[Any]) -> int:
        begin = self._end
        self._pieces.append(piece.ravel())
        self._end += piece.size
        return begin

    def joined(self, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        out = _aligned((self._end,), dtype)
        if self._end:
            out[:] = np.concatenate(self._pieces)
        return out


def _aligned(shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Zeros that begin on a cache line."""
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.zeros(size + _ALIGNMENT, np.uint8)
    begin = -raw.ctypes.data % _ALIGNMENT
    return raw[begin : begin + size].view(dtype).reshape(shape)


def _initialise(plan: NetworkPlan, memory: Memory) -> None:
    for number, population in enumerate(plan.populations):
        for neurons, states in memory.states_of(number):
            states[:] = population.initial[:, neurons]
        if isinstance(population.source, PoissonSource):
            for neurons, rates in memory.rates_of(number):
                rates[:] = population.source.threshold[neurons]


def _scalars(plan: NetworkPlan, number: int) -> npt.NDArray[np.float64]:
    """The scalar coefficients of a population, then the scale of each receptor (1 where nothing arrives)."""
    model = plan.populations[number].model
    if model is None:
        return np.zeros(0)
    scale = dict.fromkeys(range(len(model.inputs)), 1.0)
    scale |= {slot.receptor: slot.scale for slot in plan.slots if slot.population == number}
    return np.array([*model.scalars(), *scale.values()], np.float64)


def _arrays(population: PopulationPlan, part: PopulationPart) -> npt.NDArray[np.float64]:
    """The coefficients per neuron of a part, (n, width); the padding repeats the last neuron."""
    if population.model is None:
        return np.zeros((0, part.width))
    values = population.model.arrays(population.size)[:, part.neurons]
    return np.pad(values, ((0, 0), (0, part.width - part.size)), "edge")


def _noise_streams(population: PopulationPlan) -> npt.NDArray[np.int64]:
    draws = population.model.noise if population.model else 0
    names = [f"noise/{population.name}" + (f"/{draw}" if draw else "") for draw in range(draws)]
    return np.array([stream_id(name) for name in names], np.int64)


def _drives(plan: NetworkPlan) -> tuple[Table, npt.NDArray[np.uint32]]:
    """The table of drives, ordered by population, and their thresholds, each filled up to a multiple of eight."""
    ordered = sorted(plan.drives, key=lambda drive: plan.slots[drive.slot].population)
    table = np.zeros((len(ordered), Drive.COLUMNS), np.int64)
    thresholds = _Pieces()
    for row, drive in zip(table, ordered, strict=True):
        extra = -len(drive.thresholds) % 8
        filled = np.concatenate((drive.thresholds, np.full(extra, 2**32 - 1, np.uint32)))
        row[Drive.TARGET], row[Drive.RECEPTOR] = plan.slots[drive.slot].population, plan.slots[drive.slot].receptor
        row[Drive.WEIGHT], row[Drive.EXTRA] = drive.weight, extra
        row[Drive.THRESHOLD_FROM] = thresholds.add(filled)
        row[Drive.THRESHOLD_TO] = row[Drive.THRESHOLD_FROM] + len(filled)
        row[Drive.STREAM] = stream_id(f"drive/{drive.name}")
    return table, thresholds.joined(np.dtype(np.uint32))


def _members(plan: NetworkPlan, layout: BlockLayout) -> tuple[PopulationPart, ...]:
    """The parts of all owners in their order; scheduled sources have none."""
    members = []
    for owner in range(layout.owners):
        for number, population in enumerate(plan.populations):
            width = int(layout.width[owner, number])
            first = int(layout.width[:owner, number].sum())
            if width and not isinstance(population.source, ScheduledSource):
                members.append(PopulationPart(owner, number, first, min(width, population.size - first), width))
    return tuple(members)


def _owners(plan: NetworkPlan, layout: BlockLayout, members: tuple[PopulationPart, ...], slot_from: Table) -> Table:
    owners = np.zeros((layout.owners, Owner.COLUMNS), np.int64)
    owner_of = np.array([part.owner for part in members], np.int64)
    for number, row in enumerate(owners):
        row[Owner.PART_FROM], row[Owner.PART_TO] = np.searchsorted(owner_of, (number, number + 1))
        row[Owner.SLOT_FROM], row[Owner.SLOT_TO] = slot_from[number], slot_from[number + 1]
        row[Owner.CODES_FROM] = slot_from[number] - layout.first_slot[number]
        row[Owner.MAX_SPIKES] = sum(part.size for part in members if part.owner == number)
    owners[0, Owner.MAX_SPIKES] += sum(p.size for p in plan.populations if isinstance(p.source, ScheduledSource))
    return owners
