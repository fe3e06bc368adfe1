"""A network whose neurons read signals everywhere that a text may, and what it does when they change."""

from __future__ import annotations

import numpy as np

from neurosim.connectivity import FixedProbability, Uniform
from neurosim.engines.engine import Engine, SignalState
from neurosim.engines.plan import NetworkPlan
from neurosim.equations import NeuronModel
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson
from tests.neurosim.engines.networks import plan_of

STEERED = """
dv/dt = (push + i - v) / tau                : 1      # exact: push stands still during a step
di/dt = -i / tau                            : 1, input
du/dt = gain * (v - u * u) / tau            : 1      # not linear
level = mean(v) * gain                      : 1, shared
spike when v + u >= 0.5 + level
on spike: v = v - gain
refractory 0.5 * tau: hold v
push                                        : 1, signal
gain                                        : 1, signal
tau = 4.0                                   : ms
"""


def steered(seed: int, batch: int) -> NetworkPlan:
    """A population that reads two signals, in its linear part, in the rest, in a shared variable and at spikes."""
    net = Network(seed)
    for name in ("unread", "gain", "push"):
        net.signal(name)
    net.population("in", 60, Poisson(60.0))
    net.population("plain", 200, NeuronModel("dv/dt = -v / tau : 1, input\nspike when v > 1\ntau = 5.0 : ms"))
    net.population("cells", 290, NeuronModel(STEERED, name="steered"), {"v": Uniform(0.0, 0.4)})
    net.connect("in", "cells", FixedProbability(0.3), weight=0.5)
    net.connect("in", "plain", FixedProbability(0.3), weight=0.5)
    net.connect("plain", "cells", FixedProbability(0.1), weight=0.2, delay=0.4)
    return plan_of(net, batch)


def steer(engine: Engine, plan: NetworkPlan) -> list[list[float]]:
    """Spikes and states after signals that change, and differ between samples."""
    random = np.random.default_rng(plan.batch)
    for _ in range(4):
        for number in range(len(plan.signals)):
            values = random.uniform(0.1, 1.0, plan.batch).astype(plan.precision)
            engine.set_signal(number, SignalState(values, np.ones(plan.batch, np.bool_)))
        engine.advance(40)
    spikes = engine.take_spikes()[2]
    return [*(column.tolist() for column in spikes), engine.state(2).ravel().tolist()]
