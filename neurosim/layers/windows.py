"""Square windows over channel-first images, for convolution and pooling."""

from __future__ import annotations

from typing import Any

from neurosim.core.arrays import Array, Shape, namespace
from neurosim.core.errors import InputError


def window_counts(owner: str, shape: Shape, size: int, stride: int) -> tuple[int, int]:
    """How many windows fit into samples of ``shape`` (channels, height, width), down and across.

    Rows and columns that do not fill a window are left out.

    Raises:
        InputError: ``shape`` is no image, or no window fits.

    >>> window_counts("doctest", (1, 8, 9), size=2, stride=2)
    (4, 4)
    """
    if len(shape) != 3:
        raise InputError(f"{owner}: expected images (channels, height, width), got samples of shape {shape}")
    if min(shape[1:]) < size:
        raise InputError(f"{owner}: expected images of at least {size} x {size}, got {shape[1]} x {shape[2]}")
    return (shape[1] - size) // stride + 1, (shape[2] - size) // stride + 1


def windows(x: Array, size: int, stride: int) -> Array:
    """A view of images (batch, channels, height, width) as (batch, channels, down, across, size, size)."""
    down, across = window_counts("windows", x.shape[1:], size, stride)
    by_image, by_channel, by_row, by_column = x.strides
    view: Any = namespace(x).lib.stride_tricks.as_strided(
        x,
        shape=(*x.shape[:2], down, across, size, size),
        strides=(by_image, by_channel, stride * by_row, stride * by_column, by_row, by_column),
    )
    return view  # type: ignore[no-any-return]


def offsets(counts: tuple[int, int], size: int, stride: int) -> list[tuple[slice, slice]]:
    """For each place in a window, row by row, the rows and columns of the image at that place of all windows.

    None of these slices has an entry twice, so that adding to them is the transpose of `windows`.
    """
    down, across = ((count - 1) * stride + 1 for count in counts)
    return [(slice(i, i + down, stride), slice(j, j + across, stride)) for i in range(size) for j in range(size)]
