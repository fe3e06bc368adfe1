"""Rows of a file: converted from the caller's values, measured, and appended."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.arrays import to_host
from neurosim.core.errors import InputError
from neurosim.runlog.layout import Column

OVERHEAD_BYTES = 2**13  # of HDF5, per dataset that grows in a flush
OVERHEAD_PER_CHUNK = 64
INDEX_BYTES = 512  # times the root of the number of chunks: the largest block of an extensible array


def refuse(wrong: Any, owner: str, expected: str, got: Any) -> None:
    """Raise an `InputError` if ``wrong``."""
    if wrong:
        raise InputError(f"log.{owner}: expected {expected}, got {got}")


def make_rows(owner: str, column: Column, value: Any) -> npt.NDArray[Any]:
    """``value`` as rows (n, *shape) of the column's type, a copy. One row may come without the first axis.

    Raises:
        InputError: the shape is another one, or the type cannot hold the values.
    """
    dtype = np.dtype(column.dtype)
    given = np.asarray(to_host(value) if hasattr(value, "__cuda_array_interface__") else value)
    if dtype.kind == "S" and given.dtype.kind == "U":
        given = np.char.encode(given, "utf-8")
    refuse(given.size and not _holds(dtype, given), owner, f"values that {dtype.name} can hold", f"{given.dtype.name}")
    rows = given[np.newaxis] if given.ndim == len(column.shape) else given
    wrong = rows.ndim == 0 or rows.shape[1:] != column.shape
    refuse(wrong, owner, f"rows of shape {column.shape}", f"an array of shape {given.shape}")
    return rows.astype(dtype, copy=True)


def write_rows(dataset: Any, rows: int, values: npt.NDArray[Any]) -> None:
    """Write ``values`` after the first ``rows`` rows, over the remains of an interrupted flush."""
    dataset.resize(rows + len(values), axis=0)
    dataset[rows:] = values


def growth(dataset: Any, rows: int, added: int) -> int:
    """An upper bound of the bytes by which the file grows when ``added`` rows follow ``rows``."""
    chunk: tuple[int, ...] = dataset.chunks
    along = -(-(rows + added) // chunk[0]) - rows // chunk[0]
    across = int(math.prod(-(-n // c) for n, c in zip(dataset.shape[1:], chunk[1:], strict=True)))
    size = math.prod(chunk) * int(dataset.dtype.itemsize)
    size += size // 512 + OVERHEAD_PER_CHUNK  # deflate can lengthen what it cannot shorten
    index = INDEX_BYTES * math.isqrt(((rows + added) // chunk[0] + 1) * across)
    return along * across * size + index + OVERHEAD_BYTES


def _holds(dtype: np.dtype[Any], given: npt.NDArray[Any]) -> bool:
    if dtype.kind == "S":
        return given.dtype.kind == "S" and given.dtype.itemsize <= dtype.itemsize
    if dtype.kind in "iu" and given.dtype.kind in "iub":
        limits = np.iinfo(dtype)
        return limits.min <= int(given.min()) and int(given.max()) <= limits.max
    return np.can_cast(given.dtype, dtype, "same_kind")
