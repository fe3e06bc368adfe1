"""Builders: which neurons are connected. As in NEST, an autapse connects a neuron to itself, and a multapse is one of
several synapses between the same two neurons.

Autapses can only occur where a population is connected to itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.connectivity.row_sources import AllRows, BernoulliRows, ColumnRows, ListedRows, RandomRows, random_sizes
from neurosim.connectivity.rows import Pair, Rows
from neurosim.core.checks import shown, whole_number
from neurosim.core.errors import InputError


@dataclass(frozen=True)
class OneToOne:
    """Source i to target i; both populations have the same size.

    Raises
    ------
    InputError
        At `Network.compile` and `build`: populations of different sizes.

    Examples
    --------
    >>> from neurosim.connectivity import build
    >>> synapses = build(OneToOne(), 3, 3, weight=1.0, delay=1.0, dt=0.1, seed=1, name="a")
    >>> synapses.pre.tolist(), synapses.post.tolist()
    ([0, 1, 2], [0, 1, 2])
    """

    def check(self, pair: Pair) -> None:
        """See `neurosim.connectivity.rows.Builder`."""
        if pair.n_pre != pair.n_post:
            raise InputError(
                f"{pair.owner}: OneToOne expected populations of one size, got {pair.n_pre} and {pair.n_post}"
            )

    def expected_synapses(self, pair: Pair) -> float:
        """See `neurosim.connectivity.rows.Builder`."""
        return pair.n_pre

    def rows(self, pair: Pair) -> Rows:
        """See `neurosim.connectivity.rows.Builder`."""
        return AllRows(pair, skip=False, diagonal=True)


@dataclass(frozen=True)
class AllToAll:
    """Every source to every target.

    Parameters
    ----------
    allow_autapses : bool
        Whether a neuron connects to itself, where a population is connected to itself.

    Examples
    --------
    >>> from neurosim.connectivity import build
    >>> autapses = AllToAll(allow_autapses=False)
    >>> len(build(autapses, 3, 3, weight=1.0, delay=1.0, dt=0.1, seed=1, name="a", recurrent=True))
    6
    """

    allow_autapses: bool = True

    def __post_init__(self) -> None:
        _check_flags(self)

    def check(self, pair: Pair) -> None:
        """See `neurosim.connectivity.rows.Builder`; any two populations suit."""

    def expected_synapses(self, pair: Pair) -> float:
        """See `neurosim.connectivity.rows.Builder`."""
        return pair.n_pre * (pair.n_post - _skip(self.allow_autapses, pair))

    def rows(self, pair: Pair) -> Rows:
        """See `neurosim.connectivity.rows.Builder`."""
        return AllRows(pair, _skip(self.allow_autapses, pair))


@dataclass(frozen=True)
class FixedProbability:
    """Every pair with the same probability, independently.

    Parameters
    ----------
    p : float
        The probability of a synapse, 0 to 1.
    allow_autapses : bool
        Whether a neuron may connect to itself.

    Raises
    ------
    InputError
        A probability outside 0 to 1.

    Examples
    --------
    >>> from neurosim.connectivity import build
    >>> synapses = build(FixedProbability(0.1), 1000, 1000, weight=1.0, delay=1.0, dt=0.1, seed=1, name="a")
    >>> 99_000 < len(synapses) < 101_000
    True
    """

    p: float
    allow_autapses: bool = True

    def __post_init__(self) -> None:
        check_probability("FixedProbability.p", self.p)
        _check_flags(self)

    def check(self, pair: Pair) -> None:
        """See `neurosim.connectivity.rows.Builder`; any two populations suit."""

    def expected_synapses(self, pair: Pair) -> float:
        """See `neurosim.connectivity.rows.Builder`."""
        return self.p * pair.n_pre * (pair.n_post - _skip(self.allow_autapses, pair))

    def rows(self, pair: Pair) -> Rows:
        """See `neurosim.connectivity.rows.Builder`."""
        skip = _skip(self.allow_autapses, pair)
        if self.p == 1:
            return AllRows(pair, skip)
        if self.p == 0 or pair.n_post == skip:
            return no_rows(pair)
        return BernoulliRows(pair, self.p, skip)


@dataclass(frozen=True)
class FixedInDegree:
    """Every target receives the same number of synapses, from random sources.

    Parameters
    ----------
    k : int
        Synapses per target, >= 0.
    allow_autapses : bool
        Whether a neuron may connect to itself.
    allow_multapses : bool
        Whether a target may choose a source more than once.

    Raises
    ------
    InputError
        A number below 0; at `Network.compile` and `build`: fewer than ``k`` sources without multapses.

    Examples
    --------
    >>> from neurosim.connectivity import build, in_degree
    >>> in_degree(build(FixedInDegree(2), 5, 3, weight=1.0, delay=1.0, dt=0.1, seed=1, name="a")).tolist()
    [2, 2, 2]
    """

    k: int
    allow_autapses: bool = True
    allow_multapses: bool = True

    def __post_init__(self) -> None:
        whole_number("FixedInDegree.k", self.k, 0)
        _check_flags(self)

    def check(self, pair: Pair) -> None:
        """See `neurosim.connectivity.rows.Builder`."""
        _check_choice(self.k, "sources", pair.n_pre - _skip(self.allow_autapses, pair), self.allow_multapses, pair)

    def expected_synapses(self, pair: Pair) -> float:
        """See `neurosim.connectivity.rows.Builder`."""
        return self.k * pair.n_post

    def rows(self, pair: Pair) -> Rows:
        """See `neurosim.connectivity.rows.Builder`."""
        if self.k == 0:
            return no_rows(pair)
        return ColumnRows(pair, self.k, _skip(self.allow_autapses, pair), self.allow_multapses)


@dataclass(frozen=True)
class FixedOutDegree:
    """Every source sends the same number of synapses, to random targets.

    Parameters
    ----------
    k : int
        Synapses per source, >= 0.
    allow_autapses : bool
        Whether a neuron may connect to itself.
    allow_multapses : bool
        Whether a source may choose a target more than once.

    Raises
    ------
    InputError
        A number below 0; at `Network.compile` and `build`: fewer than ``k`` targets without multapses.

    Examples
    --------
    >>> from neurosim.connectivity import build, out_degree
    >>> out_degree(build(FixedOutDegree(2), 3, 5, weight=1.0, delay=1.0, dt=0.1, seed=1, name="a")).tolist()
    [2, 2, 2]
    """

    k: int
    allow_autapses: bool = True
    allow_multapses: bool = True

    def __post_init__(self) -> None:
        whole_number("FixedOutDegree.k", self.k, 0)
        _check_flags(self)

    def check(self, pair: Pair) -> None:
        """See `neurosim.connectivity.rows.Builder`."""
        _check_choice(self.k, "targets", pair.n_post - _skip(self.allow_autapses, pair), self.allow_multapses, pair)

    def expected_synapses(self, pair: Pair) -> float:
        """See `neurosim.connectivity.rows.Builder`."""
        return self.k * pair.n_pre

    def rows(self, pair: Pair) -> Rows:
        """See `neurosim.connectivity.rows.Builder`."""
        if self.k == 0:
            return no_rows(pair)
        size = np.full(pair.n_pre, self.k, np.int64)
        return RandomRows(pair, size, _skip(self.allow_autapses, pair), self.allow_multapses)


@dataclass(frozen=True)
class FixedTotalNumber:
    """A number of synapses, each between a random source and a random target; multapses occur.

    Parameters
    ----------
    n : int
        The number of synapses, >= 0.
    allow_autapses : bool
        Whether a neuron may connect to itself.

    Raises
    ------
    InputError
        A number below 0.

    References
    ----------
    Potjans & Diesmann (2014), Cereb. Cortex 24:785, section "Connectivity".

    Examples
    --------
    >>> from neurosim.connectivity import build
    >>> len(build(FixedTotalNumber(7), 3, 5, weight=1.0, delay=1.0, dt=0.1, seed=1, name="a"))
    7
    """

    n: int
    allow_autapses: bool = True

    def __post_init__(self) -> None:
        whole_number("FixedTotalNumber.n", self.n, 0)
        _check_flags(self)

    def check(self, pair: Pair) -> None:
        """See `neurosim.connectivity.rows.Builder`."""
        _check_choice(self.n, "targets", pair.n_post - _skip(self.allow_autapses, pair), True, pair)

    def expected_synapses(self, pair: Pair) -> float:
        """See `neurosim.connectivity.rows.Builder`."""
        return self.n

    def rows(self, pair: Pair) -> Rows:
        """See `neurosim.connectivity.rows.Builder`."""
        if self.n == 0:
            return no_rows(pair)
        return RandomRows(pair, random_sizes(pair, self.n), _skip(self.allow_autapses, pair), repeats=True)


def no_rows(pair: Pair) -> Rows:
    """Rows without a synapse."""
    empty = np.empty(0, np.int32)
    return ListedRows(pair, np.zeros(pair.n_pre, np.int64), empty, np.zeros(pair.n_pre + 1, np.int64))


def check_probability(field: str, p: float) -> None:
    """InputError unless 0 <= ``p`` <= 1."""
    if not isinstance(p, int | float | np.number) or not 0 <= p <= 1:
        raise InputError(f"{field}: expected a probability in [0, 1], got {shown(p)}")


def _check_flags(builder: object) -> None:
    """InputError unless the options of ``builder`` that allow something are True or False."""
    for name, value in vars(builder).items():
        if name.startswith("allow_") and not isinstance(value, bool | np.bool_):
            raise InputError(f"{type(builder).__name__}.{name}: expected True or False, got {shown(value)}")


def _skip(allow_autapses: bool, pair: Pair) -> bool:
    """Whether each row leaves out its own number."""
    return pair.recurrent and not allow_autapses


def _check_choice(count: int, kind: str, available: int, multapses: bool, pair: Pair) -> None:
    if count > available and not multapses:
        raise InputError(
            f"{pair.owner}: expected at most {available} different {kind}, got {count}; allow_multapses or lower it"
        )
    if count > 0 and available == 0:
        raise InputError(f"{pair.owner}: expected {kind} besides the neuron itself, got none; allow_autapses")
