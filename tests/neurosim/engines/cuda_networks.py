"""Networks that show what the GPU's kernels may do differently from others."""

from __future__ import annotations

from typing import Any

import numpy as np

import neurosim.neurons
import neurosim.rules
from neurosim.connectivity import AllToAll, FixedProbability, Uniform
from neurosim.equations import NeuronModel
from neurosim.simulation.network import Network
from neurosim.simulation.parts import Graded
from neurosim.simulation.sources import Poisson

COMPETING = """
dv/dt = -v / tau          : 1, input
du/dt = -u / tau          : 1, input
level = mean(gain * v)    : 1, shared
spike when v + u >= 0.4 + level
on spike: v = 0
tau = 10.0                : ms
gain = 1.0                : 1
"""


def competing(seed: int) -> Network:
    """Two populations with a shared variable, two inputs and a parameter per neuron."""
    net = Network(seed)
    gain = np.random.default_rng(seed).uniform(0.5, 1.5, 300)
    net.population("a", 300, NeuronModel(COMPETING, name="competing", gain=gain))
    net.population("b", 70, NeuronModel(COMPETING, name="competing", gain=-2.0 * gain[-70:]))
    net.population("in", 50, Poisson(40.0))
    for post in ("a", "b"):
        net.connect("in", post, FixedProbability(0.2), to="v", weight=0.2)
        net.connect("in", post, FixedProbability(0.1), to="u", weight=0.03, delay=0.3)
    return net


def learning(seed: int) -> Network:
    """Synapses with two rules: pairs of spikes, in common to the samples of a batch; rewarded ones, of each its own."""
    net = Network(seed)
    net.population("in", 60, Poisson(np.linspace(20.0, 120.0, 60)))
    net.population("cells", 300, neurosim.neurons.LIFConductance(), {"v": Uniform(-60.0, -50.0)})
    options: dict[str, Any] = {"weight": Uniform(0.0, 2.0), "delay": Uniform(0.1, 3.0), "to": "g_e"}
    pairs, rewarded = neurosim.rules.PairSTDP(w_max=2.0, a_plus=0.05), neurosim.rules.RewardSTDP(w_max=2.0, a_plus=0.02)
    net.connect("in", "cells", FixedProbability(0.3), rule=pairs, copies="shared", dendritic_delay=0.7, **options)
    net.signal("reward")
    net.connect("cells", "cells", FixedProbability(0.1), rule=rewarded, copies="sample", **options)
    net.drive("cells", 1000.0, 2.0, to="g_e")
    return net


def sending(seed: int) -> Network:
    """States that are sent beside spikes into one input: sparse and of many delays, dense and of one, among themselves.

    Some are clipped. The source is of several blocks, the target of the dense ones of one.
    """
    net = Network(seed)
    net.population("in", 50, Poisson(100.0))
    net.population("cells", 400, neurosim.neurons.LIF(i_ext=260.0), {"v": Uniform(-70.0, -50.0)})
    net.population("few", 20, NeuronModel(COMPETING, name="competing"), {"v": Uniform(-1.0, 1.0)})
    net.connect("in", "cells", FixedProbability(0.3), weight=Uniform(0.0, 150.0), delay=Uniform(0.1, 2.0))
    net.connect("cells", "few", AllToAll(), to="v", weight=Uniform(-0.02, 0.02), delay=0.4)
    graded = Graded("v", bound=0.3)
    net.connect("few", "cells", AllToAll(), graded=graded, weight=Uniform(-90.0, 90.0), delay=0.7, name="back")
    options: dict[str, Any] = {"graded": Graded("v", bound=68.0), "delay": Uniform(0.1, 3.0)}
    net.connect("cells", "cells", FixedProbability(0.1), weight=Uniform(-0.4, 0.3), name="gap", **options)
    return net


def every_neuron(seed: int) -> Network:
    """Each model of the package, driven through each of its inputs."""
    net = Network(seed)
    net.population("in", 100, Poisson(300.0))
    for name in neurosim.neurons.__all__:
        model = getattr(neurosim.neurons, name)()
        net.population(name, 150, model)
        for receptor in model.equations.inputs:
            weight, delay = Uniform(0.0, 30.0), Uniform(0.1, 4.0)
            net.connect("in", name, FixedProbability(0.3), to=receptor, weight=weight, delay=delay)
    return net
