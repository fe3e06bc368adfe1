"""How well a rule's direction agrees with the true gradient, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.core.arrays import Array, namespace


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
