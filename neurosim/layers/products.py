"""Products of activities and weights, dense or by events: of a sparse factor only the non-zeros travel.

The dense way is BLAS's, the way of events SciPy's: each non-zero of ``a`` adds its row of ``b`` to the sum.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from neurosim.core.arrays import Array

Way: TypeAlias = Literal["dense", "events", "auto"]
"""How products are computed: all factors, the non-zeros alone, or whichever is expected to be faster."""

CROSSING = 0.1  # fraction of non-zeros below which events win, for a hundred samples; runs/bench/sparsity.py


def product(a: Array, b: Array, way: Way = "dense") -> Array:
    """``a @ b`` for matrices (n, k) and (k, m); both ways agree to rounding, sums being taken in another order.

    Events need NumPy arrays; "auto" takes them where at most `CROSSING` of ``a`` is non-zero and the rows of ``b`` are
    contiguous. Without events the product is dense.

    >>> product(np.array([[0.0, 2.0]]), np.array([[1.0, 5.0], [3.0, 4.0]]), "events")
    array([[6., 8.]])
    """
    if way == "dense" or not isinstance(a, np.ndarray) or (way == "auto" and not _wins(a, b)):
        return a @ b
    from scipy import sparse

    by_columns = a.flags.f_contiguous and not a.flags.c_contiguous
    found: Array = (sparse.csr_array(a.T).T if by_columns else sparse.csr_array(a)) @ b
    return found


def _wins(a: Array, b: Array) -> bool:
    return bool(b.flags.c_contiguous and np.count_nonzero(a != 0) <= CROSSING * a.size)
