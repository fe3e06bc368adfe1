"""Synapses that send a state of their source in every step: states are added after the delay, and kept for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled
from neurosim.engines.layout.columns import Graded
from neurosim.engines.layout.graded import GradedData

Reals = npt.NDArray[Any]


@compiled
def receive(graded: GradedData, owner: int, sample: int, step: int, batch: int, slots: npt.NDArray[np.int32]) -> None:
    """Add the states that arrive in ``step`` to the ``slots`` of an owner and sample."""
    for row in range(graded.due.shape[0]):
        each = graded.due[row]
        if each[Graded.OWNER] == owner:
            past = (
                each[Graded.RING]
                + (((step - each[Graded.DELAY]) % each[Graded.DEPTH]) * batch + sample) * each[Graded.WIDTH]
            )
            for k in range(each[Graded.FROM], each[Graded.TO]):
                product = graded.units[k] * graded.ring[past + graded.pre[k]]
                slots[graded.slot[k]] += np.int32(np.rint(product))


@compiled
def note(graded: GradedData, owner: int, sample: int, step: int, batch: int, state: Reals) -> None:
    """Store the states of an owner and sample at the end of ``step`` in the rings."""
    for row in range(graded.noted.shape[0]):
        each = graded.noted[row]
        if each[Graded.OWNER] == owner:
            bound = graded.bounds[each[Graded.PROJECTION]]
            now = each[Graded.RING] + ((step % each[Graded.DEPTH]) * batch + sample) * each[Graded.WIDTH]
            for k in range(each[Graded.FROM], each[Graded.TO]):
                value = state[sample, each[Graded.STATE] + k - each[Graded.FROM]]
                sent = value if value < bound else bound
                sent = sent if sent > -bound else -bound
                graded.ring[now + k] = sent
                if sent != value:
                    graded.clipped[each[Graded.PROJECTION], sample, owner] += 1
