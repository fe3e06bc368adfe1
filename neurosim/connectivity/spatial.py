"""SpatialKernel: the probability of a synapse falls with the distance between the two neurons."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.builders import check_probability, no_rows
from neurosim.connectivity.row_sources import per_log
from neurosim.connectivity.rows import Counts, Pair, Posts, Rows, in_threads, spans
from neurosim.core.errors import InputError

Positions = npt.NDArray[np.float64]

_ROWS = 64  # that one task counts
_ALMOST_ONE = 1.0 - 2.0**-53  # a peak probability of 1, for which the length of a gap is still defined
_DIMENSIONS = (1, 2, 3)


@dataclass(frozen=True)
class Gaussian:
    """A kernel that falls with distance d as exp(-d^2 / (2 sigma^2)).

    Parameters
    ----------
    sigma : float
        The standard deviation, > 0, in the unit of the positions.

    Raises
    ------
    InputError
        A length that is not > 0 and finite.
    """

    sigma: float

    def __post_init__(self) -> None:
        _check_length("Gaussian.sigma", self.sigma)


@dataclass(frozen=True)
class Exponential:
    """A kernel that falls with distance d as exp(-d / length).

    Parameters
    ----------
    length : float
        The length constant, > 0, in the unit of the positions.

    Raises
    ------
    InputError
        A length that is not > 0 and finite.
    """

    length: float

    def __post_init__(self) -> None:
        _check_length("Exponential.length", self.length)


Kernel: TypeAlias = Gaussian | Exponential


@dataclass(frozen=True, eq=False)
class SpatialKernel:
    """Every pair with a probability that falls with the distance of the two neurons, independently.

    The cost grows with the number of neurons within the cutoff along the first dimension.

    Parameters
    ----------
    pre, post : array (neurons,) or (neurons, 1 to 3)
        Positions of the sources and of the targets, in any one unit of length.
    kernel : Gaussian or Exponential
        The probability at distance d relative to that at distance 0.
    p : float
        The probability at distance 0; default 1.
    cutoff : float
        The distance beyond which there are no synapses; default: none.
    wrap : tuple of float
        The extent of each dimension of a torus, at least that of the positions, or 0 for a dimension that is not
        periodic; default: none is.
    allow_autapses : bool
        Whether a neuron may connect to itself.

    Raises
    ------
    InputError
        A probability outside 0 to 1, positions that are not finite or differ in their dimensions, lengths that do not
        suit; at `Network.compile` and `build`: another number of positions than of neurons.

    Examples
    --------
    >>> from neurosim.connectivity import build, out_degree
    >>> x = np.arange(100.0)  # neurons on a ring
    >>> ring = SpatialKernel(x, x, Gaussian(sigma=5.0), cutoff=1.5, wrap=(100.0,), allow_autapses=False)
    >>> synapses = build(ring, 100, 100, weight=1.0, delay=1.0, dt=0.1, seed=1, name="a", recurrent=True)
    >>> int(out_degree(synapses).max())
    2
    """

    pre: npt.ArrayLike
    post: npt.ArrayLike
    kernel: Kernel
    p: float = 1.0
    cutoff: float = math.inf
    wrap: tuple[float, ...] = ()
    allow_autapses: bool = True

    def __post_init__(self) -> None:
        check_probability("SpatialKernel.p", self.p)
        _check_length("SpatialKernel.cutoff", self.cutoff, finite=False)
        here, there = (_positions(f"SpatialKernel.{side}", getattr(self, side)) for side in ("pre", "post"))
        if here.shape[1] != there.shape[1]:
            shapes = f"{here.shape[1]} and {there.shape[1]}"
            raise InputError(f"SpatialKernel.post: expected the dimensions of pre, got {shapes}")
        if self.wrap:
            extent = np.array(self.wrap)
            if len(extent) != here.shape[1] or not (np.isfinite(extent) & (extent >= 0)).all():
                expected = f"an extent >= 0 for each of {here.shape[1]} dimensions"
                raise InputError(f"SpatialKernel.wrap: expected {expected}, got {self.wrap}")
            spread = np.ptp(np.concatenate((here, there)), axis=0)
            if ((extent > 0) & (spread > extent)).any():
                raise InputError(f"SpatialKernel.wrap: expected extents of at least {spread.tolist()}, got {self.wrap}")

    def check(self, pair: Pair) -> None:
        """See `neurosim.connectivity.rows.Builder`."""
        for side, positions, size in (("pre", self.pre, pair.n_pre), ("post", self.post, pair.n_post)):
            if len(np.asarray(positions)) != size:
                got = len(np.asarray(positions))
                raise InputError(f"{pair.owner}: SpatialKernel.{side} expected {size} positions, got {got}")

    def expected_synapses(self, pair: Pair) -> float:
        """See `neurosim.connectivity.rows.Builder`; 0, as the number is not known before the rows are counted."""
        return 0.0

    def rows(self, pair: Pair) -> Rows:
        """See `neurosim.connectivity.rows.Builder`."""
        return NearRows(pair, self) if self.p > 0 else no_rows(pair)


@dataclass(frozen=True, eq=False)
class NearRows:
    """Targets of a `SpatialKernel`: trials with the peak probability, thinned by the kernel."""

    pair: Pair
    spec: SpatialKernel
    by_column: bool = False
    here: Positions = field(init=False)
    there: Positions = field(init=False)
    order: Posts = field(init=False)
    begin: Counts = field(init=False)
    end: Counts = field(init=False)
    size: Counts = field(init=False)

    def __post_init__(self) -> None:
        here, there = _positions("pre", self.spec.pre), _positions("post", self.spec.post)
        order = np.argsort(there[:, 0], kind="stable").astype(np.int32)
        there = np.ascontiguousarray(there[order])
        closes = bool(self.spec.wrap) and self.spec.wrap[0] > 0
        reach = math.inf if closes else self.spec.cutoff
        begin = np.searchsorted(there[:, 0], here[:, 0] - reach, "left")
        end = np.searchsorted(there[:, 0], here[:, 0] + reach, "right")
        parts = {"here": here, "there": there, "order": order, "begin": begin, "end": end}
        for name, value in {**parts, "size": np.zeros(self.pair.n_pre, np.int64)}.items():
            object.__setattr__(self, name, value)

        def count(span: tuple[int, int]) -> None:
            self._draw(span[0], self.size[span[0] : span[1]], np.empty(0, np.int64), np.empty(0, np.int32))

        for _ in in_threads(count, spans(self.pair.n_pre, _ROWS), self.pair.threads):
            pass

    def in_degree_bound(self) -> float:
        """See `Rows`."""
        return self.pair.n_pre

    def window(self, first: int, last: int) -> Rows:
        """See `Rows`."""
        return self

    def fill(self, first: int, start: Counts, post: Posts) -> None:
        """See `Rows`."""
        self._draw(first, np.empty(len(start) - 1, np.int64), start, post)

    def _draw(self, first: int, size: Counts, start: Counts, post: Posts) -> None:
        from neurosim.connectivity.row_kernels import EXPONENTIAL, GAUSSIAN, nearby

        kernel, pair, rows = self.spec.kernel, self.pair, slice(first, first + len(size))
        shape, length = (GAUSSIAN, kernel.sigma) if isinstance(kernel, Gaussian) else (EXPONENTIAL, kernel.length)
        wrap = np.array(self.spec.wrap or (0.0,) * self.here.shape[1], np.float64)
        streams = np.array([pair.stream("target"), pair.stream("accept")])
        skip = pair.recurrent and not self.spec.allow_autapses
        nearby(
            first, skip, per_log(min(self.spec.p, _ALMOST_ONE)), self.here[rows], self.there, self.order,
            self.begin[rows], self.end[rows], wrap, shape, length, self.spec.cutoff, streams, *pair.key,
            start, post, size,
        )  # fmt: skip


def _positions(field_name: str, given: npt.ArrayLike) -> Positions:
    positions = np.ascontiguousarray(given, np.float64)
    if positions.ndim == 1:
        positions = positions[:, None]
    if positions.ndim != 2 or positions.shape[1] not in _DIMENSIONS:
        raise InputError(f"{field_name}: expected positions (neurons, 1 to 3 dimensions), got shape {positions.shape}")
    if not np.isfinite(positions).all():
        raise InputError(f"{field_name}: expected finite positions, got some that are not")
    return positions


def _check_length(field_name: str, length: float, finite: bool = True) -> None:
    if not length > 0 or (finite and math.isinf(length)):
        raise InputError(f"{field_name}: expected a length > 0, got {length}")
