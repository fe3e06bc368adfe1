"""Accuracy and the confusion matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def confusion(labels: npt.NDArray[np.int64], answers: npt.NDArray[np.int64], n_classes: int) -> npt.NDArray[np.int64]:
    """Counts (n_classes, n_classes): row the true class, column the answer.

    >>> confusion(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
    [[1, 0], [1, 1]]
    """
    return np.bincount(labels * n_classes + answers, minlength=n_classes**2).reshape(n_classes, n_classes)


def accuracy(matrix: npt.NDArray[np.int64]) -> float:
    """The fraction on the diagonal of a confusion matrix.

    >>> accuracy(np.array([[1, 0], [1, 2]]))
    0.75
    """
    return float(np.trace(matrix) / matrix.sum())
