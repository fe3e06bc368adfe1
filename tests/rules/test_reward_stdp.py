"""Reward-modulated STDP: eligibility times reward summed by hand, and credit that comes seconds later."""

from __future__ import annotations

import numpy as np
import pytest
from numpy import exp

from neurosim.connectivity import OneToOne
from neurosim.core.errors import InputError
from neurosim.neurons import LIF
from neurosim.rules import RewardSTDP
from neurosim.simulation.network import Network
from tests.rules.spike_trains import DT, Times, paired, random_times

UP, DOWN, TAU_UP, TAU_DOWN, TAU_C = 0.11, 0.17, 16.8, 33.7, 120.0
WIDE = {"w_max": 50.0, "w_min": -50.0, "a_plus": UP, "a_minus": DOWN, "tau_plus": TAU_UP, "tau_minus": TAU_DOWN}
REWARDS = {9.5: 1.0, 100.0: 0.7, 100.5: -1.3, 220.0: 2.0, 300.5: -0.4}  # by time in ms
STOP = 301.0


def given(rewards: dict[float, float], stop: float = STOP, dt: float = DT) -> dict[str, np.ndarray]:
    """The signal in each step."""
    signal = np.zeros(round(stop / dt))
    for time, value in rewards.items():
        signal[round(time / dt) - 1] = value
    return {"reward": signal}


def eligibility(own: list[float], other: list[float], now: float) -> float:
    """The sum over the pairs whose later spike is not after ``now``, each as old as that spike."""
    return float(
        sum(
            (UP * exp(-(b - a) / TAU_UP) if a <= b else -DOWN * exp(-(a - b) / TAU_DOWN))
            * exp(-(now - max(a, b)) / TAU_C)
            for a in own
            for b in other
            if max(a, b) <= now
        )
    )


def eligibilities(pre: Times, post: Times, now: float) -> np.ndarray:
    """(n_pre, n_post)"""
    return np.array([[eligibility(own, other, now) for other in post] for own in pre])


def test_each_reward_adds_itself_times_the_eligibility() -> None:
    pre, post = random_times(11, 5), random_times(12, 4)
    simulation = paired(RewardSTDP(**WIDE, tau_c=TAU_C), pre, post)
    simulation.run(STOP, signals=given(REWARDS))
    expected = 0.5 + sum(reward * eligibilities(pre, post, time) for time, reward in REWARDS.items())
    assert np.ptp(expected) > 0.5
    np.testing.assert_allclose(simulation.get("plastic", "w").reshape(5, 4), expected, rtol=1e-11)
    np.testing.assert_allclose(simulation.get("plastic", "c").reshape(5, 4), eligibilities(pre, post, STOP), rtol=1e-11)


def test_nothing_changes_without_a_reward() -> None:
    simulation = paired(RewardSTDP(**WIDE, tau_c=TAU_C), random_times(13, 5), random_times(14, 4))
    simulation.run(STOP)
    assert np.all(simulation.get("plastic", "w") == 0.5)
    assert np.ptp(simulation.get("plastic", "c")) > 0.05


def test_a_reward_counts_once_although_its_value_stays() -> None:
    pre, post = random_times(15, 5), random_times(16, 4)
    simulation = paired(RewardSTDP(**WIDE, tau_c=TAU_C), pre, post)
    simulation.run(150.0)
    simulation.set("reward", "value", 2.0)
    simulation.run(STOP - 150.0)
    expected = 0.5 + 2.0 * eligibilities(pre, post, 150.0 + DT)
    np.testing.assert_allclose(simulation.get("plastic", "w").reshape(5, 4), expected, rtol=1e-11)


def test_a_large_reward_stops_at_the_bounds() -> None:
    simulation = paired(RewardSTDP(w_max=1.0), [[50.0, 200.0]], [[60.0], [190.0]])
    simulation.run(STOP, signals=given({100.0: 1e3, 300.0: 1e3}))
    assert simulation.get("plastic", "w").tolist() == [1.0, 0.0]


def test_the_defaults_are_those_of_izhikevich() -> None:
    """Figure 1 of Izhikevich (2007): areas 1.5 to 1, eligibility of 1 s, weights of at most 4 mV."""
    values = RewardSTDP(w_max=4.0).values
    assert values["a_plus"] == pytest.approx(0.1)
    assert values["a_minus"] == pytest.approx(0.15)
    assert (values["tau_plus"], values["tau_minus"], values["tau_c"]) == (20.0, 20.0, 1000.0)


def test_the_pair_whose_reward_comes_1_to_3_s_later_outgrows_all_others() -> None:
    """Izhikevich (2007): all neurons spike at 1 Hz, the first synapse's pair is rewarded after a random delay.

    In between the others have pairs by chance, but not always the same. Of 100 synapses, that of the pair should gain
    rewards * a_plus * exp(-10 / 20) * mean of exp(-delay / tau_c), to within chance.
    """
    dt, trials, period, neurons = 10.0, 80, 4000.0, 10
    rng = np.random.default_rng(1)
    steps = round(trials * period / dt)

    def spiking(first: np.ndarray) -> Times:
        """At 1 Hz, the first neuron also at these steps."""
        times = [np.flatnonzero(rng.random(steps) < dt / 1000.0) for _ in range(neurons)]
        times[0] = np.union1d(times[0], first)
        return [list((own[own > 5] + 1) * dt) for own in times]

    onsets = np.arange(10, steps, round(period / dt))
    pre, post = spiking(onsets), spiking(onsets + 1)
    delays = rng.uniform(1000.0, 3000.0, trials)
    rewards = dict(zip((onsets + 1) * dt + np.rint(delays / dt) * dt, [0.5] * trials, strict=True))
    simulation = paired(RewardSTDP(w_max=4.0), pre, post, 1.0, dt=dt)
    simulation.run(steps * dt, signals=given(rewards, steps * dt, dt))
    changes = simulation.get("plastic", "w") - 1.0
    spread = changes[1:].std()
    gain = 0.5 * 0.1 * exp(-dt / 20.0) * exp(-delays / 1000.0).sum()
    assert changes[0] > changes[1:].max()
    assert changes[0] == pytest.approx(gain + changes[1:].mean(), abs=4 * spread)


def test_a_network_without_the_signal_is_refused() -> None:
    net = Network()
    cells = net.population("cells", 2, LIF())
    net.connect(cells, cells, OneToOne(), rule=RewardSTDP(w_max=1.0))
    with pytest.raises(InputError, match="reward"):
        net.compile(backend="reference")
