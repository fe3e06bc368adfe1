"""The packed rows of a plan: what `neurosim.connectivity.packing` lays out, from synapses that are already drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.layout import Layout
from neurosim.connectivity.packing import NARROW_BITS, WIDE_BITS
from neurosim.connectivity.packing_kernels import encode, place
from neurosim.plan import NetworkPlan

Ints = npt.NDArray[np.int64]

_NARROW_WEIGHT = 1 << (31 - NARROW_BITS)
_EXACT_IN_FLOAT32 = 1 << 24
_NARROW_ROW = np.iinfo(np.uint16).max


@dataclass(frozen=True, eq=False)
class Rows:
    """Codes in rows by source, each sorted by (owner, delay); fields as in `neurosim.connectivity.packing.Packed`."""

    codes: npt.NDArray[Any]
    target_bits: int
    row_start: Ints
    offsets: npt.NDArray[Any]
    delays: Ints


def rows_of(plan: NetworkPlan, layout: Layout, weights: Sequence[npt.NDArray[np.int32]]) -> Rows:
    """The rows of all projections, with ``weights`` (integers in canonical order) for each."""
    delays = np.unique(np.concatenate([[1], *(np.unique(p.synapses.delay) for p in plan.projections)])).astype(np.int64)
    bin_of_delay = np.zeros(int(delays[-1]) + 1, np.uint32)
    bin_of_delay[delays] = np.arange(len(delays))
    size = np.zeros(layout.n_sources, np.int64)
    for projection in plan.projections:
        size[_sources(layout, plan, projection.pre)] += np.diff(projection.synapses.row_ptr)
    row_start = np.concatenate(([0], np.cumsum(size)))
    largest = max((int(np.abs(weight).max(initial=0)) for weight in weights), default=0)
    wide = largest >= _NARROW_WEIGHT or bool(layout.slots.max() > 1 << NARROW_BITS)
    codes = np.empty(row_start[-1], np.int64 if wide else np.int32)
    columns = layout.owners * len(delays) + 1
    keys = np.empty(len(codes), np.uint16 if columns <= _NARROW_ROW else np.uint32)
    offsets = np.zeros((layout.n_sources, columns), np.uint16 if size.max() <= _NARROW_ROW else np.uint32)
    target_bits = WIDE_BITS if wide else NARROW_BITS
    real: Any = np.float32 if largest <= _EXACT_IN_FLOAT32 else np.float64
    free = row_start[:-1].copy()
    for projection, weight in zip(plan.projections, weights, strict=True):
        slot, synapses = plan.slots[projection.slot], projection.synapses
        owner, slots = layout.slots_of(slot.population, slot.receptor)
        sources, delay = _sources(layout, plan, projection.pre), synapses.delay.astype(np.uint16)
        encode(
            synapses.row_ptr, synapses.post, delay, weight.astype(real), real(1.0), slots.astype(np.uint32),
            (owner * len(delays)).astype(np.uint32), bin_of_delay, target_bits, free[sources].copy(), codes, keys,
        )  # fmt: skip
        free[sources] += np.diff(synapses.row_ptr)
    packed = np.empty_like(codes)
    place(row_start, codes, keys, offsets, packed)
    return Rows(packed, target_bits, row_start, offsets, delays)


def _sources(layout: Layout, plan: NetworkPlan, population: int) -> slice:
    first = layout.first_neuron(population)
    return slice(first, first + plan.populations[population].size)
