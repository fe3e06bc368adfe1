"""Canonical synapses: independent of threads and of where rows are cut; weights and delays as distributed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurosim.connectivity import (
    AllToAll,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotalNumber,
    Gaussian,
    LogNormal,
    Normal,
    OneToOne,
    SpatialKernel,
    Synapses,
    Uniform,
    build,
    in_degree,
    out_degree,
    to_scipy,
)
from neurosim.connectivity.rows import Pair
from neurosim.connectivity.synapses import draw, prepare
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream

UNLIKELY = 1e-3
PLACES = Stream(1, "places").uniform((60, 2))
BUILDERS = (
    OneToOne(),
    AllToAll(False),
    FixedProbability(0.3),
    FixedInDegree(7, allow_autapses=False),
    FixedInDegree(40, allow_multapses=False),
    FixedOutDegree(7),
    FixedOutDegree(40, allow_autapses=False, allow_multapses=False),
    FixedTotalNumber(900),
    SpatialKernel(PLACES, PLACES, Gaussian(0.3)),
)
WEIGHT, DELAY = Normal(1.0, 0.2), Uniform(0.1, 0.5)


def joined(builder: Any, n_pre: int, n_post: int, weight: Any = WEIGHT, delay: Any = DELAY, **options: Any) -> Synapses:
    given = {"dt": 0.1, "seed": 1, "name": "p", **options}
    return build(builder, n_pre, n_post, weight, delay, **given)


def same(a: Synapses, b: Synapses) -> bool:
    return all(bool((x == y).all()) for x, y in zip(parts(a), parts(b), strict=True))


def parts(s: Synapses) -> tuple[Any, ...]:
    return s.row_ptr, s.post, s.delay, s.weight


@pytest.mark.parametrize("builder", BUILDERS, ids=lambda b: type(b).__name__)
@pytest.mark.parametrize("threads", [2, 3])
def test_the_number_of_threads_changes_nothing(builder: Any, threads: int) -> None:
    one = joined(builder, 60, 60, recurrent=True)
    assert same(one, joined(builder, 60, 60, recurrent=True, threads=threads))


def test_many_chunks_and_threads_change_nothing() -> None:
    for builder in (FixedTotalNumber(700_000), FixedProbability(0.2), FixedInDegree(400)):
        assert same(joined(builder, 1700, 1800), joined(builder, 1700, 1800, threads=3))


@settings(max_examples=40, deadline=None)
@given(which=st.integers(0, len(BUILDERS) - 1), cuts=st.sets(st.integers(1, 59), max_size=6))
def test_rows_can_be_drawn_in_any_pieces(which: int, cuts: set[int]) -> None:
    plan = prepare(BUILDERS[which], Pair("p", 60, 60, True, 1), WEIGHT, DELAY, 0.1, {})
    whole = joined(BUILDERS[which], 60, 60, recurrent=True)
    edges = [0, *sorted(cuts), 60]
    spans = list(pairwise(edges))
    pieces = [draw(plan, plan.rows.window(a, b), a, b, canonical=True) for a, b in reversed(spans)][::-1]
    for field in ("post", "delay", "weight"):
        assert (np.concatenate([getattr(piece, field) for piece in pieces]) == getattr(whole, field)).all()


@pytest.mark.parametrize("builder", BUILDERS, ids=lambda b: type(b).__name__)
def test_rows_ascend_by_target_then_delay(builder: Any) -> None:
    s = joined(builder, 60, 60)
    assert (np.lexsort((s.delay, s.post, s.pre)) == np.arange(len(s))).all()


def test_the_seed_and_the_name_change_everything_else_nothing() -> None:
    one = joined(FixedTotalNumber(900), 60, 60)
    assert same(one, joined(FixedTotalNumber(900), 60, 60))
    for options in ({"seed": 2}, {"seed": 1 + 2**32}, {"name": "q"}):
        other = joined(FixedTotalNumber(900), 60, 60, **options)
        assert (one.post != other.post).any()
        assert not np.intersect1d(one.weight, other.weight).size > 5


@pytest.mark.parametrize(
    ("weight", "law"),
    [
        (Normal(2.0, 0.5), stats.norm(2.0, 0.5)),
        (Normal(0.0, 1.0, low=0.0), stats.halfnorm()),
        (Uniform(-1.0, 2.0), stats.uniform(-1.0, 3.0)),
        (LogNormal(0.0, 1.0), stats.lognorm(1.0)),
    ],
)
def test_weights_follow_their_distribution(weight: Any, law: Any) -> None:
    synapses = joined(FixedOutDegree(200), 500, 300, weight=weight)
    assert stats.kstest(synapses.weight.astype(float), law.cdf).pvalue > UNLIKELY


def test_delays_follow_their_distribution() -> None:
    synapses = joined(FixedOutDegree(200), 500, 300, delay=Normal(1.5, 0.75, low=0.05, high=4.05))
    law = stats.truncnorm((0.05 - 1.5) / 0.75, (4.05 - 1.5) / 0.75, 1.5, 0.75)
    expected = np.diff(law.cdf((np.arange(42) + 0.5) * 0.1))[:40] * len(synapses)
    assert stats.chisquare(np.bincount(synapses.delay, minlength=41)[1:], expected).pvalue > UNLIKELY


def test_target_weight_and_delay_are_independent() -> None:
    s = joined(FixedTotalNumber(100_000), 100, 100)
    columns = np.stack((s.pre.astype(float), s.post.astype(float), s.weight.astype(float), s.delay.astype(float)))
    correlation = np.corrcoef(columns)[~np.eye(4, dtype=bool)]
    assert np.abs(correlation).max() < 4.0 / np.sqrt(100_000)
    lagged = np.corrcoef(s.weight[1:].astype(float), s.weight[:-1].astype(float))[0, 1]
    assert abs(lagged) < 4.0 / np.sqrt(100_000)


def test_numbers_given_in_canonical_order_come_back_in_it() -> None:
    drawn = joined(FixedTotalNumber(5000), 20, 20)  # 12 synapses to a pair
    again = joined(FixedTotalNumber(5000), 20, 20, weight=drawn.weight)
    assert same(drawn, again)
    again = joined(FixedTotalNumber(5000), 20, 20, weight=drawn.weight, delay=drawn.delay * 0.1)
    assert same(drawn, again)


def test_given_delays_order_the_multapses_and_take_their_weights_along() -> None:
    synapses = joined(FixedOutDegree(3), 1, 1, weight=[1.0, 2.0, 3.0], delay=[0.3, 0.1, 0.2])
    assert synapses.delay.tolist() == [1, 2, 3]
    assert synapses.weight.tolist() == [2.0, 3.0, 1.0]


def test_delays_take_two_bytes_only_where_they_must() -> None:
    assert joined(OneToOne(), 2, 2, delay=25.5).delay.dtype == np.uint8
    assert joined(OneToOne(), 2, 2, delay=25.6).delay.dtype == np.uint16


def test_degrees_and_the_sparse_matrix_agree_with_the_list() -> None:
    s = joined(FixedTotalNumber(900), 30, 20)
    dense = np.zeros((30, 20))
    np.add.at(dense, (s.pre, s.post), s.weight.astype(float))
    assert to_scipy(s).toarray() == pytest.approx(dense, rel=1e-5)
    assert out_degree(s).tolist() == [int((s.pre == i).sum()) for i in range(30)]
    assert in_degree(s).tolist() == [int((s.post == j).sum()) for j in range(20)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight": float("nan")}, "projection 'p'.weight: expected 0 or a magnitude from 1e-30 to 1e+30, got nan"),
        ({"weight": [1.0]}, "projection 'p'.weight: expected 3 numbers, got 1"),
        ({"delay": [1.0] * 4}, "projection 'p'.delay: expected 3 numbers, got 4"),
        ({"delay": 0.05}, "projection 'p'.delay: expected a delay from 0.1 (one step) to 6553.5 ms, got 0.05 ms"),
        ({"weight": None}, "projection 'p'.weight: expected a number, a distribution or an array, got none"),
        ({"delay": None}, "projection 'p'.delay: expected a number, a distribution or an array, got none"),
        ({"dt": 0.0}, "projection 'p'.dt: expected a time step > 0 ms, got 0.0"),
        ({"seed": -1}, "projection 'p'.seed: expected a whole number in [0, 2**64), got -1"),
        ({"threads": 0}, "projection 'p'.threads: expected a whole number >= 1, got 0"),
    ],
)
def test_what_cannot_be_built_names_its_projection(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        joined(OneToOne(), 3, 3, **options)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("recurrent", [False, True])
def test_a_matrix_of_all_to_all_means_its_rows_one_after_the_other(recurrent: bool) -> None:
    n_pre, n_post = (4, 4) if recurrent else (3, 5)
    weight = np.arange(n_pre * n_post).reshape(n_pre, n_post) * 0.5
    delay = 0.1 + 0.1 * np.arange(n_pre * n_post).reshape(n_post, n_pre).T
    options = {"recurrent": recurrent}
    drawn = joined(AllToAll(), n_pre, n_post, weight, delay, **options)
    assert same(drawn, joined(AllToAll(), n_pre, n_post, weight.ravel(), delay.ravel(), **options))
    assert same(drawn, joined(AllToAll(), n_pre, n_post, weight.tolist(), delay, **options))
    for i, j in np.ndindex(n_pre, n_post):
        at = (drawn.pre == i) & (drawn.post == j)
        assert drawn.weight[at].tolist() == [weight[i, j]]
        assert drawn.delay[at].tolist() == [round(float(delay[i, j]) / 0.1)]


@pytest.mark.parametrize("field", ["weight", "delay"])
@pytest.mark.parametrize(
    ("builder", "shape", "recurrent", "line"),
    [
        (
            AllToAll(),
            (5, 3),
            False,
            "one number per synapse, as shape (3, 5) or in one dimension, got shape (5, 3)",
        ),
        (
            AllToAll(allow_autapses=False),
            (4, 4),
            True,
            "one number per synapse, got shape (4, 4); a matrix [pre, post] suits AllToAll with autapses",
        ),
        (
            FixedProbability(1.0),
            (3, 5),
            False,
            "one number per synapse, got shape (3, 5); a matrix [pre, post] suits AllToAll with autapses",
        ),
    ],
)
def test_any_other_matrix_is_refused_with_what_is_expected(
    field: str, builder: Any, shape: tuple[int, int], recurrent: bool, line: str
) -> None:
    sizes = shape if shape != (5, 3) else (3, 5)
    options: dict[str, Any] = {field: np.ones(shape)}
    with pytest.raises(InputError) as caught:
        joined(builder, *sizes, **options, recurrent=recurrent)
    assert str(caught.value) == f"projection 'p'.{field}: expected a number, a distribution or {line}"
