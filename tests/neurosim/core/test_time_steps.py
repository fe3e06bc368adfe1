"""Milliseconds to steps: half-way values go up, whatever binary numbers make of them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.core.time_steps import to_steps, whole_steps

STEPS = (Fraction(1, 10), Fraction(1, 8), Fraction(1, 3), Fraction(7, 100))  # dt in ms


@pytest.mark.parametrize("dt", STEPS)
def test_half_way_times_go_up_as_in_exact_fractions(dt: Fraction) -> None:
    times = [k * dt / 4 for k in range(2000)]  # whole steps, quarters and halves
    exact = [int(time / dt + Fraction(1, 2)) for time in times]
    assert to_steps([float(time) for time in times], float(dt)).tolist() == exact
    assert [to_steps(float(time), float(dt)) for time in times] == exact


@pytest.mark.parametrize("dt", STEPS)
def test_a_multiple_of_dt_is_its_number_of_steps(dt: Fraction) -> None:
    assert [whole_steps("run.ms", float(k * dt), float(dt)) for k in range(1, 1000)] == list(range(1, 1000))


def test_a_time_is_refused_that_is_no_multiple_too_short_or_infinite() -> None:
    for ms, text in ((0.25, "a multiple of dt"), (0.3 + 1e-6, "a multiple of dt"), (0.0, "at least 0.1 ms"),
                     (np.inf, "a finite number")):  # fmt: skip
        with pytest.raises(InputError, match=rf"run.ms: expected {text}"):
            whole_steps("run.ms", ms, 0.1)
    assert whole_steps("run.ms", 0.3 + 1e-8, 0.1) == 3
    assert whole_steps("present.rest", 0.0, 0.1, least=0) == 0
