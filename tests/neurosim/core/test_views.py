"""Views and atomics in compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from neurosim.core.platform import cycles, load_acquire, pause, prefetch, processors, store_release, yield_cpu
from neurosim.core.views import borrowed, matrix, vector

Floats = npt.NDArray[np.float32]


@njit(nogil=True)  # not cached: Numba would not see that what it calls has changed
def write_through_views(array: Floats) -> None:
    """Number the elements of a vector and a matrix that lie in ``array``, and change one of ``array`` itself."""
    part = vector(array, 2, 3)
    for i in range(part.shape[0]):
        part[i] = i + 1
    block = matrix(array, 6, 2, 3)
    for row in range(block.shape[0]):
        for i in range(block[row].shape[0]):
            block[row][i] = 10 * (row + 1) + i
    borrowed(array)[0, 0] = -1


def test_views_are_the_elements_that_they_name() -> None:
    array = np.zeros((2, 8), np.float32)
    write_through_views(array)
    assert array.ravel().tolist() == [-1, 0, 1, 2, 3, 0, 10, 11, 12, 20, 21, 22, 0, 0, 0, 0]


@njit(nogil=True)  # not cached: Numba would not see that what it calls has changed
def platform_calls(numbers: npt.NDArray[np.int64]) -> Any:
    """Store behind a prefetch, wait in every way, and return what is loaded."""
    begun = cycles()
    prefetch(numbers, 3)
    store_release(numbers, 3, 42)
    pause()
    yield_cpu()
    numbers[0] = cycles() - begun
    return load_acquire(numbers, 3)


def test_what_is_stored_is_loaded_and_time_passes() -> None:
    numbers = np.zeros(8, np.int64)
    assert platform_calls(numbers) == 42
    assert numbers[3] == 42
    assert numbers[0] > 0
    assert processors() >= 1
