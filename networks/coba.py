"""Spiking network COBA: 4000 randomly connected neurons with exponential conductances and self-sustained activity.

Four in five are excitatory; every pair is connected with probability 0.02. Source: Vogels & Abbott (2005),
J. Neurosci. 25:10786, as benchmark 1 of Brette et al. (2007), J. Comput. Neurosci. 23:349, in the form that Brian2
distributes: conductances jump by 0.6 and 6.7 times the leak of 10 nS. Activity is bistable: from the initial values
of that form, g_e of 40 (15) and g_i of 200 (120) nS, one network in eight falls silent, from ours none in a hundred.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from neurosim.connectivity import FixedProbability, Normal
from neurosim.core.errors import InputError
from neurosim.neurons import LIFConductance
from neurosim.simulation.network import Network

EXCITATORY, INHIBITORY = 3200, 800
PROBABILITY = 0.02
WEIGHT_E, WEIGHT_I = 6.0, 67.0  # nS


@dataclass(frozen=True, kw_only=True)
class Coba:
    """The COBA benchmark network; the head of this file describes it.

    Parameters
    ----------
    scale : float
        Multiplies the numbers of neurons; the number of synapses of each neuron stays. At least 0.02.
    delay : float
        Delay of all synapses, in ms.

    Raises
    ------
    InputError
        ``scale`` is out of range.

    Examples
    --------
    >>> [population.size for population in Coba(scale=0.1).build(1).populations]
    [320, 80]
    """

    scale: float = 1.0
    delay: float = 0.1

    def __post_init__(self) -> None:
        if not PROBABILITY <= self.scale < math.inf:
            raise InputError(f"coba.scale: expected at least {PROBABILITY}, all pairs connected, got {self.scale}")

    def build(self, seed: int = 0) -> Network:
        """The populations exc and inh, without external drive.

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
        start = {
            "v": Normal(-65.0, 5.0),
            "g_e": Normal(25.0, 15.0, low=0.0, clip=True),
            "g_i": Normal(200.0, 150.0, low=0.0, clip=True),
        }
        exc = net.population("exc", round(EXCITATORY * self.scale), LIFConductance(), start)
        inh = net.population("inh", round(INHIBITORY * self.scale), LIFConductance(), start)
        joined = FixedProbability(PROBABILITY / self.scale)
        for post in (exc, inh):
            net.connect(exc, post, joined, to="g_e", weight=WEIGHT_E, delay=self.delay)
            net.connect(inh, post, joined, to="g_i", weight=WEIGHT_I, delay=self.delay)
        return net
