"""Spiking network CUBA: 4000 randomly connected neurons with exponential currents and self-sustained activity.

Four in five are excitatory; every pair is connected with probability 0.02. Source: Vogels & Abbott (2005),
J. Neurosci. 25:10786, as benchmark 2 of Brette et al. (2007), J. Comput. Neurosci. 23:349, in the form that Brian2
distributes: potentials jump by 1.62 and -9 mV per ms of current, here 16.2 and -90 pA through 0.1 GOhm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from neurosim.connectivity import FixedProbability, Uniform
from neurosim.core.errors import InputError
from neurosim.neurons import LIFTwoCurrents
from neurosim.simulation.network import Network

EXCITATORY, INHIBITORY = 3200, 800
PROBABILITY = 0.02
WEIGHT_E, WEIGHT_I = 16.2, -90.0  # pA


@dataclass(frozen=True, kw_only=True)
class Cuba:
    """The CUBA benchmark network; the head of this file describes it.

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
    >>> [population.size for population in Cuba(scale=0.1).build(1).populations]
    [320, 80]
    """

    scale: float = 1.0
    delay: float = 0.1

    def __post_init__(self) -> None:
        if not PROBABILITY <= self.scale < math.inf:
            raise InputError(f"cuba.scale: expected at least {PROBABILITY}, all pairs connected, got {self.scale}")

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
        start = {"v": Uniform(-60.0, -50.0)}  # between reset and threshold
        exc = net.population("exc", round(EXCITATORY * self.scale), LIFTwoCurrents(), start)
        inh = net.population("inh", round(INHIBITORY * self.scale), LIFTwoCurrents(), start)
        joined = FixedProbability(PROBABILITY / self.scale)
        for post in (exc, inh):
            net.connect(exc, post, joined, to="i_e", weight=WEIGHT_E, delay=self.delay)
            net.connect(inh, post, joined, to="i_i", weight=WEIGHT_I, delay=self.delay)
        return net
