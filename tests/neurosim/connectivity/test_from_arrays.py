"""FromArrays: listed synapses keep their weights and delays through every reordering."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from neurosim.connectivity.from_arrays import FromArrays
from neurosim.connectivity.synapses import build, to_scipy
from neurosim.core.errors import InputError

SYNAPSES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6), st.integers(-9, 9), st.integers(1, 4)), max_size=40)


@settings(max_examples=60, deadline=None)
@given(listed=SYNAPSES)
def test_the_canonical_order_is_source_target_delay_then_as_given(listed: list[tuple[int, int, int, int]]) -> None:
    pre, post, weight, delay = (np.array([row[i] for row in listed], int) for i in range(4))
    synapses = build(FromArrays(pre, post, weight, delay * 0.5), 5, 7, dt=0.5, seed=1, name="a")
    expected = sorted(listed, key=lambda row: (row[0], row[1], row[3]))  # stable, as the order must be
    got = zip(
        synapses.pre.tolist(), synapses.post.tolist(), synapses.weight.tolist(), synapses.delay.tolist(), strict=True
    )
    assert list(got) == expected


def test_a_sparse_matrix_comes_back() -> None:
    matrix = sparse.random_array((30, 20), density=0.2, rng=np.random.default_rng(1), dtype=np.float32, format="csr")
    synapses = build(FromArrays.of(matrix), 30, 20, delay=1.0, dt=0.1, seed=1, name="a")
    assert (to_scipy(synapses) != matrix).nnz == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FromArrays([0, 1], [0]), "FromArrays: expected arrays of one length, got 2, 1"),
        (lambda: FromArrays([0.5], [0]), "FromArrays.pre: expected whole numbers in one dimension, got float64 (1,)"),
        (lambda: FromArrays([0], [[0]]), "FromArrays.post: expected whole numbers in one dimension, got int64 (1, 1)"),
        (
            lambda: build(FromArrays([0, 5], [0, 0]), 5, 1, 1.0, 1.0, dt=0.1, seed=1, name="a"),
            "projection 'a': FromArrays.pre expected numbers in [0, 5), got 5 at 1",
        ),
        (
            lambda: build(FromArrays([0], [-1]), 5, 1, 1.0, 1.0, dt=0.1, seed=1, name="a"),
            "projection 'a': FromArrays.post expected numbers in [0, 1), got -1 at 0",
        ),
        (
            lambda: build(FromArrays([0], [0], weight=[1.0]), 5, 1, 1.0, 1.0, dt=0.1, seed=1, name="a"),
            "projection 'a'.weight: expected it in connect or in FromArrays, got both; remove one",
        ),
        (
            lambda: build(FromArrays([0], [0], weight=[float("nan")]), 5, 1, None, 1.0, dt=0.1, seed=1, name="a"),
            "projection 'a'.weight: expected finite numbers, got nan for synapse 0",
        ),
        (
            lambda: build(FromArrays([0], [0], delay=[0.01]), 5, 1, 1.0, dt=0.1, seed=1, name="a"),
            "projection 'a'.delay: expected a delay from 0.1 (one step) to 6553.5 ms, got 0.01 ms; lengthen it or "
            "choose another dt",
        ),
    ],
)
def test_what_lists_no_synapses_is_refused_in_one_line(make: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        make()
    assert str(error.value) == message
