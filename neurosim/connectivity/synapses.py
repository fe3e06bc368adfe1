"""Synapses in canonical form, and how they are sampled.

Canonical order: by source, then target, then delay; synapses that agree in all three stay in the order of
sampling. A synapse's ordinal is its place among those of its pair. Weights and delays have the counter (row, place in
the order of sampling) under the projection's own streams, so that they too depend on nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.builders import AllToAll
from neurosim.connectivity.from_arrays import FromArrays
from neurosim.connectivity.row_sources import starts
from neurosim.connectivity.rows import Builder, Counts, Pair, Posts, Rows, in_threads
from neurosim.connectivity.values import Constant, Listed, Source, Table, Tables, Values, delay_values, weight_values
from neurosim.core.errors import InputError
from neurosim.core.memory import check_memory

Delays = npt.NDArray[np.uint16]
Weights = npt.NDArray[np.float32]

CHUNK = 1 << 19  # synapses sampled together: their arrays stay in the cache
_SORTED = 1 << 17  # synapses sorted together: sorting needs random access, so a lower-level cache
_CANONICAL_BYTES = 10  # target, delay and weight of a synapse
_COUNT_BYTES = 4  # at least, of a synapse in any form
_BYTE = 255


@dataclass(frozen=True, eq=False)
class Synapses:
    """The synapses of one projection in canonical order.

    Parameters
    ----------
    name : str
        The name of the projection.
    n_pre, n_post : int
        The sizes of the populations.
    dt : float
        The time step in ms.
    row_ptr : array of int64 (n_pre + 1,)
        The synapses of source i are ``row_ptr[i]`` .. ``row_ptr[i + 1] - 1``.
    post : array of int32 (synapses,)
        The target of each synapse.
    delay : array of uint8 or uint16 (synapses,)
        In steps of ``dt``.
    weight : array of float32 (synapses,)
        In the unit of the input.
    """

    name: str
    n_pre: int
    n_post: int
    dt: float
    row_ptr: Counts
    post: Posts
    delay: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    weight: Weights

    def __len__(self) -> int:
        return len(self.post)

    @property
    def pre(self) -> Posts:
        """The source of each synapse, int32."""
        return np.repeat(np.arange(self.n_pre, dtype=np.int32), np.diff(self.row_ptr))


@dataclass(frozen=True, eq=False)
class SynapsePlan:
    """A projection before sampling: its rows counted, its weights and delays as tables."""

    pair: Pair
    dt: float
    rows: Rows
    weight: Values
    delay: Values
    row_ptr: Counts

    def __len__(self) -> int:
        return int(self.row_ptr[-1])


@dataclass(frozen=True, eq=False)
class SynapseRows:
    """Some rows of a projection: row i has ``start[i]`` .. ``start[i + 1]`` of ``post``, ``delay``, ``weight``."""

    start: Counts
    post: Posts
    delay: Delays
    weight: Weights


def prepare(
    builder: Builder, pair: Pair, weight: Source | None, delay: Source | None, dt: float, tables: Tables
) -> SynapsePlan:
    """The plan of one projection; only row sizes are sampled. ``tables`` of other projections are reused.

    Arrays are in canonical order, or (n_pre, n_post) where every source reaches every target.

    Raises:
        InputError: the builder, a weight or a delay does not suit, or the synapses would not fit into memory.
    """
    if not 0 < dt < np.inf:
        raise InputError(f"{pair.owner}.dt: expected a time step > 0 ms, got {dt}")
    builder.check(pair)
    expected = builder.expected_synapses(pair)
    check_memory(pair.owner, expected, expected * _COUNT_BYTES)
    values = {"weight": weight, "delay": delay}
    if isinstance(builder, FromArrays):
        for field, listed in (("weight", builder.canonical_weight()), ("delay", builder.canonical_delay())):
            if listed is not None and values[field] is not None:
                raise InputError(f"{pair.owner}.{field}: expected it in connect or in FromArrays, got both; remove one")
            values[field] = listed if listed is not None else values[field]
    if values["weight"] is None or values["delay"] is None:
        missing = next(field for field, value in values.items() if value is None)
        raise InputError(f"{pair.owner}.{missing}: expected a number, a distribution or an array, got none")
    full = isinstance(builder, AllToAll) and (builder.allow_autapses or not pair.recurrent)
    matrix = (pair.n_pre, pair.n_post) if full else None
    weights = weight_values(values["weight"], f"{pair.owner}.weight", tables, matrix)
    delays = delay_values(values["delay"], dt, f"{pair.owner}.delay", tables, matrix)
    rows = builder.rows(pair)
    row_ptr = starts(rows.size)
    for field, given in (("weight", weights), ("delay", delays)):
        if isinstance(given, Listed) and len(given.values) != row_ptr[-1]:
            raise InputError(f"{pair.owner}.{field}: expected {row_ptr[-1]} numbers, got {len(given.values)}")
    return SynapsePlan(pair, dt, rows, weights, delays, row_ptr)


def draw(plan: SynapsePlan, rows: Rows, first: int, last: int, canonical: bool) -> SynapseRows:
    """The synapses of rows ``first`` .. ``last`` - 1; ``rows`` are the plan's, or a window of them.

    In canonical order if asked for; otherwise in any order within a row, the same at each call.
    """
    start = plan.row_ptr[first : last + 1] - plan.row_ptr[first]
    post = np.empty(start[-1], np.int32)
    if len(post):
        rows.fill(first, start, post)
    here = slice(plan.row_ptr[first], plan.row_ptr[last])
    delay = None if isinstance(plan.delay, Listed) else _delays(plan, plan.delay, first, start)
    weight = None if isinstance(plan.weight, Listed) else _weights(plan, plan.weight, first, start)
    if isinstance(plan.delay, Listed) or isinstance(plan.weight, Listed):
        # listed numbers are in canonical order; listed delays then order the multapses
        order = canonical_places(start, post, delay)
        post, delay, weight = post[order], _reordered(delay, order), _reordered(weight, order)
        delay = plan.delay.values[here].astype(np.uint16) if isinstance(plan.delay, Listed) else delay
        weight = plan.weight.values[here].astype(np.float32) if isinstance(plan.weight, Listed) else weight
    assert delay is not None
    assert weight is not None
    if canonical:
        order = canonical_places(start, post, delay)
        post, delay, weight = post[order], delay[order], weight[order]
    return SynapseRows(start, post, delay, weight)


def build(
    builder: Builder,
    n_pre: int,
    n_post: int,
    weight: Source | None = None,
    delay: Source | None = None,
    *,
    dt: float,
    seed: int,
    name: str,
    recurrent: bool = False,
    threads: int = 1,
) -> Synapses:
    """Draw the synapses of one projection, whatever the number of threads.

    Parameters
    ----------
    builder : Builder
        Which neurons are connected.
    n_pre, n_post : int
        The sizes of the populations, >= 1.
    weight : number, distribution or array
        In the unit of the input; an array has one number per synapse in canonical order. None only with `FromArrays`
        that has weights.
    delay : number, distribution or array
        In ms, rounded half up to steps, at least one; None only with `FromArrays` that has delays.
    dt : float
        The time step in ms.
    seed : int
        In [0, 2^64); with ``name`` it decides all that is drawn.
    name : str
        The name of the projection.
    recurrent : bool
        Whether both populations are the same one, so that autapses can occur.
    threads : int
        How many threads draw.

    Returns
    -------
    Synapses
        In canonical order.

    Raises
    ------
    InputError
        Names the projection and what does not fit, memory included.

    Examples
    --------
    >>> from neurosim.connectivity import FixedOutDegree
    >>> s = build(FixedOutDegree(2), 3, 5, weight=1.0, delay=1.5, dt=0.1, seed=1, name="a")
    >>> len(s), s.row_ptr.tolist(), s.delay.tolist()
    (6, [0, 2, 4, 6], [15, 15, 15, 15, 15, 15])
    """
    return sample_synapses(prepare(builder, Pair(name, n_pre, n_post, recurrent, seed, threads), weight, delay, dt, {}))


def sample_synapses(plan: SynapsePlan) -> Synapses:
    """The synapses of ``plan`` in canonical form; InputError if they do not fit into memory."""
    pair, count = plan.pair, len(plan)
    check_memory(pair.owner, count, count * _CANONICAL_BYTES)
    post, delays, weights = np.empty(count, np.int32), np.empty(count, np.uint16), np.empty(count, np.float32)

    def work(span: tuple[int, int]) -> None:
        rows = plan.rows.window(*span)
        for first, last in chunks(plan.row_ptr, *span, _SORTED):
            drawn = draw(plan, rows, first, last, canonical=True)
            here = slice(plan.row_ptr[first], plan.row_ptr[last])
            post[here], delays[here], weights[here] = drawn.post, drawn.delay, drawn.weight

    tasks = [(0, pair.n_pre)] if plan.rows.by_column else chunks(plan.row_ptr, 0, pair.n_pre, CHUNK)
    for _ in in_threads(work, tasks, pair.threads):
        pass
    return Synapses(pair.name, pair.n_pre, pair.n_post, plan.dt, plan.row_ptr, post, _narrowed(delays), weights)


def chunks(row_ptr: Counts, first: int, last: int, size: int) -> list[tuple[int, int]]:
    """Rows ``first`` .. ``last`` cut into spans of about ``size`` synapses, at least one row each."""
    cuts = [first]
    while cuts[-1] < last:
        reach = int(np.searchsorted(row_ptr, row_ptr[cuts[-1]] + size, "right")) - 1
        cuts.append(min(last, max(cuts[-1] + 1, reach)))
    return list(pairwise(cuts))


def in_degree(synapses: Synapses) -> Counts:
    """Count the synapses that each target receives.

    Parameters
    ----------
    synapses : Synapses
        Of one projection.

    Returns
    -------
    array of int64 (n_post,)
        The number of synapses of each target.
    """
    return np.bincount(synapses.post, minlength=synapses.n_post).astype(np.int64)


def out_degree(synapses: Synapses) -> Counts:
    """Count the synapses that each source sends.

    Parameters
    ----------
    synapses : Synapses
        Of one projection.

    Returns
    -------
    array of int64 (n_pre,)
        The number of synapses of each source.
    """
    return np.diff(synapses.row_ptr)


def to_scipy(synapses: Synapses) -> Any:
    """The weights as a sparse matrix.

    Parameters
    ----------
    synapses : Synapses
        Of one projection.

    Returns
    -------
    scipy.sparse.csr_array (n_pre, n_post)
        The weights; multapses stay separate entries until summed.

    Examples
    --------
    >>> from neurosim.connectivity import OneToOne
    >>> s = build(OneToOne(), 2, 2, weight=0.5, delay=1.0, dt=0.1, seed=1, name="a")
    >>> to_scipy(s).toarray().tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    from scipy.sparse import csr_array

    shape = (synapses.n_pre, synapses.n_post)
    return csr_array((synapses.weight, synapses.post, synapses.row_ptr), shape=shape)


def canonical_places(start: Counts, post: Posts, delay: Delays | None) -> slice | npt.NDArray[np.int64]:
    """An index that sorts rows by target and delay, or by target alone; equals stay in their order."""
    from neurosim.connectivity.order_kernels import canonical_order, is_canonical

    delay = np.zeros(len(post), np.uint16) if delay is None else delay
    return slice(None) if is_canonical(start, post, delay) else canonical_order(start, post, delay)


def _narrowed(delay: Delays) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    return delay.astype(np.uint8) if delay.max(initial=0) <= _BYTE else delay


def _reordered(values: npt.NDArray[Any] | None, order: slice | npt.NDArray[np.int64]) -> npt.NDArray[Any] | None:
    return None if values is None else values[order]


def _delays(plan: SynapsePlan, delay: Constant | Table, first: int, start: Counts) -> Delays:
    from neurosim.connectivity.value_kernels import to_steps

    if isinstance(delay, Constant):
        return np.full(start[-1], int(delay.value), np.uint16)
    out = np.empty(start[-1], np.uint16)
    low, high = np.float32(delay.low), np.float32(delay.high)
    to_steps(_words(plan, "delay", first, start), delay.base.ravel(), delay.slope.ravel(), low, high, out)
    return out


def _weights(plan: SynapsePlan, weight: Constant | Table, first: int, start: Counts) -> Weights:
    from neurosim.connectivity.value_kernels import to_weights

    if isinstance(weight, Constant):
        return np.full(start[-1], weight.value, np.float32)
    out = np.empty(start[-1], np.float32)
    low, high = np.float32(weight.low), np.float32(weight.high)
    to_weights(_words(plan, "weight", first, start), weight.base.ravel(), weight.slope.ravel(), low, high, out)
    return out


def _words(plan: SynapsePlan, purpose: str, first: int, start: Counts) -> npt.NDArray[np.uint32]:
    from neurosim.core.philox import row_words

    words = np.empty(start[-1], np.uint32)
    row_words(words, start, first, plan.pair.stream(purpose), *plan.pair.key)
    return words
