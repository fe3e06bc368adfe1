"""Projections that send a state of their source in every step: their synapses, and the past of the states.

The past of a projection is a ring of one more step than its longest delay, so that no step is written that another
thread may still read: threads meet once a step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import sample_synapses
from neurosim.core.rng import NEURON_BLOCK
from neurosim.engines.engine import GradedState
from neurosim.engines.layout.blocks import BlockLayout
from neurosim.engines.layout.columns import Graded, Part
from neurosim.engines.layout.neurons import Memory
from neurosim.engines.plan import NetworkPlan

Table = npt.NDArray[np.int64]
Reals = npt.NDArray[Any]


class GradedData(NamedTuple):
    """``units`` (synapses,) are weights on the grid of their slot, ``pre`` and ``slot`` their ends.

    ``ring`` holds (depth, batch, n_pre) of each projection, one after the other, ``bounds`` (projections,) what they
    are clipped to, ``clipped`` (projections, batch, owners) how often they were.
    """

    due: Table
    noted: Table
    units: Reals
    pre: npt.NDArray[np.int32]
    slot: npt.NDArray[np.int32]
    ring: Reals
    bounds: Reals
    clipped: Table


class GradedProjections:
    """The projections of ``plan`` that send states, by their number there."""

    def __init__(self, plan: NetworkPlan, layout: BlockLayout, memory: Memory) -> None:
        """Initial weights, no past."""
        self._plan = plan
        self._numbers = [number for number, each in enumerate(plan.projections) if each.graded]
        self._weights: dict[int, Reals] = {}
        self._orders: dict[int, tuple[int, npt.NDArray[np.int64]]] = {}  # first synapse, canonical numbers
        self._rings: dict[int, Reals] = {}
        self.data = self._allocate(layout, memory)
        for number in self._numbers:
            self._set_weights(number, self._weights[number])

    def read(self, number: int, step: int) -> GradedState:
        """Copies of weights and past."""
        ring = self._rings[number]
        steps = np.arange(step - len(ring) + 1, step) % len(ring)
        return GradedState(self._weights[number].copy(), ring[steps])

    def load(self, number: int, graded: GradedState, step: int) -> None:
        """Take over weights and past."""
        ring = self._rings[number]
        self._set_weights(number, graded.weights)
        ring[np.arange(step - len(ring) + 1, step) % len(ring)] = graded.past

    def saturations(self, number: int) -> int:
        """How often a state was clipped."""
        return int(self.data.clipped[self._numbers.index(number)].sum())

    def _set_weights(self, number: int, weights: Reals) -> None:
        real = self.data.units.dtype.type
        self._weights[number] = weights.astype(real)
        first, order = self._orders[number]
        scale = real(self._plan.slots[self._plan.projections[number].slot].scale)
        self.data.units[first : first + len(order)] = self._weights[number][order] / scale  # a power of two: exact

    def _allocate(self, layout: BlockLayout, memory: Memory) -> GradedData:
        plan, real = self._plan, np.dtype(self._plan.precision)
        due, noted, pre, slot = [], [], [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
        synapse_at = ring_at = 0
        rings, bounds = [], []
        for place, number in enumerate(self._numbers):
            each = plan.projections[number]
            assert each.graded is not None
            synapses, width = sample_synapses(each.plan), plan.populations[each.pre].size
            depth, end = plan.graded_delay(number) + 1, plan.slots[each.slot]
            owners, lanes = layout.slots_of(end.population, end.receptor)
            post = synapses.post.astype(np.int64)
            owner, delay = owners[post // NEURON_BLOCK], synapses.delay.astype(np.int64)
            order = np.lexsort((delay, owner))
            key = owner[order] * depth + delay[order]
            cuts = np.flatnonzero(np.diff(key, prepend=-1, append=-1))
            for begin, stop in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
                first = order[begin]
                span = (synapse_at + begin, synapse_at + stop)
                due.append((owner[first], *span, delay[first], ring_at, depth, width, place))
            for part, where in zip(memory.members, memory.parts, strict=True):
                if part.population == each.pre:
                    state = where[Part.STATE] + each.graded.row * where[Part.COUNT]
                    noted.append((part.owner, part.first, part.first + part.size, state, ring_at, depth, width, place))
            pre.append(synapses.pre[order].astype(np.int32))
            slot.append((lanes[post // NEURON_BLOCK] + post % NEURON_BLOCK)[order].astype(np.int32))
            self._weights[number], self._orders[number] = synapses.weight, (synapse_at, order)
            synapse_at += len(order)
            ring_at += depth * plan.batch * width
            rings.append((number, depth, width))
            bounds.append(each.graded.bound)
        data = GradedData(
            np.array(due, np.int64).reshape(-1, Graded.COLUMNS),
            np.array(noted, np.int64).reshape(-1, Graded.COLUMNS),
            np.zeros(synapse_at, real),
            np.concatenate(pre),
            np.concatenate(slot),
            np.zeros(ring_at, real),
            np.array(bounds, real),
            np.zeros((len(rings), plan.batch, layout.owners), np.int64),
        )
        begin = 0
        for number, depth, width in rings:
            stop = begin + depth * plan.batch * width
            self._rings[number] = data.ring[begin:stop].reshape(depth, plan.batch, width)
            begin = stop
        return data
