"""Spiking network: sparse balanced excitation and inhibition, driven by noise. Source: Brunel (2000), J. Comput.
Neurosci. 8:183, model A.

Potentials jump at a spike by J or -g J after a delay; each neuron has fixed numbers of excitatory, inhibitory and
external synapses. The external rate is eta times the one whose mean input alone reaches the threshold. The regime
depends on g and eta; those of the paper's figure 8 are its `REGIMES`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from neurosim.connectivity import FixedInDegree, Uniform
from neurosim.core.errors import InputError
from neurosim.neurons import LIFDelta
from neurosim.simulation.network import Network

EXCITATORY, INHIBITORY = 10_000, 2_500
FROM_EXCITATORY, FROM_INHIBITORY = 1_000, 250  # synapses of each neuron; as many external as excitatory ones
JUMP = 0.1  # mV
THRESHOLD, RESET, REFRACTORY, TAU = 20.0, 10.0, 2.0, 20.0  # mV above rest, mV, ms, ms
DELAY = 1.5  # ms
REGIMES: Final = MappingProxyType(  # g and eta of figure 8, A to D
    {
        "synchronous regular": (3.0, 2.0),
        "synchronous irregular, fast": (6.0, 4.0),
        "asynchronous irregular": (5.0, 2.0),
        "synchronous irregular, slow": (4.5, 0.9),
    }
)


@dataclass(frozen=True, kw_only=True)
class Brunel:
    """Brunel's sparse balanced network; the head of this file describes it.

    Parameters
    ----------
    g : float
        Weight of inhibitory synapses relative to that of excitatory ones, >= 0.
    eta : float
        External rate relative to the one whose mean input reaches the threshold, >= 0.
    scale : float
        Multiplies the numbers of neurons; the number of synapses of each neuron stays.

    Raises
    ------
    InputError
        A parameter is out of range.

    Examples
    --------
    >>> [population.size for population in Brunel(scale=0.1).build(1).populations]
    [1000, 250]
    >>> g, eta = REGIMES["synchronous irregular, fast"]
    >>> Brunel(g=g, eta=eta).external_rate
    40000.0
    """

    g: float = 5.0
    eta: float = 2.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.scale * INHIBITORY < math.inf:
            raise InputError(f"brunel.scale: expected a number >= {1 / INHIBITORY}, got {self.scale}")
        for name, value in (("g", self.g), ("eta", self.eta)):
            if not 0 <= value < math.inf:
                raise InputError(f"brunel.{name}: expected a number >= 0, got {value}")

    @property
    def external_rate(self) -> float:
        """The rate of external events per neuron, in Hz."""
        return 1e3 * self.eta * THRESHOLD / (JUMP * TAU)

    def build(self, seed: int = 0) -> Network:
        """The populations exc and inh, with initial potentials uniform between rest and threshold.

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
        neuron = LIFDelta(tau_m=TAU, v_th=THRESHOLD, v_reset=RESET, t_ref=REFRACTORY)
        start = {"v": Uniform(0.0, THRESHOLD)}
        exc = net.population("exc", round(EXCITATORY * self.scale), neuron, start)
        inh = net.population("inh", round(INHIBITORY * self.scale), neuron, start)
        for post in (exc, inh):
            net.connect(exc, post, FixedInDegree(FROM_EXCITATORY), weight=JUMP, delay=DELAY)
            net.connect(inh, post, FixedInDegree(FROM_INHIBITORY), weight=-self.g * JUMP, delay=DELAY)
            net.drive(post, self.external_rate, JUMP)
        return net
