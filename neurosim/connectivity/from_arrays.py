"""FromArrays: synapses listed one by one, or the entries of a sparse matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.row_sources import ListedRows, starts
from neurosim.connectivity.rows import Pair, Rows
from neurosim.core.errors import InputError


@dataclass(frozen=True, eq=False)
class FromArrays:
    """Synapse j from ``pre[j]`` to ``post[j]``, with ``weight[j]`` and ``delay[j]`` (ms) where these are given.

    Any order; the same pair may come more than once.

    >>> FromArrays([1, 0], [2, 0], weight=[0.5, 1.5]).canonical_weight().tolist()
    [1.5, 0.5]
    """

    pre: npt.ArrayLike
    post: npt.ArrayLike
    weight: npt.ArrayLike | None = None
    delay: npt.ArrayLike | None = None

    def __post_init__(self) -> None:
        for side in ("pre", "post"):
            numbers = np.asarray(getattr(self, side))
            if numbers.ndim != 1 or (numbers.size and not np.issubdtype(numbers.dtype, np.integer)):
                got = f"{numbers.dtype} {numbers.shape}"
                raise InputError(f"FromArrays.{side}: expected whole numbers in one dimension, got {got}")
        sizes = [len(np.asarray(x)) for x in (self.pre, self.post, self.weight, self.delay) if x is not None]
        if len(set(sizes)) > 1:
            raise InputError(f"FromArrays: expected arrays of one length, got {', '.join(map(str, sizes))}")

    @classmethod
    def of(cls, matrix: Any) -> FromArrays:
        """The stored entries of a scipy.sparse ``matrix`` [pre, post] as synapses with these weights."""
        entries = matrix.tocoo()
        return cls(entries.row, entries.col, entries.data)

    def canonical_weight(self) -> npt.NDArray[Any] | None:
        """``weight`` in the order (pre, post, as given)."""
        return None if self.weight is None else np.asarray(self.weight)[self._order()]

    def canonical_delay(self) -> npt.NDArray[Any] | None:
        """``delay`` in the order (pre, post, as given)."""
        return None if self.delay is None else np.asarray(self.delay)[self._order()]

    def check(self, pair: Pair) -> None:
        """See `neurosim.connectivity.rows.Builder`."""
        for side, size in (("pre", pair.n_pre), ("post", pair.n_post)):
            numbers = np.asarray(getattr(self, side))
            bad = np.flatnonzero((numbers < 0) | (numbers >= size)) if numbers.size else numbers
            if bad.size:
                got = f"{numbers[bad[0]]} at {bad[0]}"
                raise InputError(f"{pair.owner}: FromArrays.{side} expected numbers in [0, {size}), got {got}")

    def expected_synapses(self, pair: Pair) -> float:
        """See `neurosim.connectivity.rows.Builder`."""
        return len(np.asarray(self.pre))

    def rows(self, pair: Pair) -> Rows:
        """See `neurosim.connectivity.rows.Builder`."""
        size = np.bincount(np.asarray(self.pre, np.int64), minlength=pair.n_pre).astype(np.int64)
        return ListedRows(pair, size, np.asarray(self.post, np.int32)[self._order()], starts(size))

    def _order(self) -> npt.NDArray[np.intp]:
        return np.lexsort((np.asarray(self.post), np.asarray(self.pre)))
