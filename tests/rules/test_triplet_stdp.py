"""The triplet rule against sums over triplets, and against the experiments that it was fitted to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from numpy import exp

from neurosim.equations import SynapticRule
from neurosim.rules import NearestTripletSTDP, TripletSTDP
from neurosim.rules import triplet_stdp as sets
from tests.rules.spike_trains import random_times, weights_after

RATES = (0.1, 10.0, 20.0, 40.0, 50.0)  # Hz
# Sjostrom, Turrigiano & Nelson (2001), as in table 1 of Pfister & Gerstner (2006): change and its standard error for
# 60 pairs at RATES with the postsynaptic spike 10 ms later, then 10 ms earlier.
CHANGES = (-0.04, 0.14, 0.29, 0.53, 0.56, -0.29, -0.41, -0.34, 0.56, 0.75)
ERRORS = (0.05, 0.10, 0.14, 0.11, 0.26, 0.08, 0.11, 0.10, 0.32, 0.19)
Nearest = Callable[[list[float], float], list[float]]


def up_to(spikes: list[float], time: float) -> list[float]:
    """The spikes that are not after ``time``."""
    return spikes[: bisect_right(spikes, time)]


def before(spikes: list[float], time: float) -> list[float]:
    """The spikes before ``time``."""
    return spikes[: bisect_left(spikes, time)]


@pytest.mark.parametrize(
    ("make", "chosen", "count"),
    [(TripletSTDP, sets.HIPPOCAMPUS, None), (NearestTripletSTDP, sets.VISUAL_CORTEX_NEAREST, 1)],
)
def test_the_change_is_the_sum_over_pairs_and_triplets(
    make: Callable[..., SynapticRule], chosen: Mapping[str, float], count: int | None
) -> None:
    """Of all spikes, or of the last one (``count`` = 1) of each kind."""
    pre, post = random_times(1, 4), random_times(2, 4)

    def trace(spikes: list[float], time: float, tau: float) -> float:
        return float(sum(exp(-(time - t) / tau) for t in spikes[-count if count else None :]))

    def change(own: list[float], other: list[float]) -> float:
        grown = sum(
            trace(up_to(own, t), t, 16.8) * (chosen["a2_plus"] + chosen["a3_plus"] * trace(before(other, t), t, tau_y))
            for t in other
        )
        shrunk = sum(
            trace(before(other, t), t, 33.7)
            * (chosen["a2_minus"] + chosen["a3_minus"] * trace(before(own, t), t, tau_x))
            for t in own
        )
        return 2.0 * (grown - shrunk)

    tau_x, tau_y = chosen["tau_x"], chosen["tau_y"]
    found = weights_after(make(w_max=9.0, w_min=-9.0, w_0=2.0, **chosen), pre, post)
    expected = np.array([[0.5 + change(own, other) for other in post] for own in pre])
    assert np.ptp(expected) > 0.02
    np.testing.assert_allclose(found, expected, rtol=1e-11)


def pairings(rule: SynapticRule, protocols: list[tuple[float, float]]) -> np.ndarray:
    """The change by 60 pairs at a rate in Hz, the postsynaptic spike a lag in ms later than the arrival of the other.

    Pairs of less than 1 Hz do not see each other: ten of them, 2 s apart, do a sixth of what 60 do.
    """
    slow = np.array([rate < 1.0 for rate, _ in protocols])
    pre = [
        [100.0 + k * (2000.0 if rate < 1.0 else 1000.0 / rate) for k in range(10 if rate < 1.0 else 60)]
        for rate, _ in protocols
    ]
    post = [[t + lag for t in times] for times, (_, lag) in zip(pre, protocols, strict=True)]
    return np.where(slow, 6.0, 1.0) * (weights_after(rule, pre, post, weight=1.0, dt=2.5).diagonal() - 1.0)


# how far each fit is from the data: the mean of squares in units of the standard error, Pfister & Gerstner, table 3
@pytest.mark.parametrize(
    ("make", "chosen", "published"),
    [
        (TripletSTDP, sets.VISUAL_CORTEX, 0.33),
        (TripletSTDP, sets.VISUAL_CORTEX_MINIMAL, 0.34),
        (NearestTripletSTDP, sets.VISUAL_CORTEX_NEAREST, 0.22),
        (NearestTripletSTDP, sets.VISUAL_CORTEX_NEAREST_MINIMAL, 0.34),
    ],
)
def test_the_sets_of_the_visual_cortex_fit_the_experiments(
    make: Callable[..., SynapticRule], chosen: Mapping[str, float], published: float
) -> None:
    rule = make(w_max=9.0, w_min=-9.0, w_0=1.0, **chosen)
    changes = pairings(rule, [(rate, lag) for lag in (10.0, -10.0) for rate in RATES])
    distances = (changes - CHANGES) / ERRORS
    assert np.mean(distances**2) == pytest.approx(published, abs=0.02)


def test_potentiation_grows_with_the_rate_from_nothing() -> None:
    """Pfister & Gerstner (2006), figure 4, 10 ms: a rule of pairs would be flat."""
    rule = TripletSTDP(w_max=9.0, w_min=-9.0, w_0=1.0, **sets.VISUAL_CORTEX)
    changes = pairings(rule, [(rate, 10.0) for rate in (0.1, 10.0, 20.0, 40.0, 50.0)])
    assert abs(changes[0]) < 1e-4
    assert np.all(np.diff(changes) > 0)
    assert changes[-1] > 0.5
