"""Measures of a trained network: accuracy, alignment with the gradient, energy of an inference."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from neurosim.core.arrays import Array, namespace


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


def cosine(a: Array, b: Array) -> float:
    """The cosine of the angle between two arrays taken as vectors, in float64; nan if one is zero.

    >>> import numpy as np
    >>> cosine(np.array([1.0, 0.0]), np.array([3.0, 4.0]))
    0.6
    """
    xp = namespace(a)
    a, b = a.ravel().astype("float64"), b.ravel().astype("float64")
    norm = float(xp.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm else float("nan")


def alignment(updates: Mapping[str, Array], gradient: Mapping[str, Array]) -> dict[str, float]:
    """The cosine for each weight array (names ending in ``.w``) that both hold, by the layer's name."""
    names = [name for name in gradient if name.endswith(".w") and name in updates]
    return {name.removesuffix(".w"): cosine(updates[name], gradient[name]) for name in names}


# pJ per operation at 45 nm, 0.9 V: Horowitz (2014), ISSCC, figure 1.1.9 (float32: add 0.9, multiply 3.7)
PICOJOULES = MappingProxyType({"mac": 4.6, "ac": 0.9})


CAVEATS = (
    "Arithmetic only, float32 at 45 nm (Horowitz 2014). Memory traffic dominates in real hardware (a 32-bit cache "
    "read costs about as much as a MAC), sparse activity needs address logic, neuron updates are not counted, and "
    "8-bit integer MACs (0.23 pJ) are cheaper than float ACs: compare at equal precision."
)


def inference_energy(macs: float, acs: float) -> float:
    """Energy in pJ of ``macs`` multiply-accumulates and ``acs`` accumulates.

    >>> inference_energy(10, 100)
    136.0
    """
    return PICOJOULES["mac"] * macs + PICOJOULES["ac"] * acs
