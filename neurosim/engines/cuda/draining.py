"""What is recorded on its way to the host: a copy is asked for after each slice, and unpacked while the next one runs.

Copies and kernels are in order on one stream, so that no kernel writes into a ring before its copy is made; the host
waits for a copy where it needs what is in it, or where more than `MAX_COPIES` slices are on their way.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.engines.cuda.device import Copy, Device
from neurosim.engines.cuda.image import Recorded
from neurosim.engines.cuda.watching import Rings

Array = npt.NDArray[Any]

MAX_COPIES = 2  # slices on their way: one that is unpacked, one that the device works on
_ANY = 1 << 62  # steps


@dataclass(frozen=True)
class _Slice:
    """Steps ``first`` .. ``last`` - 1: the copies of ``bits`` with the step of their first row, and of ``watched``."""

    first: int
    last: int
    bits: tuple[tuple[int, Copy], ...]
    watched: Copy | None


@dataclass
class Drain:
    """The spikes and states of a ``device`` since they were last taken."""

    device: Device
    recorded: Recorded
    rings: Rings = field(default_factory=lambda: Rings((), (), (0,), 1, 1))
    _coming: deque[_Slice] = field(default_factory=deque)
    _spikes: list[tuple[Array, ...]] = field(default_factory=list)
    _moments: list[list[Array]] = field(default_factory=list)

    @property
    def capacity(self) -> int:
        """How many steps can pass between two slices that are sent."""
        spikes = self.recorded.steps if self.recorded.words else _ANY
        return min(spikes, self.rings.steps if self.rings.wanted else _ANY)

    def watch(self, rings: Rings) -> None:
        """The states of ``rings`` come from now on; those before are dropped."""
        self._collect(0)
        self.rings, self._moments = rings, [[] for _ in rings.wanted]

    def send(self, first: int, last: int) -> None:
        """Ask for what was recorded in steps ``first`` .. ``last`` - 1; it does not wait for them."""
        if first == last:
            return
        bits, begin = [], first
        while self.recorded.words and begin < last:
            row = begin % self.recorded.steps
            end = min(last, begin - row + self.recorded.steps)
            bits.append((begin, self.device.copy("record", row, row + end - begin)))
            begin = end
        watched = self.device.copy("watched") if self.rings.wanted else None
        self._coming.append(_Slice(first, last, tuple(bits), watched))
        self._collect(MAX_COPIES)

    def spikes(self) -> tuple[Array, ...]:
        """Steps, samples, words and bits of the spikes since the last call."""
        self._collect(0)
        kept, self._spikes = self._spikes, []
        empty = np.zeros(0, np.int64)
        return tuple(np.concatenate([empty, *column]) for column in zip((empty,) * 4, *kept, strict=True))

    def states(self) -> list[list[Array]]:
        """For each state that is watched, what was kept since the last call, piece by piece."""
        self._collect(0)
        taken, self._moments = self._moments, [[] for _ in self._moments]
        return taken

    def _collect(self, left: int) -> None:
        """Unpack the oldest slices, until ``left`` are on their way."""
        while len(self._coming) > left:
            piece = self._coming.popleft()
            for first, copy in piece.bits:
                bits = copy.values()
                some = np.flatnonzero(bits != 0)  # of a mask NumPy finds them faster than of the words
                steps, samples, words = np.unravel_index(some, bits.shape)
                bytes_ = bits.reshape(-1)[some].astype("<u4").view(np.uint8).reshape(-1, 4)
                which, bit = np.nonzero(np.unpackbits(bytes_, axis=1, bitorder="little").view(np.bool_))
                self._spikes.append((steps[which] + first, samples[which], words[which], bit))
            if piece.watched:
                buffer = piece.watched.values()
                for number, kept in enumerate(self._moments):
                    kept.append(self.rings.moments_of(number, buffer, piece.first, piece.last))
