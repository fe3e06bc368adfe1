"""The parts of a step against what NumPy says, and the barrier of threads."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt
import pytest
from numba import njit

from neurosim.engines.cpu.loop import FLAG, SEGMENTS, barrier, below, collect, deliver, drive

LAST_WORD = 2**32 - 1


@pytest.mark.parametrize(("levels", "extra"), [(8, 0), (16, 3), (24, 0), (40, 7)])
def test_a_drive_counts_the_thresholds_that_each_word_has_reached(levels: int, extra: int) -> None:
    random = np.random.default_rng(levels)
    words = random.integers(0, 2**32, 300, np.uint32)
    own = np.sort(random.integers(0, 2**32, levels - extra)).astype(np.uint32)
    words[:3] = LAST_WORD, own[-1], own[-1] - 1
    filled = np.append(own, np.full(extra, LAST_WORD, np.uint32))
    slot = random.integers(-5, 5, 300).astype(np.int32)
    expected = slot - 7 * np.searchsorted(own, words, side="right")
    drive(words, slot, filled, extra, -7)
    assert slot.tolist() == expected.tolist()


def test_words_below_their_thresholds_are_spikes() -> None:
    words, thresholds = np.array([5, 5, 5, 0, LAST_WORD], np.uint32), np.array([4, 5, 6, 0, LAST_WORD], np.uint32)
    mask = np.full(5, 9, np.uint8)
    assert below(words, thresholds, mask) == 1
    assert mask.tolist() == [0, 0, 1, 0, 0]
    assert below(words, np.zeros(5, np.uint32), mask) == 0


def test_spikes_are_collected_in_order_behind_those_before() -> None:
    mask = (np.random.default_rng(1).random(256) < 0.1).astype(np.uint8)
    mask[200:] = 0
    log = np.full(300, -1, np.int32)
    end = collect(mask, mask.view(np.uint64), 256, 1000, log, 3)
    assert log[3:end].tolist() == (1000 + np.flatnonzero(mask)).tolist()
    assert (log[:3] == -1).all()
    assert (log[end + 1 :] == -1).all()  # the place behind the last may be used, as a scratch


@pytest.mark.parametrize(("bits", "first", "end"), [(17, 1, 2), (32, 0, 2)])
def test_delivery_walks_the_segments_that_are_due_and_no_other(bits: int, first: int, end: int) -> None:
    random = np.random.default_rng(bits)
    sources, owners, slots, delays = 50, 2, 400, np.array([1, 4, 4], np.int64)
    size = random.integers(0, 9, (sources, owners * 3))
    row_start = np.append(0, np.cumsum(size.sum(axis=1)))
    offsets = np.hstack([np.zeros((sources, 1), np.int64), np.cumsum(size, axis=1)]).astype(np.uint16)
    target, weight = random.integers(0, slots, row_start[-1]), random.integers(-16000, 16000, row_start[-1])
    codes = (target | weight << bits).astype(np.int32 if bits == 17 else np.int64)
    counts = random.integers(0, SEGMENTS // 2, (owners, 6))  # more segments than fit at once
    log_from = np.hstack([np.zeros((owners, 1), np.int64), np.cumsum(counts, axis=1)])
    log = random.integers(0, sources, (owners, int(log_from.max()))).astype(np.int32)
    found, expected, events = np.zeros(slots, np.int32), np.zeros(slots, np.int64), 0
    for b, delay in enumerate(delays):
        for lane in range(owners):
            for source in log[lane, log_from[lane, 5 - delay] : log_from[lane, 6 - delay]]:
                due = slice(*(row_start[source] + offsets[source, 2 * b + k] for k in (first, end)))
                np.add.at(expected, target[due], weight[due])
                events += due.stop - due.start
    begins, ends = np.empty(SEGMENTS, np.int64), np.empty(SEGMENTS, np.int64)
    rows = (row_start, offsets, codes, bits)
    assert deliver(first, end, 0, owners, 5, delays, log, log_from, *rows, found, begins, ends) == events > 5000
    assert found.tolist() == expected.tolist()


@njit(nogil=True)  # not cached: Numba would not see that what it calls has changed
def rounds(flags: npt.NDArray[np.int64], me: int, threads: int, n: int, stop: int, board: npt.NDArray[np.int64]) -> int:
    """Write each round's number and count the rounds in which some other's number was not there after the barrier."""
    missing = 0
    for phase in range(1, n + 1):
        board[me * FLAG] = phase
        stopped = barrier(flags, me, threads, phase, 1 if phase == stop else 0)
        for other in range(threads):
            if board[other * FLAG] < phase:
                missing += 1
        if stopped:
            return missing * n + phase
    return missing * n + n


@pytest.mark.parametrize("threads", [2, 3])
def test_nobody_passes_a_barrier_before_all_have_come_and_all_stop_in_the_same_round(threads: int) -> None:
    n = 3000
    stops = [0, 2000, 2500][:threads]
    flags, board = np.zeros(threads * FLAG, np.int64), np.zeros(threads * FLAG, np.int64)
    rounds(np.zeros(FLAG, np.int64), 0, 1, 1, 0, board.copy())
    last = [0] * threads

    def work(me: int) -> None:
        last[me] = rounds(flags, me, threads, n, stops[me], board)

    others = [threading.Thread(target=work, args=(me,)) for me in range(threads)]
    for each in others:
        each.start()
    for each in others:
        each.join()
    assert last == [2000] * threads
