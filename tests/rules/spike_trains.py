"""Plastic synapses between neurons that spike at given times, whatever the synapses do; in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity import AllToAll, OneToOne
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import SpikeTimes

DT = 0.5  # ms
DELAY = 3  # steps, of the plastic synapses
TARGET = NeuronModel("kick : 1, input\ni : pA, input\nspike when kick > 0.5", name="target")
Times = list[list[float]]


def random_times(seed: int, neurons: int, most: int = 12, stop: float = 300.0) -> Times:
    """Up to ``most`` spikes of each neuron in ms, on the grid, not in the first steps."""
    rng = np.random.default_rng(seed)
    steps = np.arange(10, round(stop / DT))
    return [sorted(rng.choice(steps, rng.integers(1, most + 1), replace=False) * DT) for _ in range(neurons)]


def source(times: Times, earlier: float = 0.0) -> SpikeTimes:
    """Neurons that spike at these ``times``, or ``earlier``."""
    pairs = [(time - earlier, neuron) for neuron, own in enumerate(times) for time in own]
    return SpikeTimes([time for time, _ in pairs], np.array([neuron for _, neuron in pairs], np.int64))


def paired(
    rule: SynapticRule, pre: Times, post: Times, weight: Any = 0.5, record: bool = False, dt: float = DT
) -> Simulation:
    """All to all synapses named "plastic"; spikes arrive at the times ``pre``, the targets spike at ``post``."""
    net = Network(seed=3)
    net.population("pre", len(pre), source(pre, earlier=DELAY * dt))
    net.population("kicks", len(post), source(post, earlier=dt))
    net.population("post", len(post), TARGET)
    net.connect("kicks", "post", OneToOne(), to="kick", weight=1.0, delay=dt)
    net.connect("pre", "post", AllToAll(), to="i", rule=rule, name="plastic", weight=weight, delay=DELAY * dt)
    if "reward" in rule.equations.signals:
        net.signal("reward")
    if record:
        net.record("post", "i")
    return net.compile(dt=dt, backend="reference", precision="float64")


def weights_after(
    rule: SynapticRule, pre: Times, post: Times, weight: float = 0.5, dt: float = DT
) -> npt.NDArray[np.float64]:
    """The weights (n_pre, n_post) after all spikes."""
    simulation = paired(rule, pre, post, weight, dt=dt)
    last = max(time for own in (*pre, *post) for time in own)
    simulation.run(last + 2 * dt)
    return np.asarray(simulation.get("plastic", "w")).reshape(len(pre), len(post))
