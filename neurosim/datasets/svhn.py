"""The cropped-digit files of SVHN: MATLAB 5 files with X (row, column, channel, sample) and y, where 10 means 0.

Source: Netzer et al. (2011), "Reading digits in natural images with unsupervised feature learning", data page.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.datasets.records import Content, FileSet, Splits, check_labels


def decode(
    content: Content, n: int, sample_shape: tuple[int, ...]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Images (n, *sample_shape), channel first, and labels 0 to 9 (n,) of one file.

    Raises:
        InputError: the file cannot be read, or its variables have other shapes or values.
    """
    import scipy.io

    matlab: Any = scipy.io  # its type stubs know no open files

    channels, rows, columns = sample_shape
    expected = {"X": ((rows, columns, channels, n), "uint8"), "y": ((n, 1), "uint8")}
    try:
        # the headers first: arrays of other sizes are never decompressed
        listed = {name: (shape, kind) for name, shape, kind in matlab.whosmat(io.BytesIO(content.data))}
        got = {name: listed.get(name) for name in expected}
        arrays = matlab.loadmat(io.BytesIO(content.data), variable_names=list(expected)) if got == expected else {}
    except Exception as error:  # scipy has no common base for what a bad file makes it raise
        raise content.problem("format", "a MATLAB 5 file", f"{type(error).__name__}") from error
    if got != expected:
        raise content.problem("variables", expected, got)
    check_labels(content, arrays["y"], 1, 10)
    images = np.ascontiguousarray(arrays["X"].transpose(3, 2, 0, 1))
    return images, arrays["y"].ravel().astype(np.int64) % 10


def parse(spec: FileSet, contents: Mapping[str, Content]) -> Splits:
    """The images and labels of the training file and of the test file."""
    train, test = (contents[file.name] for file in spec.files)
    return Splits(*decode(train, spec.n_train, spec.sample_shape), *decode(test, spec.n_test, spec.sample_shape))
