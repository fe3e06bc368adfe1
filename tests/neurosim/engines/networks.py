"""Small random networks that have everything, as plans."""

from __future__ import annotations

import numpy as np

from neurosim.connectivity import FixedProbability, Normal, Uniform
from neurosim.engines.plan import NetworkPlan
from neurosim.equations import NeuronModel
from neurosim.neurons import LIFTwoCurrents
from neurosim.simulation.assemble import Choices, assemble
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson, SpikeTimes

DT = 0.1
NOISY = """
dv/dt = (v_rest - v + i) / tau + sigma * xi / sqrt(tau) : mV
di/dt = -i / tau_s                                       : mV, input
spike when v >= v_th
on spike: v = v_rest
tau = 15.0                                               : ms
tau_s = 3.0                                              : ms
sigma = 8.0                                              : mV
v_rest = -60.0                                           : mV
v_th = -52.0                                             : mV
"""
HELD = NeuronModel("du/dt = -u / tau : 1\nj : 1, input\nspike when j > 1e9\ntau = 10.0 : ms", name="held")
SUM = NeuronModel("dv/dt = 0 / tau : 1, input\nspike when v > 1e9\ntau = 1.0 : ms", name="sum")


def everything(seed: int, batch: int = 1, precision: str = "float32") -> NetworkPlan:
    """Four populations: excitatory, with one threshold per neuron; noisy, without pause; a Poisson and a told source.

    About 1800 neurons, so that the first population has several runs, delays of 1 to 61 steps, positive and
    negative weights, a drive of few and one of many events on one input.
    """
    random = np.random.default_rng(seed)
    net = Network(seed)
    net.population("exc", 1300, LIFTwoCurrents(v_th=random.uniform(-51.0, -49.0, 1300)), {"v": Uniform(-60.0, -50.0)})
    net.population("noisy", 300, NeuronModel(NOISY, name="noisy"), {"v": -60.0})
    net.population("random", 150, Poisson(random.uniform(0.0, 80.0, 150)))
    told = np.unique(random.integers(0, (300, 40), (500, 2)), axis=0)
    net.population("told", 40, SpikeTimes((told[:, 0] + 1) * DT, told[:, 1]))
    for pre, post, to, low, high in (
        ("exc", "exc", "i_e", 0.0, 30.0),
        ("exc", "noisy", "i", 0.0, 4.0),
        ("noisy", "exc", "i_i", -30.0, 0.0),
        ("noisy", "noisy", "i", -3.0, 3.0),
        ("random", "exc", "i_e", 0.0, 30.0),
        ("told", "noisy", "i", 0.0, 8.0),
    ):
        weight, delay = Uniform(low, high), Uniform(0.1, 6.1) if pre == "told" else Normal(1.5, 0.75, low=0.1)
        net.connect(pre, post, FixedProbability(0.03), to=to, weight=weight, delay=delay)
    net.drive("exc", 900.0, 8.0, to="i_e")
    net.drive("exc", 15000.0, -0.25, to="i_i")
    net.drive("noisy", 400.0, 1.0)
    return plan_of(net, batch, precision)


def plan_of(net: Network, batch: int = 1, precision: str = "float32") -> NetworkPlan:
    """The numbers of a network."""
    return assemble(net.declaration, Choices(DT, "reference", 1, batch, precision, net.seed), None, False).plan


TIMED = """
dv/dt = (a * sin(w * t) - v + i) / tau      : mV
du/dt = (wave - u) / tau                    : mV
dy/dt = (cos(w * t) - y**3) / tau           : 1
di/dt = -i / tau                            : mV, input
wave = a * sin(w * t)                       : mV, shared
mean_v = mean(v) + a * exp(-t / tau)        : mV, shared
dq/dt = (mean_v - q) / tau                  : mV
spike when v > v_th + rise * t
on spike: v = -rise * t
a = 1.0                                     : mV
w = 0.4                                     : 1/ms
tau = 10.0                                  : ms
v_th = 0.2                                  : mV
rise = 0.01                                 : mV/ms
"""


def timed(seed: int) -> Network:
    """Neurons that read the time in derivatives, shared variables, threshold and reset, by all but one integrator."""
    net = Network(seed)
    net.population("in", 40, Poisson(80.0))
    for integrator in ("auto", "rk2", "euler"):
        model = NeuronModel(TIMED, name="timed", integrator=integrator)
        net.population(integrator, 300, model, {"v": Uniform(0.0, 0.3)})
        net.connect("in", integrator, FixedProbability(0.1), weight=0.5, delay=0.3, to="i")
    return net
