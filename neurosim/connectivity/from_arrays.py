"""FromArrays: synapses listed one by one, or the entries of a sparse matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.row_sources import ListedRows, starts
from neurosim.connectivity.rows import Pair, Rows
from neurosim.core.checks import real_numbers
from neurosim.core.errors import InputError


@dataclass(frozen=True, eq=False)
class FromArrays:
    """Synapse j from ``pre[j]`` to ``post[j]``, in any order; the same pair may occur more than once.

    Parameters
    ----------
    pre, post : array of int (synapses,)
        Numbers of the neurons, from 0 on.
    weight : array (synapses,), optional
        In the unit of the input; default: what `Network.connect` or `build` is given.
    delay : array (synapses,), optional
        In ms; default as for ``weight``.

    Raises
    ------
    InputError
        Numbers that are not whole, arrays of different lengths; at `Network.compile` and `build`: a neuron that is not
        in the population.

    Examples
    --------
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
        """Synapses from the entries of a matrix: the stored ones of a sparse matrix, those of an array that are not 0.

        Parameters
        ----------
        matrix : scipy.sparse array or matrix, or array (n_pre, n_post)
            The weights.

        Returns
        -------
        FromArrays
            One synapse for each entry, with its weight.

        Raises
        ------
        InputError
            No matrix of numbers.

        Examples
        --------
        >>> from scipy.sparse import csr_array
        >>> FromArrays.of(csr_array([[0.0, 2.0], [0.0, 0.0]])).post.tolist()
        [1]
        """
        if not hasattr(matrix, "tocoo"):
            dense = real_numbers("FromArrays.of", matrix, "a matrix of numbers")
            if dense.ndim != 2:
                raise InputError(f"FromArrays.of: expected a matrix (n_pre, n_post), got shape {dense.shape}")
            pre, post = np.nonzero(dense)
            return cls(pre, post, dense[pre, post])
        entries = matrix.tocoo()
        return cls(entries.row, entries.col, entries.data)

    def canonical_weight(self) -> npt.NDArray[Any] | None:
        """The weights by source and target.

        Returns
        -------
        array (synapses,) or None
            ``weight`` sorted by pre, then post; equal pairs in the order given.
        """
        return None if self.weight is None else np.asarray(self.weight)[self._order()]

    def canonical_delay(self) -> npt.NDArray[Any] | None:
        """The delays by source and target.

        Returns
        -------
        array (synapses,) or None
            ``delay`` in ms, sorted by pre, then post; equal pairs in the order given.
        """
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
