"""The IDX format of MNIST and Fashion-MNIST: big-endian header, then the bytes.

    0, 0, type (8 = unsigned byte), number of dimensions; one 32-bit length for each dimension; the data

Source: the description on LeCun, Cortes & Burges's MNIST page.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from neurosim.datasets.records import Content, FileSet, Splits, check_labels

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
_UNSIGNED_BYTE = 8


def idx_size(shape: tuple[int, ...]) -> int:
    """The size in bytes of an IDX file of unsigned bytes.

    >>> idx_size((60000, 28, 28))
    47040016
    """
    return 4 + 4 * len(shape) + math.prod(shape)


def decode(content: Content, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """The array of ``shape`` in an IDX file.

    Raises:
        InputError: another magic number, other dimensions, or too few or too many bytes.
    """
    header = 4 + 4 * len(shape)
    if len(content.data) != idx_size(shape):
        raise content.problem("size", f"{idx_size(shape)} bytes", len(content.data))
    magic, *dimensions = struct.unpack(f">{1 + len(shape)}I", content.data[:header])
    expected = _UNSIGNED_BYTE << 8 | len(shape)
    if magic != expected:
        raise content.problem("magic", expected, magic)
    if tuple(dimensions) != shape:
        raise content.problem("dimensions", shape, tuple(dimensions))
    return np.frombuffer(content.data, np.uint8, offset=header).reshape(shape)


def parse(spec: FileSet, contents: Mapping[str, Content]) -> Splits:
    """The images and labels of the four IDX files."""

    def labels(name: str, n: int) -> npt.NDArray[np.uint8]:
        y = decode(contents[name], (n,))
        check_labels(contents[name], y, 0, spec.n_classes - 1)
        return y

    return Splits(
        decode(contents[TRAIN_IMAGES], (spec.n_train, *spec.sample_shape)),
        labels(TRAIN_LABELS, spec.n_train),
        decode(contents[TEST_IMAGES], (spec.n_test, *spec.sample_shape)),
        labels(TEST_LABELS, spec.n_test),
    )
