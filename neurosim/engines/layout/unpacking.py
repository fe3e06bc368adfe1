"""Back from packed rows to the synapses of one projection: to read them all, or to give them new weights in place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.row_sources import starts
from neurosim.connectivity.rows import Counts, Posts
from neurosim.connectivity.synapses import CHUNK, Delays, Synapses, canonical_places, chunks, in_canonical_order
from neurosim.core.errors import one_of
from neurosim.engines.layout.static import StaticSynapses


def unpack(packed: StaticSynapses, name: str) -> Synapses:
    """The synapses of projection ``name`` in canonical order, with the weights of the grid.

    Raises:
        InputError: an unknown name.
    """
    pre, post, receptor, _ = _path(packed, name)
    sizes = packed.layout.sizes[pre], packed.layout.sizes[post]
    start, found, delay, where = _located(packed, name, 0, sizes[0])
    weight = ((packed.codes[where] >> packed.target_bits) * packed.scale[post][receptor]).astype(np.float32)
    return in_canonical_order(name, sizes, packed.dt, start, found, delay, weight)


def rewrite(packed: StaticSynapses, name: str, integer: npt.NDArray[np.int32]) -> None:
    """Give projection ``name`` new weights, in place: ``integer`` (n_synapses,) in canonical order, in grid steps.

    Raises:
        InputError: an unknown name.
    """
    from neurosim.engines.layout.static_kernels import recode

    pre = _path(packed, name)[0]
    rows = packed.row_start[packed.layout.first_neuron(pre) :]
    done = 0
    for first, last in chunks(rows, 0, packed.layout.sizes[pre], CHUNK):
        start, post, delay, where = _located(packed, name, first, last)
        where = where[canonical_places(start, post, delay)]
        recode(where, integer[done : done + len(where)], packed.codes, packed.target_bits)
        done += len(where)


def _path(packed: StaticSynapses, name: str) -> tuple[int, int, int, int]:
    if name not in packed.paths:
        raise one_of("projection", name, packed.paths)
    return packed.paths[name]


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
