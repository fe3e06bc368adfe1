"""Rules for pairs of spikes against their windows, and against sums over all pairs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable

import numpy as np
import pytest
from numpy import exp

from neurosim.rules import InhibitorySTDP, NearestPairSTDP, PairSTDP, SymmetricSTDP, WeightDependentSTDP
from tests.rules.spike_trains import Times, random_times, weights_after

LAGS = [-60.0, -0.5, 0.0, 0.5, 60.0]  # ms from the presynaptic spike to the postsynaptic one


def hat(lag: float) -> float:
    """The symmetric window of the tests: 0.3 and 0.1 high, 10 and 40 ms wide."""
    return float(0.3 * exp(-abs(lag) / 10.0) - 0.1 * exp(-abs(lag) / 40.0))


def summed(change: Callable[[list[float], list[float]], float], pre: Times, post: Times) -> np.ndarray:
    """0.5 and the ``change`` of each pair of neurons, (n_pre, n_post)."""
    return np.array([[0.5 + change(own, other) for other in post] for own in pre])


@pytest.mark.parametrize("lag", LAGS)
def test_one_pair_changes_the_weight_by_the_window_of_its_rule(lag: float) -> None:
    causal = lag >= 0
    span = 2.0
    windows = {
        NearestPairSTDP(w_max=2.0, a_plus=0.1, a_minus=0.3, tau_plus=10.0, tau_minus=40.0): 0.1 * exp(-lag / 10.0)
        if causal
        else -0.3 * exp(lag / 40.0),
        SymmetricSTDP(w_max=2.0, a_near=0.3, a_far=0.1, tau_near=10.0, tau_far=40.0): hat(lag),
        InhibitorySTDP(w_max=2.0, eta=0.1, target_rate=5.0, tau=20.0): 0.1 * (exp(-abs(lag) / 20.0) - 0.2),
        WeightDependentSTDP(w_max=2.0, mu_plus=0.4, mu_minus=0.7, eta=0.1, alpha=1.5): span
        * 0.1
        * 0.75**0.4
        * exp(-lag / 20.0)
        if causal
        else -span * 0.1 * 1.5 * 0.25**0.7 * exp(lag / 20.0),
    }
    for rule, change in windows.items():
        found = weights_after(rule, [[100.0]], [[100.0 + lag]])[0, 0]
        assert found == pytest.approx(0.5 + change, rel=1e-12), rule.name


def test_each_spike_pairs_with_the_nearest_before_it() -> None:
    pre, post = random_times(1, 5), random_times(2, 4)
    rule = NearestPairSTDP(w_max=50.0, w_min=-50.0, a_plus=0.11, a_minus=0.17, tau_plus=16.8, tau_minus=33.7)

    def change(own: list[float], other: list[float]) -> float:
        grown = [t - own[bisect_right(own, t) - 1] for t in other if own[0] <= t]
        shrunk = [t - other[bisect_left(other, t) - 1] for t in own if other[0] < t]
        return float(0.11 * exp(-np.array(grown) / 16.8).sum() - 0.17 * exp(-np.array(shrunk) / 33.7).sum())

    np.testing.assert_allclose(weights_after(rule, pre, post), summed(change, pre, post), rtol=1e-11)


def test_symmetric_stdp_is_the_sum_of_its_window_over_all_pairs() -> None:
    pre, post = random_times(3, 5), random_times(4, 4)
    rule = SymmetricSTDP(w_max=50.0, w_min=-50.0, a_near=0.3, a_far=0.1, tau_near=10.0, tau_far=40.0)
    expected = summed(lambda own, other: sum(hat(b - a) for a in own for b in other), pre, post)
    np.testing.assert_allclose(weights_after(rule, pre, post), expected, rtol=1e-11)


@pytest.mark.parametrize("eta", [0.1, -0.1])
def test_inhibitory_stdp_is_the_sum_over_pairs_less_alpha_per_presynaptic_spike(eta: float) -> None:
    pre, post = random_times(5, 5), random_times(6, 4)
    rule = InhibitorySTDP(w_max=50.0, w_min=-50.0, eta=eta, target_rate=4.0, tau=25.0)

    def change(own: list[float], other: list[float]) -> float:
        return float(eta * (sum(exp(-abs(b - a) / 25.0) for a in own for b in other) - 0.2 * len(own)))

    np.testing.assert_allclose(weights_after(rule, pre, post), summed(change, pre, post), rtol=1e-11)


@pytest.mark.parametrize(("mu_plus", "mu_minus"), [(0.0, 0.0), (0.02, 0.02), (0.4, 0.7), (1.0, 1.0), (0.0, 1.0)])
def test_the_weight_goes_event_by_event_as_its_powers_say(mu_plus: float, mu_minus: float) -> None:
    pre, post = random_times(7, 4), random_times(8, 4)
    rule = WeightDependentSTDP(
        w_max=2.5, w_min=0.5, mu_plus=mu_plus, mu_minus=mu_minus, eta=0.2, tau_plus=15.0, tau_minus=30.0
    )

    def change(own: list[float], other: list[float]) -> float:
        s = 0.0  # 0.5 is w_min
        for time, after in sorted([(t, False) for t in own] + [(t, True) for t in other]):
            x = sum(exp(-(time - t) / 15.0) for t in own if t <= time)
            y = sum(exp(-(time - t) / 30.0) for t in other if t < time)
            s += 0.2 * (1 - s) ** mu_plus * x if after else -0.2 * 1.05 * s**mu_minus * y
            s = min(max(s, 0.0), 1.0)
        return 2.0 * s

    found = weights_after(rule, pre, post)
    assert np.ptp(found) > 0.5
    np.testing.assert_allclose(found, summed(change, pre, post), rtol=1e-10)


def test_without_powers_the_weight_does_not_matter() -> None:
    """mu = 0 is the rule of Song, Miller & Abbott (2000)."""
    pre, post = random_times(9, 4), random_times(10, 4)
    additive = WeightDependentSTDP(w_max=1.0, mu_plus=0.0, mu_minus=0.0, eta=0.005)
    np.testing.assert_allclose(
        weights_after(additive, pre, post), weights_after(PairSTDP(w_max=1.0), pre, post), rtol=1e-12
    )
