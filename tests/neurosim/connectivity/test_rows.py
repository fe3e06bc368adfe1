"""Work shared out among threads."""

from __future__ import annotations

import pytest

from neurosim.connectivity.rows import PURPOSES, Pair, in_threads
from neurosim.core.rng import stream_id


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_order(threads: int) -> None:
    assert list(in_threads(lambda x: x * x, range(20), threads)) == [x * x for x in range(20)]


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_any_thread_reaches_the_caller(threads: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda x: 1 // (x - 3), range(8), threads))


def test_each_purpose_has_a_stream_named_after_projection_and_purpose() -> None:
    pair = Pair("exc to inh", 1, 1, False, 1)
    assert [int(pair.stream(purpose)) for purpose in PURPOSES] == [stream_id(f"exc to inh/{p}") for p in PURPOSES]
    assert len({int(pair.stream(purpose)) for purpose in PURPOSES}) == len(PURPOSES)
