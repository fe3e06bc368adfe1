"""Compiled: random words to targets. The targets of a row depend on its number alone.

Whole numbers below n are (word n) >> 32 with the words rejected that would make some numbers more likely (Lemire
2019, ACM TOMACS 29:3), so every number is equally likely, exactly. Gaps between the successes of Bernoulli trials are
floor(log u / log(1 - p)) with u in (0, 1) of 52 bits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled
from neurosim.core.philox import philox, synapse_words
from neurosim.core.portable_math import portable_exp, portable_log

Words = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int64]
Posts = npt.NDArray[np.int32]
Reals = npt.NDArray[np.float64]

GAUSSIAN, EXPONENTIAL = 0, 1

_U32, _U64, _I32 = np.uint32, np.uint64, np.int32
_HALF = np.uint64(32)
_BATCH = 32  # gaps drawn together: 64 words, 16 draws


@compiled
def spread(
    words: Words, start: Counts, first: int, n: int, skip: bool, retry: np.uint32, k0: np.uint32, k1: np.uint32,
    post: Posts,
) -> None:  # fmt: skip
    """``post`` = one number below ``n`` for each word of rows ``first`` + i; ``skip`` leaves out the row's own.

    A refused word is replaced by the four of counter (row, position, retry, 0), of which the first fit one counts.
    """
    refused = _U32((_U64(1) << _HALF) % _U64(n))
    for i in range(start.shape[0] - 1):
        row = _I32(first + i)
        any_refused = False
        for j in range(start[i], start[i + 1]):
            product = _U64(words[j]) * _U64(n)
            post[j] = _I32(product >> _HALF)
            any_refused |= bool(_U32(product) < refused)
        if any_refused:
            for j in range(start[i], start[i + 1]):
                if _U32(_U64(words[j]) * _U64(n)) < refused:
                    again = philox(_U32(row), _U32(j - start[i]), retry, _U32(0), k0, k1)
                    for word in again:
                        product = _U64(word) * _U64(n)
                        post[j] = _I32(product >> _HALF)
                        if _U32(product) >= refused:
                            break
        if skip:
            for j in range(start[i], start[i + 1]):
                post[j] += _I32(post[j] >= row)


@compiled
def distinct(
    start: Counts, first: int, n: int, skip: bool, stream: np.uint32, k0: np.uint32, k1: np.uint32, post: Posts
) -> None:
    """Different numbers below ``n`` for each row: words are used until enough new numbers have come.

    Of more than n / 2 numbers, the missing ones are drawn and the others taken in ascending order.
    """
    taken = np.zeros(n, np.uint8)
    words = np.empty(32, np.uint32)
    refused = _U32((_U64(1) << _HALF) % _U64(n))
    for i in range(start.shape[0] - 1):
        begin, end = start[i], start[i + 1]
        row, count = first + i, end - begin
        few = 2 * count <= n
        wanted = count if few else n - count
        found = 0
        draw = 0
        while found < wanted:
            synapse_words(words, row, draw, stream, k0, k1)
            draw += 8
            for j in range(32):
                product = _U64(words[j]) * _U64(n)
                number = np.int64(product >> _HALF)
                if found < wanted and _U32(product) >= refused and not taken[number]:
                    taken[number] = 1
                    if few:
                        post[begin + found] = number
                    found += 1
        if few:
            for j in range(begin, end):
                taken[post[j]] = 0
        else:
            position = begin
            for other in range(n):
                if not taken[other]:
                    post[position] = other
                    position += 1
                taken[other] = 0
        if skip:
            for j in range(begin, end):
                post[j] += _I32(post[j] >= row)


@compiled
def draw_gaps(
    row: int, batch: int, per_log: float, stream: np.uint32, k0: np.uint32, k1: np.uint32, words: Words, gaps: Reals
) -> None:
    """``gaps`` (32,) = the lengths of the failures before each success; ``per_log`` = 1 / log(1 - p)."""
    synapse_words(words, row, batch * 16, stream, k0, k1)
    for j in range(gaps.shape[0]):
        cell = (_U64(words[2 * j] >> _U32(6)) << _U64(26)) | _U64(words[2 * j + 1] >> _U32(6))
        gaps[j] = np.floor(portable_log((np.float64(cell) + 0.5) * 2.0**-52) * per_log)


@compiled
def bernoulli(
    first: int, n: int, skip: bool, per_log: float, stream: np.uint32, k0: np.uint32, k1: np.uint32,
    start: Counts, post: Posts, size: Counts,
) -> None:  # fmt: skip
    """Each of ``n`` targets with one probability, for each row; ``size`` = the number, ``post`` (if any) = which.

    With an empty ``post`` the rows are only counted.
    """
    words, gaps = np.empty(64, np.uint32), np.empty(32, np.float64)
    for i in range(size.shape[0]):
        row = first + i
        position = np.int64(-1)
        count = np.int64(0)
        batch = 0
        inside = True
        while inside:
            draw_gaps(row, batch, per_log, stream, k0, k1, words, gaps)
            batch += 1
            for j in range(32):
                if inside:
                    inside = gaps[j] < n - 1 - position
                    if inside:
                        position += np.int64(gaps[j]) + 1
                        if post.shape[0]:
                            number = _I32(position)
                            post[start[i] + count] = number + _I32(skip and number >= row)
                        count += 1
        size[i] = count


@compiled
def nearby(
    first: int, skip: bool, per_log: float, here: Reals, there: Reals, order: Posts, begin: Counts, end: Counts,
    wrap: Reals, kernel: int, length: float, cutoff: float, streams: Words, k0: np.uint32, k1: np.uint32,
    start: Counts, post: Posts, size: Counts,
) -> None:  # fmt: skip
    """Targets by distance: trials with the peak probability, thinned by the kernel at their distance.

    ``here`` (rows, dimensions), ``there`` (n, dimensions) in the order ``order``, of which row i looks at
    ``begin[i]`` .. ``end[i]``. ``wrap`` (dimensions,) holds the torus's extents, 0 where there is none.
    """
    words, gaps, accept = np.empty(64, np.uint32), np.empty(32, np.float64), np.empty(32, np.uint32)
    for i in range(size.shape[0]):
        row = first + i
        position = begin[i] - 1
        count = np.int64(0)
        batch = 0
        inside = True
        while inside:
            draw_gaps(row, batch, per_log, streams[0], k0, k1, words, gaps)
            synapse_words(accept, row, batch * 8, streams[1], k0, k1)
            batch += 1
            for j in range(32):
                if inside:
                    inside = gaps[j] < end[i] - 1 - position
                    if inside:
                        position += np.int64(gaps[j]) + 1
                        square = 0.0
                        for axis in range(wrap.shape[0]):
                            d = abs(here[i, axis] - there[position, axis])
                            d = min(d, wrap[axis] - d) if wrap[axis] > 0.0 else d
                            square += d * d
                        distance = np.sqrt(square) / length
                        level = portable_exp(-0.5 * distance * distance if kernel == 0 else -distance)
                        close = square <= cutoff * cutoff and not (skip and order[position] == row)
                        if close and (np.float64(accept[j]) + 0.5) * 2.0**-32 < level:
                            if post.shape[0]:
                                post[start[i] + count] = order[position]
                            count += 1
        size[i] = count


@compiled
def tally(numbers: Posts, counts: Counts) -> None:
    """Add to ``counts`` how often each number occurs."""
    for j in range(numbers.shape[0]):
        counts[_U32(numbers[j])] += 1


@compiled
def transpose(source: Posts, start: Counts, first_column: int, low: int, cursor: Counts, post: Posts) -> None:
    """Column ``first_column + i`` chose ``source[start[i] : start[i + 1]]``: append it to the rows from ``low`` on.

    ``cursor`` (rows,) holds where each row's next target goes, and is moved on.
    """
    for i in range(start.shape[0] - 1):
        for j in range(start[i], start[i + 1]):
            row = source[j] - low
            if 0 <= row < cursor.shape[0]:
                post[cursor[row]] = first_column + i
                cursor[row] += 1
