"""When threads go together and when one goes on alone."""

from __future__ import annotations

from itertools import pairwise

import pytest

from neurosim.engines.cpu.team import (
    BACKOFF_S,
    FIRST_BACKOFF_S,
    FIRST_PROBE_S,
    MIN_STEPS,
    PROBE_S,
    TRIAL,
    TRIAL_S,
    Scheduler,
)


def test_threads_go_together_until_one_has_waited_too_long() -> None:
    scheduler = Scheduler()
    scheduler.after_together(1.0, stalled=0, seconds=700)
    assert scheduler.together(1.0)
    scheduler.after_together(2.0, stalled=900, seconds=900)
    assert not scheduler.together(2.0)


def test_one_goes_on_alone_for_a_while_if_that_is_quicker() -> None:
    scheduler = Scheduler()
    scheduler.after_together(2.0, stalled=900, seconds=900)
    scheduler.after_alone(2.01, seconds=800)
    scheduler.after_alone(2.011, seconds=1000)  # only the first slice is the trial
    assert not scheduler.together(2.0 + 0.9 * FIRST_BACKOFF_S)
    assert scheduler.together(2.0 + 1.1 * FIRST_BACKOFF_S)


def stalled(scheduler: Scheduler, now: float) -> float:
    """How long one thread goes on alone."""
    scheduler.after_together(now, stalled=900, seconds=900)
    return scheduler.alone_until - now


def test_one_goes_on_alone_for_longer_each_time_and_for_half_a_second_at_last() -> None:
    scheduler = Scheduler()
    backoffs = [stalled(scheduler, 8.0) for _ in range(7)]
    assert backoffs == pytest.approx([min(2.0**trial * FIRST_BACKOFF_S, BACKOFF_S) for trial in range(7)])
    assert backoffs[-1] == pytest.approx(BACKOFF_S)


def test_one_goes_on_alone_for_a_short_while_after_all_went_together_well() -> None:
    scheduler = Scheduler()
    assert stalled(scheduler, 8.0) < stalled(scheduler, 16.0)
    scheduler.after_together(17.0, stalled=0, seconds=700)
    assert stalled(scheduler, 32.0) == pytest.approx(FIRST_BACKOFF_S)


def test_all_go_on_unwatched_if_one_alone_is_slower() -> None:
    scheduler = Scheduler()
    scheduler.after_together(2.0, stalled=900, seconds=900)
    scheduler.after_alone(2.1, seconds=1000)
    assert scheduler.together(2.1)
    assert not scheduler.watched(2.1 + 0.9 * BACKOFF_S)
    assert scheduler.watched(2.1 + 1.1 * BACKOFF_S)


SLICE_S = 0.01


def course(
    scheduler: Scheduler, seconds: float, together: float, alone: float, now: float = 100.0
) -> list[tuple[float, bool]]:
    """When each slice began, and whether all threads did it, where a step takes so many seconds."""
    slices = []
    for number in range(round(seconds / SLICE_S)):
        begin = now + number * SLICE_S
        slices.append((number * SLICE_S, scheduler.together(begin)))
        if slices[-1][1]:
            scheduler.after_together(begin + SLICE_S, 0, together)
        else:
            scheduler.after_alone(begin + SLICE_S, alone)
    return slices


def test_threads_that_are_quicker_together_are_hardly_ever_interrupted() -> None:
    slices = course(Scheduler(), 60.0, together=6e-6, alone=1e-5)
    alone = [time for time, together in slices if not together]
    assert 10 < len(alone) < 25
    assert alone[0] == pytest.approx(FIRST_PROBE_S, abs=2 * SLICE_S)
    assert max(later - earlier for earlier, later in pairwise(alone)) == pytest.approx(PROBE_S, abs=5 * SLICE_S)


def test_threads_that_slow_each_other_down_without_a_hiccup_leave_the_work_to_one() -> None:
    slices = course(Scheduler(), 60.0, together=1.5e-5, alone=1e-5)
    assert sum(together for time, together in slices if time > 1.0) < 0.03 * len(slices)


def test_one_that_is_hardly_quicker_alone_does_not_take_over() -> None:
    slices = course(Scheduler(), 60.0, together=1e-5, alone=9.5e-6)
    assert sum(not together for _, together in slices) < 25


def test_a_silence_of_the_network_is_not_taken_for_quickness() -> None:
    """All are slow before, one is quick while nothing happens, all are quick after that."""
    scheduler = Scheduler()
    scheduler.after_together(1.0, 0, 900)
    scheduler.after_together(1.1 + FIRST_PROBE_S, 0, 900)
    assert not scheduler.together(2.0)
    scheduler.after_alone(2.0, 100)
    assert scheduler.together(2.0)
    scheduler.after_together(2.1, 0, 90)
    assert scheduler.together(2.2)


def test_all_go_together_again_when_the_neighbour_has_left() -> None:
    scheduler = Scheduler()
    course(scheduler, 30.0, together=1.5e-5, alone=1e-5)
    after = course(scheduler, 30.0, together=6e-6, alone=1e-5, now=130.0)
    first = next(time for time, together in after if together and time > PROBE_S)
    assert first < PROBE_S + 5 * SLICE_S
    assert sum(together for time, together in after if time > first) > 0.98 * sum(time > first for time, _ in after)


def test_the_slices_of_a_comparison_are_short() -> None:
    scheduler = Scheduler()
    assert scheduler.max_steps(together=True) > 1 << 40
    assert scheduler.max_steps(together=False) == TRIAL
    for number in range(2):
        scheduler.after_together(100.0 + 2 * number * FIRST_PROBE_S, 0, TRIAL_S / 100)
    assert scheduler.max_steps(together=False) == pytest.approx(100, abs=1)
    scheduler.after_alone(101.0, 1e12)
    assert scheduler.max_steps(together=True) == pytest.approx(100, abs=1)
    scheduler.after_together(102.0, 0, 1e12)
    scheduler.after_together(103.0, 0, 1e12)
    assert scheduler.max_steps(together=False) == MIN_STEPS


def test_a_thread_that_waits_too_long_ends_a_comparison() -> None:
    scheduler = Scheduler()
    scheduler.after_together(1.0, 0, 900)
    scheduler.after_together(2.0, 0, 900)
    scheduler.after_alone(2.0, 800)
    scheduler.after_together(2.1, 900, 900)
    assert not scheduler.together(2.1)
    scheduler.after_alone(2.11, 1000)
    assert scheduler.together(2.11)
    assert scheduler.max_steps(together=True) > 1 << 40
