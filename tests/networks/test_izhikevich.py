"""The network of the simple model against a program of its own."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.networks.izhikevich import Izhikevich

SECOND = 1000.0  # ms


def program(seed: int, h: float = 0.1) -> tuple[float, float]:
    """The rates in Hz of the excitatory and the inhibitory cells over a second, by forward Euler with steps of h ms."""
    rng = np.random.default_rng(seed)
    excitatory, inhibitory = rng.random(800), rng.random(200)
    a = np.concatenate((np.full(800, 0.02), 0.02 + 0.08 * inhibitory))
    b = np.concatenate((np.full(800, 0.2), 0.25 - 0.05 * inhibitory))
    c = np.concatenate((-65 + 15 * excitatory**2, np.full(200, -65.0)))
    d = np.concatenate((8 - 6 * excitatory**2, np.full(200, 2.0)))
    weights = np.concatenate((0.5 * rng.random((800, 1000)), -rng.random((200, 1000))))  # [pre, post]
    noise = np.repeat((5.0, 2.0), (800, 200)) * np.sqrt(h)
    v = np.full(1000, -65.0)
    u = b * v
    delay = round(1.0 / h)
    under_way = np.zeros((delay, 1000))
    counts = np.zeros(1000)
    for step in range(round(SECOND / h)):
        change = h * (0.04 * v * v + 5 * v + 140 - u)
        u += h * a * (b * v - u)
        v += change + noise * rng.standard_normal(1000) + under_way[step % delay]
        fired = np.flatnonzero(v >= 30.0)
        under_way[step % delay] = weights[fired].sum(axis=0)
        v[fired] = c[fired]
        u[fired] += d[fired]
        counts[fired] += 1
    return counts[:800].mean(), counts[800:].mean()


def ours(seed: int, dt: float) -> tuple[float, float]:
    """The same two rates."""
    net = Izhikevich().build(seed)
    net.record(net.populations, "spikes")
    run = net.run(SECOND, dt=dt)
    return len(run.spikes("exc").times) / 800, len(run.spikes("inh").times) / 200


def test_the_rates_are_those_of_an_independent_program_at_any_step() -> None:
    expected = np.mean([program(seed) for seed in (1, 2)], axis=0)
    for dt in (0.1, 0.5):
        assert np.mean([ours(seed, dt) for seed in range(4)], axis=0) == pytest.approx(expected, rel=0.06)
