"""Plasticity of inhibitory synapses that holds the postsynaptic neuron at a target rate.

    dx/dt = -x / tau    x + 1 at a spike of the presynaptic neuron     w + eta x             at a postsynaptic spike
    dy/dt = -y / tau    y + 1 at a spike of the postsynaptic neuron    w + eta (y - alpha)   at a presynaptic spike

Each pair strengthens the inhibition, in either order, by eta exp(-|t| / tau); each presynaptic spike alone weakens it
by eta alpha, alpha = 2 tau target_rate. So inhibition balances excitation where the rate is the target rate.

Source: Vogels, Sprekeler, Zenke, Clopath & Gerstner (2011), Science 334:1569, eq. 1; tau = 20 ms and 3 Hz as there.
"""

from __future__ import annotations

from neurosim.core.time_steps import MS_PER_S
from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau   : 1, pre
dy/dt = -y / tau   : 1, post
on pre:  send w; w = clip(w + eta * (y - alpha), w_min, w_max); x = x + 1
on post: w = clip(w + eta * x, w_min, w_max); y = y + 1

tau                : ms
eta                : w
alpha              : 1
"""


def InhibitorySTDP(
    *, w_max: float, eta: float, w_min: float = 0.0, target_rate: float = 3.0, tau: float = 20.0
) -> SynapticRule:
    """STDP of inhibitory synapses that holds the postsynaptic neuron at ``target_rate`` (Hz).

    A pair of spikes t apart, in either order, adds eta exp(-t / tau) to the weight; each presynaptic spike takes eta
    times 2 tau target_rate. ``w_max``, ``w_min`` and ``eta`` are in the unit of the weights, ``tau`` in ms. Where
    inhibition is a negative weight, w_max is 0, w_min the strongest inhibition and eta negative.

    >>> InhibitorySTDP(w_max=10.0, eta=0.01, target_rate=5.0).values["alpha"]
    0.2
    """
    alpha = 2 * tau * target_rate / MS_PER_S
    return SynapticRule(TEXT, name="InhibitorySTDP", w_max=w_max, w_min=w_min, tau=tau, eta=eta, alpha=alpha)
