"""Spiking network STDP: each of 1000 neurons learns the weights of its synapses from 10,000 Poisson inputs.

Source: the neuron of Song, Miller & Abbott (2000), Nat. Neurosci. 3:919, a thousand times and with ten times its
inputs, for measuring speed: their rule, pair STDP of 20 ms with a_plus = 0.005 w_max and a_minus = 1.05 a_plus, and
inputs at 15 Hz. The neurons have currents, which every simulator integrates exactly, and a mean input above threshold,
so that rates agree. A post event arrives two delays later at the synapse, as in NEST, whose delays are all dendritic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from neurosim.connectivity import AllToAll, Uniform
from neurosim.core.errors import InputError
from neurosim.equations import SynapticRule
from neurosim.neurons import LIF
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson

INPUTS, NEURONS = 10_000, 1_000
RATE = 15.0  # Hz
TAU_M, TAU_S = 20.0, 5.0  # ms
W_MAX = 1.1  # pA; half of it is 1.1 times the weight whose mean input reaches the threshold
DELAY = 0.1  # ms
RULE = """
dx/dt = -x / tau_plus    : 1, pre
dy/dt = -y / tau_minus   : 1, post
on pre:  send w; w = clip(w - a_minus * y, w_min, w_max); x = x + 1
on post: w = clip(w + a_plus * x, w_min, w_max); y = y + 1

tau_plus = 20.0          : ms
tau_minus = 20.0         : ms
a_plus                   : w
a_minus                  : w
"""


@dataclass(frozen=True, kw_only=True)
class Stdp:
    """The STDP benchmark network; the head of this file describes it.

    Parameters
    ----------
    scale : float
        Multiplies the number of neurons, each of which receives all inputs.

    Raises
    ------
    InputError
        ``scale`` is out of range.

    Examples
    --------
    >>> [population.size for population in Stdp(scale=0.1).build(1).populations]
    [10000, 100]
    """

    scale: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.scale * NEURONS < math.inf:
            raise InputError(f"stdp.scale: expected a number >= {1 / NEURONS}, got {self.scale}")

    def build(self, seed: int = 0) -> Network:
        """The populations inputs and neurons, with weights uniform between their bounds.

        Parameters
        ----------
        seed : int
            That of the network, which decides all that is drawn.

        Returns
        -------
        Network
            To be recorded, compiled and run.
        """
        net = Network(seed)
        inputs = net.population("inputs", INPUTS, Poisson(RATE))
        neuron = LIF(tau_m=TAU_M, tau_s=TAU_S)
        neurons = net.population("neurons", round(NEURONS * self.scale), neuron, {"v": Uniform(-65.0, -50.0)})
        rule = SynapticRule(
            RULE, name="PairSTDP", w_min=0.0, w_max=W_MAX, a_plus=0.005 * W_MAX, a_minus=0.00525 * W_MAX
        )
        net.connect(
            inputs,
            neurons,
            AllToAll(),
            weight=Uniform(0.0, W_MAX),
            delay=DELAY,
            dendritic_delay=2 * DELAY,
            rule=rule,
            copies="sample",
            name="synapses",
        )
        return net
