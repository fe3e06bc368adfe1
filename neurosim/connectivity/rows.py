"""The interface of builders: a pair of populations in, rows of targets out, sampled one by one and in any order.

A row holds the targets of one source. Its random words have the counter (row, draw, stream) under the seed, with
one stream for each purpose, named after the projection; so a row does not depend on other rows, on threads or on
what was built before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import check_seed, whole_number
from neurosim.core.errors import InputError
from neurosim.core.rng import stream_id

Counts = npt.NDArray[np.int64]
Posts = npt.NDArray[np.int32]
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

PURPOSES = ("source", "source/retry", "target", "target/retry", "accept", "weight", "delay")
MAX_POPULATION = 2**31 - 1  # neuron numbers are int32


@dataclass(frozen=True)
class Pair:
    """The two populations of a projection: sizes, whether they are the same one; its name, seed and threads."""

    name: str
    n_pre: int
    n_post: int
    recurrent: bool
    seed: int
    threads: int = 1

    def __post_init__(self) -> None:
        for side, size in (("n_pre", self.n_pre), ("n_post", self.n_post)):
            if not 1 <= size <= MAX_POPULATION:
                expected = f"a population of 1 to {MAX_POPULATION} neurons"
                raise InputError(f"{self.owner}.{side}: expected {expected}, got {size}")
        if self.recurrent and self.n_pre != self.n_post:
            raise InputError(
                f"{self.owner}.recurrent: expected populations of one size, got {self.n_pre} and {self.n_post}"
            )
        check_seed(f"{self.owner}.seed", self.seed)
        whole_number(f"{self.owner}.threads", self.threads, 1)

    @property
    def owner(self) -> str:
        """How error messages call the projection."""
        return f"projection {self.name!r}"

    @property
    def key(self) -> tuple[np.uint32, np.uint32]:
        """The two halves of the seed."""
        return np.uint32(self.seed & 0xFFFFFFFF), np.uint32(self.seed >> 32)

    def stream(self, purpose: str) -> np.uint32:
        """The number of the stream for one of `PURPOSES`."""
        return np.uint32(stream_id(f"{self.name}/{purpose}"))


class Rows(Protocol):
    """The targets of every source of one projection, not yet drawn, but counted."""

    @property
    def size(self) -> Counts:
        """The number of synapses of each row (n_pre,)."""

    @property
    def by_column(self) -> bool:
        """Whether `window` samples all of its rows at once into memory, as targets choose their sources."""

    def in_degree_bound(self) -> float:
        """A bound of all in-degrees; for random choices it holds with a probability above 1 - 1e-12."""

    def window(self, first: int, last: int) -> Rows:
        """The same rows, ready for `fill` between ``first`` and ``last``."""

    def fill(self, first: int, start: Counts, post: Posts) -> None:
        """Write the targets of row ``first + i`` to ``post[start[i] : start[i + 1]]``, in the order of sampling."""


@runtime_checkable
class Builder(Protocol):
    """Which neurons are connected: a frozen description, from which nothing is sampled before `rows`.

    ``Network.connect`` takes any object with these methods. What `rows` returns may be the rows of another builder.

    Examples
    --------
    >>> from neurosim.connectivity import FromArrays, build
    >>> class Ring:
    ...     def check(self, pair):
    ...         if pair.n_pre != pair.n_post:
    ...             raise InputError(f"{pair.owner}: Ring expected populations of one size")
    ...
    ...     def expected_synapses(self, pair):
    ...         return pair.n_pre
    ...
    ...     def rows(self, pair):
    ...         source = np.arange(pair.n_pre)
    ...         return FromArrays(source, (source + 1) % pair.n_pre).rows(pair)
    >>> build(Ring(), 4, 4, weight=1.0, delay=1.0, dt=0.1, seed=1, name="ring").post.tolist()
    [1, 2, 3, 0]
    """

    def check(self, pair: Pair) -> None:
        """InputError if the populations do not suit."""

    def expected_synapses(self, pair: Pair) -> float:
        """The expected number of synapses, so that too large a number is refused before sampling."""

    def rows(self, pair: Pair) -> Rows:
        """The rows, counted."""


def in_threads(work: Callable[[ItemT], ResultT], items: Iterable[ItemT], threads: int) -> Iterator[ResultT]:
    """``work`` of each item, in order; the first error is raised once running work has ended."""
    if threads == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, items)


def spans(count: int, step: int) -> list[tuple[int, int]]:
    """0 .. ``count`` cut into pieces of at most ``step``.

    >>> spans(5, 2)
    [(0, 2), (2, 4), (4, 5)]
    """
    return [(first, min(first + step, count)) for first in range(0, count, step)]
