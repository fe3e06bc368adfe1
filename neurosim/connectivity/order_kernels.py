"""Compiled: the order of synapses by row, target and delay, as three stable counting sorts, the last key first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurosim.core.jit import compiled

Order = npt.NDArray[np.int64]


@compiled
def is_canonical(start: Order, post: npt.NDArray[np.int32], delay: npt.NDArray[np.uint16]) -> bool:
    """Whether each row ascends by target and, at equal targets, by delay."""
    for i in range(start.shape[0] - 1):
        for j in range(start[i] + 1, start[i + 1]):
            if post[j] < post[j - 1] or (post[j] == post[j - 1] and delay[j] < delay[j - 1]):
                return False
    return True


@compiled
def canonical_order(start: Order, post: npt.NDArray[np.int32], delay: npt.NDArray[np.uint16]) -> Order:
    """The places (n,) of the synapses in canonical order; equals stay in their order."""
    n = post.shape[0]
    by_delay, by_post = np.empty(n, np.int64), np.empty(n, np.int64)
    count = np.zeros(65537, np.int64)
    for j in range(n):
        count[np.int64(delay[j]) + 1] += 1
    for k in range(1, count.shape[0]):
        count[k] += count[k - 1]
    for j in range(n):
        by_delay[count[delay[j]]] = j
        count[delay[j]] += 1
    largest = np.int32(0)
    for j in range(n):
        largest = max(largest, post[j])
    count = np.zeros(np.int64(largest) + 2, np.int64)
    for j in range(n):
        count[np.int64(post[j]) + 1] += 1
    for k in range(1, count.shape[0]):
        count[k] += count[k - 1]
    for place in by_delay:
        by_post[count[post[place]]] = place
        count[post[place]] += 1
    row = np.empty(n, np.int32)
    for i in range(start.shape[0] - 1):
        row[start[i] : start[i + 1]] = i
    free = start.copy()
    order = by_delay  # no longer needed
    for place in by_post:
        order[free[row[place]]] = place
        free[row[place]] += 1
    return order
