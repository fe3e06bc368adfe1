"""Spiking network: 1000 cortical neurons with thalamic noise, which shows alpha and gamma rhythms.

Source: Izhikevich (2003), IEEE Trans. Neural Netw. 14:1569, with the program printed there. All pairs are connected;
800 excitatory neurons range from regular spiking to chattering, 200 inhibitory ones from fast spiking to low-threshold.
The program's input lasts one step of 1 ms; here a spike changes the potential at once by the same amount, and the noise
is white with the same variance per ms, so that the time step is free. Rates are a fifth higher than those of the
program, mostly because of its long time step.
"""

from __future__ import annotations

from dataclasses import dataclass

from neurosim.connectivity import AllToAll, Uniform
from neurosim.core.rng import Stream
from neurosim.equations import NeuronModel
from neurosim.simulation.network import Network

EXCITATORY, INHIBITORY = 800, 200
STRONGEST_E, STRONGEST_I = 0.5, -1.0  # mV
NOISE_E, NOISE_I = 5.0, 2.0  # mV/sqrt(ms)
DELAY = 1.0  # ms
TEXT = """
dv/dt = quadratic * vm**2 + linear * vm + constant - u + noise * xi : mV, input
du/dt = a * (b * vm - u)                                            : mV/ms
vm = min(v, v_peak)                                                 : mV
spike when v >= v_peak
on spike: v = c; u = u + d
on start: v = v_start; u = b * v_start

v_peak = 30.0                                                       : mV
v_start = -65.0                                                     : mV
quadratic = 0.04                                                    : 1/(mV*ms)
linear = 5.0                                                        : 1/ms
constant = 140.0                                                    : mV/ms
a                                                                   : 1/ms
b                                                                   : 1/ms
c                                                                   : mV
d                                                                   : mV/ms
noise                                                               : mV/sqrt(ms)
"""


@dataclass(frozen=True, kw_only=True)
class Izhikevich:
    """The network of the paper's figure 3; the head of this file describes it.

    Examples
    --------
    >>> [population.size for population in Izhikevich().build(1).populations]
    [800, 200]
    """

    def build(self, seed: int = 0) -> Network:
        """The populations exc and inh.

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
        r = Stream(seed, "izhikevich/exc").uniform(EXCITATORY)
        cells = NeuronModel(TEXT, name="Cell", a=0.02, b=0.2, c=-65 + 15 * r**2, d=8 - 6 * r**2, noise=NOISE_E)
        exc = net.population("exc", EXCITATORY, cells)
        r = Stream(seed, "izhikevich/inh").uniform(INHIBITORY)
        cells = NeuronModel(TEXT, name="Cell", a=0.02 + 0.08 * r, b=0.25 - 0.05 * r, c=-65.0, d=2.0, noise=NOISE_I)
        inh = net.population("inh", INHIBITORY, cells)
        for post in (exc, inh):
            net.connect(exc, post, AllToAll(), weight=Uniform(0.0, STRONGEST_E), delay=DELAY)
            net.connect(inh, post, AllToAll(), weight=Uniform(STRONGEST_I, 0.0), delay=DELAY)
        return net
