"""When threads go together and when one goes on alone."""

from __future__ import annotations

import pytest

from neurosim.kernels.cpu.team import FIRST_REST_S, REST_S, Pace


def test_threads_go_together_until_one_has_waited_too_long() -> None:
    pace = Pace()
    pace.after_together(1.0, overtaxed=0)
    assert pace.together(1.0)
    pace.after_together(2.0, overtaxed=900)
    assert not pace.together(2.0)


def test_one_goes_on_alone_for_a_while_if_that_is_quicker() -> None:
    pace = Pace()
    pace.after_together(2.0, overtaxed=900)
    pace.after_alone(2.01, cycles=800)
    pace.after_alone(2.011, cycles=1000)  # only the first slice is the trial
    assert not pace.together(2.0 + 0.9 * FIRST_REST_S)
    assert pace.together(2.0 + 1.1 * FIRST_REST_S)


def overtaxed(pace: Pace, now: float) -> float:
    """How long one thread goes on alone."""
    pace.after_together(now, overtaxed=900)
    return pace.alone_until - now


def test_one_goes_on_alone_for_longer_each_time_and_for_half_a_second_at_last() -> None:
    pace = Pace()
    rests = [overtaxed(pace, 8.0) for _ in range(7)]
    assert rests == pytest.approx([min(2.0**trial * FIRST_REST_S, REST_S) for trial in range(7)])
    assert rests[-1] == pytest.approx(REST_S)


def test_one_goes_on_alone_for_a_short_while_after_all_went_together_well() -> None:
    pace = Pace()
    assert overtaxed(pace, 8.0) < overtaxed(pace, 16.0)
    pace.after_together(17.0, overtaxed=0)
    assert overtaxed(pace, 32.0) == pytest.approx(FIRST_REST_S)


def test_all_go_on_unwatched_if_one_alone_is_slower() -> None:
    pace = Pace()
    pace.after_together(2.0, overtaxed=900)
    pace.after_alone(2.1, cycles=1000)
    assert pace.together(2.1)
    assert not pace.watched(2.1 + 0.9 * REST_S)
    assert pace.watched(2.1 + 1.1 * REST_S)
