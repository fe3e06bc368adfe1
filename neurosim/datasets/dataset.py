"""A data set in memory, checked, and the scaling of stored images."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import whole_number
from neurosim.core.errors import InputError
from neurosim.datasets.records import Splits

Samples: TypeAlias = npt.NDArray[np.float32]
Labels: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples and class labels for training and test; the arrays become read-only.

    Parameters
    ----------
    name : str
        The name that logs and tables show.
    x_train, x_test : array of float32, shape (n, *sample_shape)
        Samples, channel first.
    y_train, y_test : array of int64, shape (n,)
        Class labels in [0, n_classes).
    n_classes : int
        The number of classes.
    source : str
        Where the set was found: a folder, "embedded" or "generated".
    sha256 : mapping of str to str
        The digest of the decompressed content of each file; empty for a generated set.
    licence : str
        Licence and citation.

    Raises
    ------
    InputError
        Shapes or types disagree, a value is not finite, a label is out of range, or a part is empty.

    Examples
    --------
    >>> x, y = np.array([[0, 1], [1, 0]], np.float32), np.array([0, 1])
    >>> data = Dataset("mine", x, y, x, y, 2, "typed in", {}, "none")
    >>> data.sample_shape, data.x_train.flags.writeable
    ((2,), False)
    """

    name: str
    x_train: Samples
    y_train: Labels
    x_test: Samples
    y_test: Labels
    n_classes: int
    source: str
    sha256: Mapping[str, str]
    licence: str

    def __post_init__(self) -> None:
        _check(f"{self.name}.train", self.x_train, self.y_train, self.n_classes)
        _check(f"{self.name}.test", self.x_test, self.y_test, self.n_classes)
        if self.x_train.shape[1:] != self.x_test.shape[1:]:
            expected, got = self.x_train.shape[1:], self.x_test.shape[1:]
            raise InputError(f"{self.name}.x_test: expected samples of shape {expected}, got {got}")
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            array.flags.writeable = False  # every rule must see the same data

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """``sha256``, or the digests of the arrays for a set without files: what distinguishes sets of one name."""
        if self.sha256:
            return self.sha256
        pairs = {"train": (self.x_train, self.y_train), "test": (self.x_test, self.y_test)}
        return {name: hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest() for name, (x, y) in pairs.items()}

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return self.x_train.shape[1:]


def scaled(splits: Splits, white: int, limit: int | None) -> tuple[Samples, Labels, Samples, Labels]:
    """x_train, y_train, x_test, y_test for `Dataset`: pixels divided by ``white``, zeros stay zeros.

    ``limit`` keeps the first so many training samples.
    """

    def pixels(x: npt.NDArray[Any]) -> Samples:
        result = x.astype(np.float32)
        result /= np.float32(white)
        return result

    x_train, y_train, x_test, y_test = splits
    return pixels(x_train[:limit]), y_train[:limit].astype(np.int64), pixels(x_test), y_test.astype(np.int64)


def check_limit(owner: str, limit: int | None, n_train: int) -> None:
    """Raise InputError unless ``limit`` is None or a whole number from 1 to ``n_train``."""
    if limit is not None:
        whole_number(f"{owner}.limit", limit, 1, n_train)


def _check(owner: str, x: npt.NDArray[Any], y: npt.NDArray[Any], n_classes: int) -> None:
    if x.dtype != np.float32 or y.dtype != np.int64:
        raise InputError(f"{owner}: expected float32 samples and int64 labels, got {x.dtype} and {y.dtype}")
    if x.ndim < 2 or y.ndim != 1 or len(x) != len(y):
        raise InputError(f"{owner}: expected samples (n, ...) and labels (n,), got {x.shape} and {y.shape}")
    if x.size == 0:
        raise InputError(f"{owner}: expected at least one sample, got shape {x.shape}")
    # NaN and infinity appear in the extremes, which need no temporary array of the size of x
    if not np.isfinite([x.min(), x.max()]).all():
        raise InputError(f"{owner}: expected finite values, got NaN or infinity; repair or drop these samples")
    if y.min() < 0 or y.max() >= n_classes:
        raise InputError(f"{owner}: expected labels from 0 to {n_classes - 1}, got {y.min()} to {y.max()}")
