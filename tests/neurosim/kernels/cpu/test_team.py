"""When threads go together and when one goes on alone."""

from __future__ import annotations

from neurosim.kernels.cpu.team import REST_S, Pace


def test_threads_go_together_until_one_has_waited_too_long() -> None:
    pace = Pace()
    pace.after_together(1.0, overtaxed=0)
    assert pace.together(1.0)
    pace.after_together(2.0, overtaxed=900)
    assert not pace.together(2.0)


def test_one_goes_on_alone_for_half_a_second_if_that_is_quicker() -> None:
    pace = Pace()
    pace.after_together(2.0, overtaxed=900)
    pace.after_alone(2.1, cycles=800)
    pace.after_alone(2.2, cycles=1000)  # only the first slice is the trial
    assert not pace.together(2.0 + 0.9 * REST_S)
    assert pace.together(2.0 + 1.1 * REST_S)


def test_all_go_on_unwatched_if_one_alone_is_slower() -> None:
    pace = Pace()
    pace.after_together(2.0, overtaxed=900)
    pace.after_alone(2.1, cycles=1000)
    assert pace.together(2.1)
    assert not pace.watched(2.1 + 0.9 * REST_S)
    assert pace.watched(2.1 + 1.1 * REST_S)
