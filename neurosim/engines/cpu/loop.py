"""The parts of a step that do not depend on the model: delivery, drives, sources, collection, the barrier of threads.

The step itself is generated (`step.tmpl`), since it calls the updates of the network's models. Indices are unsigned
throughout: a signed one costs Numba a test for negative numbers at every access.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled, disjoint, inlined
from neurosim.core.philox import neuron_words
from neurosim.core.platform import load_acquire, pause, prefetch, store_release, yield_cpu
from neurosim.core.views import vector

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint32]
Codes = npt.NDArray[Any]  # int32 or int64
Bytes = npt.NDArray[np.uint8]
Index = Any  # a whole number: Python's, or NumPy's without sign

FLAG = 8  # int64 between the flags of two threads: a cache line
SPINS = 2000  # before yielding; a thread that yields at once loses its time slice on a busy processor
AHEAD = 8  # segments between prefetch and use
SEGMENTS = 2048  # segments that are looked up at once
RUN = 1024  # neurons whose random words are drawn at once: they stay in the first-level cache
GROUP = 128  # neurons that look at further thresholds of a drive together
CLOCK = 1 << 30  # the phase after those of signals
_EIGHT = 8  # synapses added per iteration
_LINE = 16  # synapses in a cache line

_I32, _U32, _U64 = np.int32, np.uint32, np.uint64
_LAST_WORD = np.uint32(0xFFFFFFFF)


@compiled
def barrier(flags: Int64s, thread: int, threads: int, phase: int, stop: int) -> int:
    """Wait until every thread has reached ``phase`` > 0; 1 if any of them set ``stop`` = 1."""
    store_release(flags, thread * FLAG, 2 * phase + stop)
    stopped = stop
    for other in range(threads):
        spins = 0
        seen = load_acquire(flags, other * FLAG)
        while seen < 2 * phase:
            spins += 1
            if spins < SPINS:
                pause()
            else:
                yield_cpu()
            seen = load_acquire(flags, other * FLAG)
        if seen == 2 * phase + 1:  # a thread in a later phase did not stop, and nor did any other
            stopped = 1
    return stopped


@inlined
def _prefetch(codes: Codes, begin: Index, end: Index) -> None:
    """Prefetch all cache lines of a segment."""
    for q in range(_U64(begin), _U64(end) + _U64(_LINE - 1), _U64(_LINE)):
        prefetch(codes, q)


@disjoint
def walk_all(codes: Codes, target_bits: int, begins: Int64s, ends: Int64s, n: Index, slots: Int32s) -> int:
    """Add the weights of ``n`` segments, none empty, to their slots; the number of synapses.

    A code is slot | weight << target_bits. Segments are prefetched. The synapses that remain after the groups of
    eight are added in a fixed number of turns, some without effect: a loop of unpredictable length costs more.
    """
    mask = _U64((1 << target_bits) - 1)
    events = 0
    count = _U64(n)
    for j in range(min(count, _U64(AHEAD))):
        _prefetch(codes, begins[j], ends[j])
    for j in range(count):
        soon = j + _U64(AHEAD)
        if soon < count:
            _prefetch(codes, begins[soon], ends[soon])
        begin, end = _U64(begins[j]), _U64(ends[j])
        whole = end - ((end - begin) & _U64(_EIGHT - 1))
        for q in range(begin, whole):
            code = codes[q]
            slots[_U64(code) & mask] += _I32(code >> target_bits)
        last: Index = end - _U64(1)
        for k in range(_EIGHT - 1):
            place: Index = whole + _U64(k)
            code = codes[min(place, last)]
            slots[_U64(code) & mask] += _I32(code >> target_bits) if place <= last else _I32(0)
        events += ends[j] - begins[j]
    return events


@compiled
def drive(words: Words, slot: Int32s, thresholds: Words, extra: int, weight: int) -> None:
    """Add ``weight`` to ``slot`` for each of the ``thresholds`` (4 k,) that a neuron's word has reached.

    Thresholds ascend: the next four are compared only where some neuron of a group has reached the last of these.
    The last ``extra`` of all are padding of 2^32 - 1, which the word 2^32 - 1 reaches; these are subtracted again.
    """
    for begin in range(0, slot.shape[0], GROUP):
        n = min(GROUP, slot.shape[0] - begin)
        group, into = vector(words, begin, n), vector(slot, begin, n)
        at = 0
        more = np.uint8(1)
        while more and at < thresholds.shape[0]:
            more = _count4(group, into, vector(thresholds, at, 4), _I32(weight))
            at += 4
        if more and extra:
            _subtract_padding(group, into, _I32(extra * weight))


@disjoint
def _count4(words: Words, slot: Int32s, thresholds: Words, weight: np.int32) -> np.uint8:
    """Add the counts; whether any word has reached the last threshold."""
    last = thresholds[3]
    some = np.uint8(0)
    for j in range(_U64(slot.shape[0])):
        word = words[j]
        count = _I32(0)
        for k in range(4):  # known when compiled: the thresholds stay in registers
            count = _I32(count + _I32(word >= thresholds[k]))
        slot[j] += _I32(count * weight)
        some = np.uint8(some | np.uint8(word >= last))
    return some


@disjoint
def _subtract_padding(words: Words, slot: Int32s, weight: np.int32) -> None:
    for j in range(_U64(slot.shape[0])):
        slot[j] -= weight if words[j] == _LAST_WORD else _I32(0)


@disjoint
def below(words: Words, thresholds: Words, mask: Bytes) -> np.uint8:
    """Set ``mask`` where a word is below its threshold; whether it is anywhere."""
    some = np.uint8(0)
    for j in range(_U64(mask.shape[0])):
        spike = np.uint8(words[j] < thresholds[j])
        mask[j] = spike
        some = np.uint8(some | spike)
    return some


@compiled
def collect(
    mask: Bytes, eights: npt.NDArray[np.uint64], width: int, first: int, log: Int32s, position: int
) -> np.int64:
    """Append ``first`` + j to ``log`` for each j < ``width`` (64 k) with ``mask[j]``; the new end.

    ``eights`` is ``mask`` eight by eight; most groups of 64 are without a spike and cost one test.
    """
    at = _U64(position)
    for group in range(_U64(width // 64)):
        some = _U64(0)
        for j in range(_U64(8)):
            some |= eights[group * _U64(8) + j]
        if some:
            for j in range(group * _U64(64), (group + _U64(1)) * _U64(64)):
                log[at] = _I32(_U64(first) + j)  # overwritten by the next unless neuron j spiked
                at += _U64(mask[j])
    return np.int64(at)


@compiled
def words_of(out: Words, width: int, block: int, step: int, stream: Any, sample: int, key: Words) -> None:
    """Fill ``out`` with the words of the ``width`` neurons from ``block`` on (whole blocks are written)."""
    neuron_words(vector(out, 0, (width + 127) // 128 * 128), block, step, stream, _U32(sample), key[0], key[1])


@compiled
def deliver(
    owner: int,
    end: int,
    lane: int,
    lanes: int,
    now: int,
    delays: Int64s,
    log: Int32s,
    log_from: Int64s,
    row_start: Int64s,
    offsets: npt.NDArray[Any],
    codes: Codes,
    target_bits: int,
    slots: Int32s,
    begins: Int64s,
    ends: Int64s,
) -> int:
    """Deliver the spikes that arrive in step ``now`` (an index of ``log_from``); the number of synaptic events.

    Owners ``owner`` .. ``end`` - 1 receive them; slots are numbered over all of these, from the first of ``slots``.

    ``log[l, log_from[l, k] : log_from[l, k + 1]]`` are the sources that spiked in step k among the neurons of lane l,
    one of the ``lanes`` from ``lane`` on. Their rows begin at ``row_start``; in a row, the segment of the q-th delay
    and an owner begins ``offsets[source, q * lanes + owner]`` later.
    """
    m = _U64(0)
    events = 0
    for q in range(delays.shape[0]):
        step = _U64(now - delays[q])
        first, last = _U64(q * lanes + owner), _U64(q * lanes + end)
        for other in range(_U64(lane), _U64(lane + lanes)):
            for i in range(_U64(log_from[other, step]), _U64(log_from[other, step + _U64(1)])):
                source = _U64(log[other, i])
                row = row_start[source]
                begins[m] = row + np.int64(offsets[source, first])
                ends[m] = row + np.int64(offsets[source, last])
                m += _U64(begins[m] < ends[m])
                if m == _U64(SEGMENTS):
                    events += walk_all(codes, target_bits, begins, ends, m, slots)
                    m = _U64(0)
    return events + walk_all(codes, target_bits, begins, ends, m, slots)


@compiled
def age(table: Any, now: Any, then: Any) -> Any:
    """The index in ``table`` of the decay from step ``then`` to ``now``; the last entry, 0, is for any longer time.

    Steps are int32 and may wrap around. Where ``then`` lies after ``now``, the first entry: no decay.
    """
    steps = _I32(now - then)
    last = _I32(table.shape[0] - 1)
    steps = steps if steps > _I32(0) else _I32(0)
    return _U64(steps if steps < last else last)


@compiled
def first_from(steps: Any, step: int) -> int:
    """How many of ``steps``, ascending, lie before ``step``."""
    low, high = 0, steps.shape[0]
    while low < high:
        middle = (low + high) // 2
        if steps[middle] < step:
            low = middle + 1
        else:
            high = middle
    return low
