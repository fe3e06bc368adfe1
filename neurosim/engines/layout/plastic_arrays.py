"""The arrays of the plastic projections; what the offsets of a part point to, see `plastic_tables`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Steps = npt.NDArray[np.int32]
Reals = npt.NDArray[Any]


class Plastic(NamedTuple):
    """What the compiled events read and write; `addresses` is how they are told."""

    parts: Ints  # (parts, columns), by owner
    of_owner: Ints  # (owners + 1,): where the parts of each owner begin
    room: Ints  # (2,): lengths of a thread's arrays: post variables as decayed to now, spikes of one target
    constants: Reals
    tables: Reals
    table_at: Ints
    scales: Reals  # (parts, 2): the reciprocal of the slot's scale, the most that one event may send
    clipped: Ints  # one number in each cache line
    delays: Ints
    offsets: Ints
    target_of: Steps
    values: Reals  # (batch, ...), as all that follows down to totals
    stamps: Steps
    arrived: Steps
    replayed_until: Steps
    pre: Reals
    post: Reals
    post_arrived: Steps
    base_pre: Reals
    base_pre_arrived: Steps
    base_post: Reals
    base_post_arrived: Steps
    steps: Steps
    spike_history: Steps
    previous_spike_of: Steps
    last_spike_of: Steps
    before: Reals
    counts: Ints
    totals: Reals
    signals: Reals
    given: Ints
    column_at: Ints
    column: Steps
    column_segment: Steps
    source_state: Ints
    patch_steps: Ints
    patches: Ints  # (patches, 4): part, sample, kind, segment or neuron
    patch_values: Reals  # (patches, variables)


def addresses(plastic: Plastic) -> Ints:
    """For each array its address and the length of its last axis, int64 (2 arrays,); valid as long as they are."""
    return np.array([(array.ctypes.data, array.shape[-1]) for array in plastic], np.int64).ravel()
