"""When threads go together and when one goes on alone."""

from __future__ import annotations

from itertools import pairwise

import pytest

from neurosim.engines.cpu.team import FEWEST, FIRST_REST_S, FIRST_SPELL_S, REST_S, SPELL_S, TRIAL, TRIAL_S, Pace


def test_threads_go_together_until_one_has_waited_too_long() -> None:
    pace = Pace()
    pace.after_together(1.0, overtaxed=0, seconds=700)
    assert pace.together(1.0)
    pace.after_together(2.0, overtaxed=900, seconds=900)
    assert not pace.together(2.0)


def test_one_goes_on_alone_for_a_while_if_that_is_quicker() -> None:
    pace = Pace()
    pace.after_together(2.0, overtaxed=900, seconds=900)
    pace.after_alone(2.01, seconds=800)
    pace.after_alone(2.011, seconds=1000)  # only the first slice is the trial
    assert not pace.together(2.0 + 0.9 * FIRST_REST_S)
    assert pace.together(2.0 + 1.1 * FIRST_REST_S)


def overtaxed(pace: Pace, now: float) -> float:
    """How long one thread goes on alone."""
    pace.after_together(now, overtaxed=900, seconds=900)
    return pace.alone_until - now


def test_one_goes_on_alone_for_longer_each_time_and_for_half_a_second_at_last() -> None:
    pace = Pace()
    rests = [overtaxed(pace, 8.0) for _ in range(7)]
    assert rests == pytest.approx([min(2.0**trial * FIRST_REST_S, REST_S) for trial in range(7)])
    assert rests[-1] == pytest.approx(REST_S)


def test_one_goes_on_alone_for_a_short_while_after_all_went_together_well() -> None:
    pace = Pace()
    assert overtaxed(pace, 8.0) < overtaxed(pace, 16.0)
    pace.after_together(17.0, overtaxed=0, seconds=700)
    assert overtaxed(pace, 32.0) == pytest.approx(FIRST_REST_S)


def test_all_go_on_unwatched_if_one_alone_is_slower() -> None:
    pace = Pace()
    pace.after_together(2.0, overtaxed=900, seconds=900)
    pace.after_alone(2.1, seconds=1000)
    assert pace.together(2.1)
    assert not pace.watched(2.1 + 0.9 * REST_S)
    assert pace.watched(2.1 + 1.1 * REST_S)


SLICE_S = 0.01


def course(pace: Pace, seconds: float, together: float, alone: float, now: float = 100.0) -> list[tuple[float, bool]]:
    """When each slice began, and whether all threads did it, where a step takes so many seconds."""
    slices = []
    for number in range(round(seconds / SLICE_S)):
        begin = now + number * SLICE_S
        slices.append((number * SLICE_S, pace.together(begin)))
        if slices[-1][1]:
            pace.after_together(begin + SLICE_S, 0, together)
        else:
            pace.after_alone(begin + SLICE_S, alone)
    return slices


def test_threads_that_are_quicker_together_are_hardly_ever_interrupted() -> None:
    slices = course(Pace(), 60.0, together=6e-6, alone=1e-5)
    alone = [time for time, together in slices if not together]
    assert 10 < len(alone) < 25
    assert alone[0] == pytest.approx(FIRST_SPELL_S, abs=2 * SLICE_S)
    assert max(later - earlier for earlier, later in pairwise(alone)) == pytest.approx(SPELL_S, abs=5 * SLICE_S)


def test_threads_that_slow_each_other_down_without_a_hiccup_leave_the_work_to_one() -> None:
    slices = course(Pace(), 60.0, together=1.5e-5, alone=1e-5)
    assert sum(together for time, together in slices if time > 1.0) < 0.03 * len(slices)


def test_one_that_is_hardly_quicker_alone_does_not_take_over() -> None:
    slices = course(Pace(), 60.0, together=1e-5, alone=9.5e-6)
    assert sum(not together for _, together in slices) < 25


def test_a_silence_of_the_network_is_not_taken_for_quickness() -> None:
    """All are slow before, one is quick while nothing happens, all are quick after that."""
    pace = Pace()
    pace.after_together(1.0, 0, 900)
    pace.after_together(1.1 + FIRST_SPELL_S, 0, 900)
    assert not pace.together(2.0)
    pace.after_alone(2.0, 100)
    assert pace.together(2.0)
    pace.after_together(2.1, 0, 90)
    assert pace.together(2.2)


def test_all_go_together_again_when_the_neighbour_has_left() -> None:
    pace = Pace()
    course(pace, 30.0, together=1.5e-5, alone=1e-5)
    after = course(pace, 30.0, together=6e-6, alone=1e-5, now=130.0)
    first = next(time for time, together in after if together and time > SPELL_S)
    assert first < SPELL_S + 5 * SLICE_S
    assert sum(together for time, together in after if time > first) > 0.98 * sum(time > first for time, _ in after)


def test_the_slices_of_a_comparison_are_short() -> None:
    pace = Pace()
    assert pace.longest(together=True) > 1 << 40
    assert pace.longest(together=False) == TRIAL
    for number in range(2):
        pace.after_together(100.0 + 2 * number * FIRST_SPELL_S, 0, TRIAL_S / 100)
    assert pace.longest(together=False) == pytest.approx(100, abs=1)
    pace.after_alone(101.0, 1e12)
    assert pace.longest(together=True) == pytest.approx(100, abs=1)
    pace.after_together(102.0, 0, 1e12)
    pace.after_together(103.0, 0, 1e12)
    assert pace.longest(together=False) == FEWEST


def test_a_thread_that_waits_too_long_ends_a_comparison() -> None:
    pace = Pace()
    pace.after_together(1.0, 0, 900)
    pace.after_together(2.0, 0, 900)
    pace.after_alone(2.0, 800)
    pace.after_together(2.1, 900, 900)
    assert not pace.together(2.1)
    pace.after_alone(2.11, 1000)
    assert pace.together(2.11)
    assert pace.longest(together=True) > 1 << 40
