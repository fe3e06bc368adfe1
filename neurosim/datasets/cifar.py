"""The binary version of CIFAR-10: records of one label byte and 3 x 32 x 32 pixel bytes (red, green, blue plane).

Source: the description on Krizhevsky's CIFAR page. The Python version is not read: it consists of pickles.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.datasets.records import Content, FileSet, Splits, check_labels


def decode(
    content: Content, sample_shape: tuple[int, ...], n_classes: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Images (n, *sample_shape) and labels (n,) of one file.

    Raises:
        InputError: the file is no whole number of records, or a label is out of range.
    """
    record = 1 + math.prod(sample_shape)
    if len(content.data) % record:
        raise content.problem("size", f"a multiple of {record} bytes", len(content.data))
    rows = np.frombuffer(content.data, np.uint8).reshape(-1, record)
    check_labels(content, rows[:, 0], 0, n_classes - 1)
    return rows[:, 1:].reshape(-1, *sample_shape), rows[:, 0]


def parse(spec: FileSet, contents: Mapping[str, Content]) -> Splits:
    """The images and labels of the training batches, in the order of the set's files, and of the last, the test."""

    def together(names: Sequence[str], n: int) -> list[npt.NDArray[Any]]:
        parts = [decode(contents[name], spec.sample_shape, spec.n_classes) for name in names]
        x, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        if len(y) != n:
            raise contents[names[-1]].problem("records", f"{n} in all batches", len(y))
        return [x, y]

    *train, test = (file.name for file in spec.files)
    return Splits(*together(train, spec.n_train), *together([test], spec.n_test))
