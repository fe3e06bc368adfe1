"""Florian's network: its synapses do what a program of his equations does, and reward makes it answer XOR."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.equations import SynapticRule
from neurosim.networks import FlorianXor
from neurosim.networks.florian_xor import input_rates
from neurosim.rules import ModulatedSTDP, RewardSTDP
from runs.accept.reward_xor import has_learned, learn, mstdpet, untrained

STEPS, TAU, TAU_Z, AMPLITUDE = 300, 20.0, 25.0, 0.05  # ms, ms, ms, mV


def equations(w: np.ndarray, pre: np.ndarray, post: np.ndarray, rewards: np.ndarray, memory: float) -> np.ndarray:
    """The weights (n_pre, n_post) after spikes (steps, n); the reward of step t + 1 meets the pairs of step t.

    zeta = P_plus f_post + P_minus f_pre; z decays by ``memory`` and gets zeta; w + reward z, within 0 .. 5 or -5 .. 0.
    Of two spikes in one step the presynaptic one comes first, here as in the engine.
    """
    low, high = (0.0, 5.0) if w.mean() > 0 else (-5.0, 0.0)
    plus, minus, z = np.zeros(w.shape), np.zeros(w.shape), np.zeros(w.shape)
    for t in range(len(pre) - 1):
        plus, minus = plus * np.exp(-1 / TAU), minus * np.exp(-1 / TAU)
        zeta = minus * pre[t][:, None]
        plus += AMPLITUDE * pre[t][:, None]
        zeta += plus * post[t]
        minus -= AMPLITUDE * post[t]
        z = memory * z + zeta
        w = np.clip(w + rewards[t + 1] * z, low, high)
    return w


def rule(low: float, high: float) -> SynapticRule:
    return RewardSTDP(w_min=low, w_max=high, a_plus=AMPLITUDE, a_minus=AMPLITUDE, tau_c=TAU_Z)


def forgetful(low: float, high: float) -> SynapticRule:
    return ModulatedSTDP(w_min=low, w_max=high, a_plus=AMPLITUDE)


@pytest.mark.parametrize(("make", "memory"), [(rule, np.exp(-1 / TAU_Z)), (forgetful, 0.0)])
def test_all_weights_are_those_of_the_paper_s_equations(make: object, memory: float) -> None:
    net = FlorianXor(rule=make).build(2)  # type: ignore[arg-type]
    net.record(net.populations, "spikes")
    simulation = net.compile(dt=1.0, backend="reference", precision="float64")
    before = {each.name: simulation.get(each, "w") for each in net.projections}
    rewards = np.random.default_rng(3).choice([-1.0, 0.0, 1.0], STEPS)
    simulation.run(float(STEPS), signals={"reward": rewards})
    spikes = {}
    for each in net.populations:
        found = simulation.spikes(each)
        spikes[each.name] = np.zeros((STEPS, each.size))
        spikes[each.name][np.rint(found.times).astype(int) - 1, found.neurons] = 1.0
    assert spikes["output"].sum() > 5
    for projection in net.projections:
        pre, post = spikes[projection.pre.name], spikes[projection.post.name]
        start = before[projection.name].reshape(pre.shape[1], post.shape[1])
        wanted = equations(start, pre, post, rewards, memory)
        assert np.abs(wanted - start).max() > 0.1
        np.testing.assert_allclose(simulation.get(projection, "w").reshape(start.shape), wanted, rtol=1e-11, atol=1e-12)


def test_hidden_neurons_fire_at_the_rate_of_a_neuron_of_the_paper_s_recursion() -> None:
    """Static weights: u is multiplied by exp(-dt / tau), gets the weights of the last step's spikes, resets to rest."""
    net = FlorianXor().build(4)
    net.record(net.populations, "spikes")
    simulation = net.compile(dt=1.0, backend="reference")
    simulation.run(1000.0)
    fired = {each.name: np.zeros((1000, each.size)) for each in net.populations}
    for name, train in fired.items():
        found = simulation.spikes(name)
        train[np.rint(found.times).astype(int) - 1, found.neurons] = 1.0
    into = sum(
        np.vstack([np.zeros((1, 60)), fired[each.pre.name] @ simulation.get(each, "w").reshape(30, 60)])[:1000]
        for each in net.projections[:2]
    )
    u, count = np.full(60, -70.0), np.zeros(60)
    for inputs in np.asarray(into):
        u = -70.0 + (u + 70.0) * np.exp(-1 / 20.0) + inputs
        count += u >= -54.0
        u[u >= -54.0] = -70.0
    assert count.sum() > 100
    assert fired["hidden"].sum() == pytest.approx(count.sum(), rel=0.01)  # the grid of the weights moves few spikes


def test_half_of_each_input_is_excitatory() -> None:
    assert input_rates(False, True).tolist() == [0.0] * 15 + [40.0] * 15
    net = FlorianXor(rule=rule).build()
    bounds = [(each.rule.values["w_min"], each.rule.values["w_max"]) for each in net.projections if each.rule]
    assert bounds == [(0.0, 5.0), (-5.0, 0.0), (0.0, 5.0)]


def test_reward_turns_the_answers_round() -> None:
    """At first two inputs excite the output more than one; runs/accept asks whether each network learns all four."""
    rates = learn(untrained(mstdpet, 8, seed=1), epochs=9, reward=1.0, seed=1)
    first, last = rates[0].mean(axis=1), rates[-3:].mean(axis=(0, 2))
    assert first[3] > first[1:3].max()
    assert last[1:3].mean() > 1.2 * last[3]


def test_who_answers_xor_has_learned() -> None:
    epoch = np.array([[0.0, 0.0, 0.0], [9.0, 9.0, 2.0], [8.0, 2.0, 8.0], [5.0, 5.0, 5.0]])
    assert has_learned(np.stack([epoch, epoch])).tolist() == [True, False, False]
