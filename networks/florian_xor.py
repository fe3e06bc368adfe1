"""Spiking network: XOR of two rate-coded inputs, learned from a reward for single output spikes.

Each input is 30 Poisson neurons, half excitatory and half inhibitory, that fire at 40 Hz for 1 and are silent for 0.
They project to 60 hidden neurons, and these to the output neuron; every synapse may be plastic and keeps its sign. A
synapse receives the spikes of both its neurons one step later, as in the paper.

Source: Florian (2007), Neural Comput. 19:1468, section 4.2, with the neuron of section 4.1 (Guetig et al., 2003).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neurosim.connectivity import AllToAll, Uniform
from neurosim.equations import SynapticRule
from neurosim.neurons import LIFDelta
from neurosim.simulation.network import Network
from neurosim.simulation.sources import Poisson

INPUTS, HIDDEN = 60, 60
RATE = 40.0  # Hz, of an input that is 1
STRONGEST = 5.0  # mV, of either sign
DELAY = 1.0  # ms, the paper's time step
V_REST, V_TH, TAU_M = -70.0, -54.0, 20.0  # mV, mV, ms; reset to rest, not refractory


@dataclass(frozen=True, kw_only=True)
class FlorianXor:
    """Florian's network for XOR by reward; the head of this file describes it.

    Parameters
    ----------
    rule : callable, optional
        ``rule(w_min, w_max)`` returns the synaptic rule for weights between these bounds, in mV; without it all
        synapses are static.

    Examples
    --------
    >>> [(population.name, population.size) for population in FlorianXor().build(1).populations]
    [('excitation', 30), ('inhibition', 30), ('hidden', 60), ('output', 1)]
    """

    rule: Callable[[float, float], SynapticRule] | None = None

    def build(self, seed: int = 0) -> Network:
        """The populations excitation, inhibition, hidden and output, both inputs at 1; the signal ``reward``.

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
        excitation = net.population("excitation", INPUTS // 2, Poisson(RATE))
        inhibition = net.population("inhibition", INPUTS // 2, Poisson(RATE))
        neuron = LIFDelta(tau_m=TAU_M, v_rest=V_REST, v_th=V_TH, v_reset=V_REST, t_ref=0.0)
        hidden, output = net.population("hidden", HIDDEN, neuron), net.population("output", 1, neuron)
        net.signal("reward")
        for pre, post, low, high in (
            (excitation, hidden, 0.0, STRONGEST),
            (inhibition, hidden, -STRONGEST, 0.0),
            (hidden, output, 0.0, STRONGEST),
        ):
            rule = None if self.rule is None else self.rule(low, high)
            net.connect(
                pre,
                post,
                AllToAll(),
                weight=Uniform(low, high),
                delay=DELAY,
                dendritic_delay=0.0 if rule is None else DELAY,
                rule=rule,
                copies=None if rule is None else "sample",
            )
        return net


def input_rates(first: bool, second: bool) -> npt.NDArray[np.float64]:
    """The rates in Hz (30,) that encode two bits, for ``excitation`` and ``inhibition`` alike."""
    return RATE * np.repeat([float(first), float(second)], INPUTS // 4)
