"""Neurons in blocks of 128, each owned by one thread, and their input slots in the owner's flat buffer.

Populations follow one another in blocks; the last block of each is padded. Neuron i of population p has the global
number 128 first_block[p] + i, by which it appears as a source and in spike lists. Owner k has one flat buffer of
integer slots: for each population p in turn, ``inputs[p]`` rows of ``width[k, p]`` slots, ``width`` being 128 times
the number of p's blocks that k owns. So receptor r of a neuron in the j-th of these blocks, at lane l, has slot

    base[k, p] + r width[k, p] + 128 j + l

and ``buffer[base : base + inputs * width].reshape(inputs, width)`` is the slot matrix of an update of that part. Where
the buffers of all owners together have at most 2^17 slots, packed synapses number them end to end, so that what one
spike sends to several owners can be walked at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import whole_number
from neurosim.core.errors import InputError
from neurosim.core.rng import NEURON_BLOCK

Counts = npt.NDArray[np.int64]

NARROW_SLOTS = 1 << 17  # slots that a packed synapse of 4 bytes can address


@dataclass(frozen=True, eq=False)
class BlockLayout:
    """Populations of ``sizes`` neurons with ``inputs`` receptors each, divided among ``owners`` threads.

    Each of the populations ``whole`` has a single owner.

    ``first_block`` (populations + 1,), ``block_owner`` (blocks,), ``width`` and ``base`` (owners, populations),
    ``block_slot`` (blocks,): the slot of the block's lane 0 at receptor 0; ``slots`` (owners,): buffer lengths.

    >>> layout = BlockLayout(sizes=(300, 100), inputs=(1, 2), owners=2)
    >>> layout.block_owner.tolist(), layout.width.tolist(), layout.slots.tolist()
    ([0, 0, 1, 1], [[256, 0], [128, 128]], [256, 384])
    """

    sizes: tuple[int, ...]
    inputs: tuple[int, ...]
    owners: int = 1
    whole: frozenset[int] = frozenset()
    first_block: Counts = field(init=False)
    block_owner: Counts = field(init=False)
    width: Counts = field(init=False)
    base: Counts = field(init=False)
    block_slot: Counts = field(init=False)
    slots: Counts = field(init=False)

    def __post_init__(self) -> None:
        if len(self.sizes) != len(self.inputs) or min(self.sizes, default=0) < 1 or min(self.inputs) < 1:
            expected = "one size >= 1 and one number of inputs >= 1 for each population"
            raise InputError(f"layout.sizes: expected {expected}, got {self.sizes} and {self.inputs}")
        whole_number("layout.owners", self.owners, 1)
        blocks = -(-np.array(self.sizes, np.int64) // NEURON_BLOCK)
        first_block = np.concatenate((np.zeros(1, np.int64), np.cumsum(blocks)))
        shares = _shares(blocks, self.owners, self.whole)
        width = shares * NEURON_BLOCK
        lengths = width * np.array(self.inputs)
        base = np.cumsum(lengths, axis=1) - lengths
        owner = [np.repeat(np.arange(self.owners), share) for share in shares.T]
        within = [np.concatenate([np.arange(n) for n in share]) for share in shares.T]
        slot = [base[o, p] + NEURON_BLOCK * w for p, (o, w) in enumerate(zip(owner, within, strict=True))]
        parts = {
            "first_block": first_block, "block_owner": np.concatenate(owner), "width": width, "base": base,
            "block_slot": np.concatenate(slot), "slots": lengths.sum(axis=1),
        }  # fmt: skip
        for name, value in parts.items():
            object.__setattr__(self, name, value)

    @property
    def n_sources(self) -> int:
        """The number of global neuron numbers, padding included."""
        return int(self.first_block[-1]) * NEURON_BLOCK

    @property
    def first_slot(self) -> Counts:
        """The number of each owner's slot 0 in packed synapses, (owners,)."""
        before = np.cumsum(self.slots) - self.slots
        return before if self.slots.sum() <= NARROW_SLOTS else np.zeros_like(before)

    def first_neuron(self, population: int) -> int:
        """The global number of the population's neuron 0."""
        return int(self.first_block[population]) * NEURON_BLOCK

    def slots_of(self, population: int, receptor: int) -> tuple[Counts, Counts]:
        """Owner and slot of lane 0 of each of the population's blocks, at that receptor."""
        blocks = slice(self.first_block[population], self.first_block[population + 1])
        owner = self.block_owner[blocks]
        return owner, self.block_slot[blocks] + receptor * self.width[owner, population]


def _shares(blocks: Counts, owners: int, whole: frozenset[int]) -> Counts:
    """Blocks for each owner of each population: evenly, what is left over to those who have least so far."""
    shares = np.empty((owners, len(blocks)), np.int64)
    total = np.zeros(owners, np.int64)
    for p, count in enumerate(blocks):
        even, rest, size = (0, 1, count) if p in whole else (count // owners, count % owners, 1)
        shares[:, p] = even
        least = np.argsort(total + shares[:, p], kind="stable")[:rest]
        shares[least, p] += size
        total += shares[:, p]
    return shares
