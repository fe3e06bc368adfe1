"""Compiled: canonical synapses to packed rows and back, and the sums that must not overflow."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[Any]  # int32 or int64
Keys = npt.NDArray[Any]  # uint16 or uint32

_U32, _U64, _I64 = np.uint32, np.uint64, np.int64


@compiled
def encode(
    start: Ints, post: npt.NDArray[np.int32], delay: npt.NDArray[np.uint16], weight: npt.NDArray[np.float32],
    per_scale: np.float32, block_slot: npt.NDArray[np.uint32], block_key: npt.NDArray[np.uint32],
    bin_of_delay: npt.NDArray[np.uint32], target_bits: int, destination: Ints, codes: Codes, keys: Keys,
) -> None:  # fmt: skip
    """Pack the synapses of row i to ``codes`` and ``keys`` from ``destination[i]`` on, without sorting.

    code = slot | rint(weight / scale) << target_bits; key = bin * owners + owner, the place in the row.
    """
    for i in range(start.shape[0] - 1):
        shift = destination[i] - start[i]
        for j in range(_U64(start[i]), _U64(start[i + 1])):
            target = _U32(post[j])
            block = target >> _U32(7)
            slot = block_slot[block] + (target & _U32(127))
            integer = _I64(np.rint(weight[j] * per_scale))
            codes[_U64(_I64(j) + shift)] = _I64(slot) | (integer << target_bits)
            keys[_U64(_I64(j) + shift)] = block_key[block] + bin_of_delay[delay[j]]


@compiled
def place(start: Ints, codes: Codes, keys: Keys, offsets: Keys, packed: Codes) -> None:
    """Sort each row's codes by key, keeping the order of equals: ``offsets[i, key]`` is where a key begins."""
    count = np.zeros(offsets.shape[1], np.int64)
    for i in range(start.shape[0] - 1):
        count[:] = 0
        begin, end = _U64(start[i]), _U64(start[i + 1])
        for j in range(begin, end):
            count[_U64(keys[j]) + _U64(1)] += 1
        for k in range(1, count.shape[0]):
            count[k] += count[k - 1]
        for k in range(count.shape[0]):
            offsets[i, k] = count[k]
        row = packed[begin:end]
        for j in range(begin, end):
            key = _U64(keys[j])
            position = count[key]
            count[key] = position + 1
            row[_U64(position)] = codes[j]


@compiled
def total_weight(row_start: Ints, offsets: Keys, first: int, last: int, packed: Codes, target_bits: int,
                 shift: Ints, sums: Ints) -> None:  # fmt: skip
    """Add |integer weight| of sources ``first`` .. ``last`` to ``sums``, owner k's at slots + ``shift[k]``."""
    mask = (_I64(1) << target_bits) - 1
    for source in range(first, last):
        for column in range(offsets.shape[1] - 1):
            begin = row_start[source] + _I64(offsets[source, column])
            end = row_start[source] + _I64(offsets[source, column + 1])
            place = shift[column % shift.shape[0]]
            for j in range(_U64(begin), _U64(end)):
                code = _I64(packed[j])
                sums[_U64((code & mask) + place)] += abs(code >> target_bits)


@compiled
def count_slots(row_start: Ints, offsets: Keys, columns: Ints, low: Ints, high: Ints, packed: Codes,
                target_bits: int, size: Ints) -> None:  # fmt: skip
    """``size`` = how many synapses of each row lie in the given columns with a slot in ``low`` .. ``high`` of each."""
    mask = (_I64(1) << target_bits) - 1
    for i in range(size.shape[0]):
        for c in range(columns.shape[0]):
            begin = row_start[i] + _I64(offsets[i, columns[c]])
            end = row_start[i] + _I64(offsets[i, columns[c] + 1])
            for j in range(begin, end):
                slot = _I64(packed[j]) & mask
                size[i] += low[c] <= slot < high[c]


@compiled
def decode(row_start: Ints, offsets: Keys, columns: Ints, low: Ints, high: Ints, shift: Ints, delays: Ints,
           packed: Codes, target_bits: int, start: Ints, post: npt.NDArray[np.int32],
           delay: npt.NDArray[np.uint16], where: Ints) -> None:  # fmt: skip
    """Write what `count_slots` counted: ``post`` = slot - low + shift of the column, its delay, and its place."""
    mask = (_I64(1) << target_bits) - 1
    for i in range(start.shape[0] - 1):
        position = start[i]
        for c in range(columns.shape[0]):
            begin = row_start[i] + _I64(offsets[i, columns[c]])
            end = row_start[i] + _I64(offsets[i, columns[c] + 1])
            for j in range(begin, end):
                slot = _I64(packed[j]) & mask
                if low[c] <= slot < high[c]:
                    post[position] = slot - low[c] + shift[c]
                    delay[position] = delays[c]
                    where[position] = j
                    position += 1


@compiled
def recode(where: Ints, integer: npt.NDArray[np.int32], packed: Codes, target_bits: int) -> None:
    """Give the synapses at the places ``where`` new integer weights."""
    mask = (_I64(1) << target_bits) - 1
    for j in range(where.shape[0]):
        packed[where[j]] = (_I64(packed[where[j]]) & mask) | (_I64(integer[j]) << target_bits)
