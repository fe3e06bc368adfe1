"""The kinds of rows behind the builders: all targets, random targets, independent pairs, columns, and a list."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from neurosim.connectivity.rows import Counts, Pair, Posts, Rows, in_threads, spans

_STEP = 1 << 19  # synapses drawn together: their arrays stay in the cache
_ROWS = 1024  # rows that one task counts


def likely_bound(mean: float, hard: float) -> float:
    """A bound, at most ``hard``, that a sum of independent choices of that mean exceeds with probability < 1e-13.

    Bernstein: P(X >= m + t) <= exp(-t^2 / (2 (m + t / 3))); t = 8 sqrt(m) + 32 makes the exponent at least 31.
    """
    return min(hard, mean + 8.0 * math.sqrt(mean) + 32.0)


@dataclass(frozen=True, eq=False)
class AllRows:
    """Every target for every row, or only the target with the row's number (``diagonal``)."""

    pair: Pair
    skip: bool
    diagonal: bool = False
    by_column: bool = False

    @property
    def size(self) -> Counts:
        """See `Rows`."""
        return np.full(self.pair.n_pre, 1 if self.diagonal else self.pair.n_post - self.skip, np.int64)

    def in_degree_bound(self) -> float:
        """See `Rows`."""
        return 1 if self.diagonal else self.pair.n_pre

    def window(self, first: int, last: int) -> Rows:
        """See `Rows`."""
        return self

    def fill(self, first: int, start: Counts, post: Posts) -> None:
        """See `Rows`."""
        rows = np.arange(first, first + len(start) - 1, dtype=np.int32)[:, None]
        if self.diagonal:
            post[:] = rows[:, 0]
            return
        targets = np.arange(self.pair.n_post - self.skip, dtype=np.int32)
        post.reshape(len(rows), len(targets))[:] = targets + (targets >= rows) if self.skip else targets


@dataclass(frozen=True, eq=False)
class RandomRows:
    """``size`` random targets for each row, with or without repeats."""

    pair: Pair
    size: Counts
    skip: bool
    repeats: bool
    by_column: bool = False

    def in_degree_bound(self) -> float:
        """See `Rows`."""
        hard = float(self.size.sum()) if self.repeats else self.pair.n_pre
        return likely_bound(float(self.size.sum()) / (self.pair.n_post - self.skip), hard)

    def window(self, first: int, last: int) -> Rows:
        """See `Rows`."""
        return self

    def fill(self, first: int, start: Counts, post: Posts) -> None:
        """See `Rows`."""
        choose(self.pair, "target", self.pair.n_post - self.skip, self.skip, self.repeats, first, start, post)


@dataclass(frozen=True, eq=False)
class BernoulliRows:
    """Each target with probability 0 < ``p`` < 1, independently."""

    pair: Pair
    p: float
    skip: bool
    by_column: bool = False
    size: Counts = field(init=False)

    def __post_init__(self) -> None:
        size = np.zeros(self.pair.n_pre, np.int64)

        def count(span: tuple[int, int]) -> None:
            self._sample(span[0], size[span[0] : span[1]], np.empty(0, np.int64), np.empty(0, np.int32))

        for _ in in_threads(count, spans(self.pair.n_pre, _ROWS), self.pair.threads):
            pass
        object.__setattr__(self, "size", size)

    def in_degree_bound(self) -> float:
        """See `Rows`."""
        return likely_bound(self.p * self.pair.n_pre, self.pair.n_pre)

    def window(self, first: int, last: int) -> Rows:
        """See `Rows`."""
        return self

    def fill(self, first: int, start: Counts, post: Posts) -> None:
        """See `Rows`."""
        self._sample(first, np.empty(len(start) - 1, np.int64), start, post)

    def _sample(self, first: int, size: Counts, start: Counts, post: Posts) -> None:
        from neurosim.connectivity.row_kernels import bernoulli

        n = self.pair.n_post - self.skip
        stream, key = self.pair.stream("target"), self.pair.key
        bernoulli(first, n, self.skip, per_log(self.p), stream, *key, start, post, size)


@dataclass(frozen=True, eq=False)
class ColumnRows:
    """``k`` random sources for each target; rows are sampled a window at a time, from all columns."""

    pair: Pair
    k: int
    skip: bool
    repeats: bool
    by_column: bool = True
    size: Counts = field(init=False)

    def __post_init__(self) -> None:
        from neurosim.connectivity.row_kernels import tally

        def count(span: tuple[int, int]) -> Counts:
            counts = np.zeros(self.pair.n_pre, np.int64)
            for first, last in spans(span[1] - span[0], self._columns()):
                tally(self._sources(span[0] + first, span[0] + last)[1], counts)
            return counts

        step = -(-self.pair.n_post // self.pair.threads)
        parts = in_threads(count, spans(self.pair.n_post, step), self.pair.threads)
        object.__setattr__(self, "size", sum(parts, np.zeros(self.pair.n_pre, np.int64)))

    def in_degree_bound(self) -> float:
        """See `Rows`."""
        return self.k

    def window(self, first: int, last: int) -> Rows:
        """See `Rows`."""
        from neurosim.connectivity.row_kernels import transpose

        start = starts(self.size[first:last])
        post = np.empty(start[-1], np.int32)
        cursor = start[:-1].copy()
        for low, high in spans(self.pair.n_post, self._columns()):
            columns, sources = self._sources(low, high)
            transpose(sources, columns, low, first, cursor, post)
        return ListedRows(self.pair, self.size, post, start, first)

    def fill(self, first: int, start: Counts, post: Posts) -> None:
        """See `Rows`."""
        self.window(first, first + len(start) - 1).fill(first, start, post)

    def _columns(self) -> int:
        return max(1, _STEP // max(1, self.k))

    def _sources(self, first: int, last: int) -> tuple[Counts, Posts]:
        start = np.arange(last - first + 1, dtype=np.int64) * self.k
        source = np.empty(start[-1], np.int32)
        choose(self.pair, "source", self.pair.n_pre - self.skip, self.skip, self.repeats, first, start, source)
        return start, source


@dataclass(frozen=True, eq=False)
class ListedRows:
    """Targets in memory: row ``first + i`` has ``post[start[i] : start[i + 1]]``."""

    pair: Pair
    size: Counts
    post: Posts
    start: Counts
    first: int = 0
    by_column: bool = False

    def in_degree_bound(self) -> float:
        """See `Rows`."""
        return float(np.bincount(self.post, minlength=1).max())

    def window(self, first: int, last: int) -> Rows:
        """See `Rows`."""
        return self

    def fill(self, first: int, start: Counts, post: Posts) -> None:
        """See `Rows`."""
        begin = self.start[first - self.first]
        post[:] = self.post[begin : begin + len(post)]


def starts(size: Counts) -> Counts:
    """Where rows of these sizes begin, and where the last one ends (n + 1,).

    >>> starts(np.array([2, 0, 3])).tolist()
    [0, 2, 2, 5]
    """
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(size, dtype=np.int64)))


def per_log(p: float) -> float:
    """1 / log(1 - p), in basic operations."""
    from neurosim.core.portable_math import log_of

    tiny = 1e-4  # below it, 1 - p loses digits of p and four terms of the series are exact
    log = -p * (1 + p * (1 / 2 + p * (1 / 3 + p / 4))) if p < tiny else float(log_of(np.array([1.0 - p]))[0])
    return 1.0 / log


def choose(pair: Pair, purpose: str, n: int, skip: bool, repeats: bool, first: int, start: Counts, out: Posts) -> None:
    """Fill rows of ``out`` with random numbers below ``n`` from the stream for ``purpose``."""
    from neurosim.connectivity.row_kernels import distinct, spread
    from neurosim.core.philox import row_words

    stream, key = pair.stream(purpose), pair.key
    if repeats:
        words = np.empty(len(out), np.uint32)
        row_words(words, start, first, stream, *key)
        spread(words, start, first, n, skip, pair.stream(f"{purpose}/retry"), *key, out)
    else:
        distinct(start, first, n, skip, stream, *key, out)


def random_sizes(pair: Pair, total: int) -> Counts:
    """The number of synapses of each source when each of ``total`` synapses has a random source."""
    from neurosim.connectivity.row_kernels import tally

    lines = 4096  # synapses that share the row of their random counter

    def count(span: tuple[int, int]) -> Counts:
        counts = np.zeros(pair.n_pre, np.int64)
        for first, last in spans(span[1] - span[0], _STEP // lines):
            low, high = span[0] + first, span[0] + last
            start = np.minimum(np.arange(low, high + 1, dtype=np.int64) * lines, total) - low * lines
            numbers = np.empty(start[-1], np.int32)
            choose(pair, "source", pair.n_pre, False, True, low, start, numbers)
            tally(numbers, counts)
        return counts

    n_lines = -(-total // lines)
    parts = in_threads(count, spans(n_lines, max(1, -(-n_lines // pair.threads))), pair.threads)
    return sum(parts, np.zeros(pair.n_pre, np.int64))
