"""Class labels: a stratified validation split, and one-hot targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.arrays import Array, namespace
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream


def validation_split(
    y_train: npt.NDArray[np.integer[Any]], fraction: float, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Split training samples into two parts with the same proportion of every class.

    Parameters
    ----------
    y_train : array of int, shape (n,)
        Class labels.
    fraction : float
        The fraction of each class for validation, in (0, 1); its number of samples is rounded half up.
    seed : int
        Seed of the stream "split", which draws each class independently of the others.

    Returns
    -------
    training, validation : arrays of int
        Indices, each ascending.

    Raises
    ------
    InputError
        ``fraction`` is not in (0, 1), or one of the two parts would be empty.

    Examples
    --------
    >>> train, validation = validation_split(np.arange(20) % 2, fraction=0.2, seed=0)
    >>> len(train), (validation % 2).tolist().count(1), len(validation)
    (16, 2, 4)
    """
    if not 0 < fraction < 1:
        raise InputError(f"validation_split.fraction: expected a number between 0 and 1, got {fraction}")
    chosen = np.zeros(len(y_train), np.bool_)
    stream = Stream(seed, "split")
    for label in np.unique(y_train).tolist():
        members = np.flatnonzero(y_train == label)
        take = int(fraction * len(members) + 0.5)
        chosen[members[stream.permutation(len(members), draw=label)[:take]]] = True
    if chosen.all() or not chosen.any():
        raise InputError(
            f"validation_split.fraction: expected a fraction that leaves both parts samples, got {fraction} "
            f"of {len(y_train)} samples; use more samples or another fraction"
        )
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def one_hot(y: Array, n_classes: int, dtype: npt.DTypeLike = np.float32) -> Array:
    """Targets of labels: 1 at the label, 0 elsewhere.

    Parameters
    ----------
    y : array of int, shape (n,)
        Class labels in [0, n_classes), on the host or on a GPU.
    n_classes : int
        The number of classes.
    dtype : data type
        That of the targets.

    Returns
    -------
    array, shape (n, n_classes)
        On the same device as ``y``.

    Raises
    ------
    InputError
        ``y`` is not one-dimensional, not of whole numbers, or not in [0, n_classes).

    Examples
    --------
    >>> one_hot(np.array([1, 0]), 3).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    xp = namespace(y)
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise InputError(f"one_hot.y: expected whole numbers (n,), got {y.dtype} of shape {y.shape}")
    if y.size and (int(y.min()) < 0 or int(y.max()) >= n_classes):
        raise InputError(f"one_hot.y: expected labels from 0 to {n_classes - 1}, got {int(y.min())} to {int(y.max())}")
    targets: Array = xp.zeros((len(y), n_classes), dtype)
    targets[xp.arange(len(y)), y] = 1
    return targets
