"""STDP times reward without eligibility: a reward counts the pairs of its own step, one by one."""

from __future__ import annotations

import numpy as np
from numpy import exp

from neurosim.rules import ModulatedSTDP
from tests.rules.spike_trains import DT, Times, paired, random_times

UP, DOWN, TAU_UP, TAU_DOWN = 0.11, 0.17, 16.8, 33.7
WIDE = {"w_max": 50.0, "w_min": -50.0, "a_plus": UP, "a_minus": DOWN, "tau_plus": TAU_UP, "tau_minus": TAU_DOWN}
STOP = 301.0


def proposed(own: list[float], other: list[float], now: float) -> float:
    """What all pairs propose whose later spike is at ``now``."""
    grown = sum(exp(-(now - t) / TAU_UP) for t in own if t <= now) if now in other else 0.0
    shrunk = sum(exp(-(now - t) / TAU_DOWN) for t in other if t < now) if now in own else 0.0
    return float(UP * grown - DOWN * shrunk)


def expected(pre: Times, post: Times, rewards: np.ndarray) -> np.ndarray:
    """The weights (n_pre, n_post) from 0.5 on, with a reward for each step."""
    times = (np.arange(len(rewards)) + 1) * DT
    return np.array(
        [
            [0.5 + sum(r * proposed(own, other, t) for t, r in zip(times, rewards, strict=True)) for other in post]
            for own in pre
        ]
    )


def test_each_reward_counts_the_pairs_that_are_completed_in_its_step() -> None:
    pre, post = random_times(21, 5), random_times(22, 4)
    rewards = np.random.default_rng(23).normal(size=round(STOP / DT))
    simulation = paired(ModulatedSTDP(**WIDE), pre, post)
    simulation.run(STOP, signals={"reward": rewards})
    wanted = expected(pre, post, rewards)
    assert np.ptp(wanted) > 0.5
    np.testing.assert_allclose(simulation.get("plastic", "w").reshape(5, 4), wanted, rtol=1e-11)


def test_a_reward_one_step_late_pays_nothing() -> None:
    simulation = paired(ModulatedSTDP(**WIDE), [[50.0]], [[60.0]])
    rewards = np.where(np.arange(round(STOP / DT)) == round(60.0 / DT), 1.0, 0.0)  # the step after that of 60 ms
    simulation.run(STOP, signals={"reward": rewards})
    assert simulation.get("plastic", "w").tolist() == [0.5]
    simulation.reset()
    simulation.run(STOP, signals={"reward": np.roll(rewards, -1)})
    np.testing.assert_allclose(simulation.get("plastic", "w"), 0.5 + UP * exp(-10.0 / TAU_UP), rtol=1e-12)


def test_a_constant_reward_of_1_is_plain_stdp() -> None:
    """Florian (2007), section 4.1: without modulation the rule is the additive rule of all pairs."""
    pre, post = random_times(24, 3), random_times(25, 3)
    simulation = paired(ModulatedSTDP(**WIDE), pre, post)
    simulation.run(STOP, signals={"reward": np.ones(round(STOP / DT))})
    pairs = [
        [
            0.5
            + sum(UP * exp((a - b) / TAU_UP) if a <= b else -DOWN * exp((b - a) / TAU_DOWN) for a in own for b in other)
            for other in post
        ]
        for own in pre
    ]
    np.testing.assert_allclose(simulation.get("plastic", "w").reshape(3, 3), pairs, rtol=1e-11)


def test_areas_are_equal_by_default_as_florian_has_them() -> None:
    values = ModulatedSTDP(w_max=5.0, a_plus=0.1).values
    assert (values["a_minus"], values["tau_plus"], values["tau_minus"]) == (0.1, 20.0, 20.0)
