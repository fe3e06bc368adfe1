"""Plasticity of inhibitory synapses that keeps the postsynaptic neuron at a target rate.

    dx/dt = -x / tau    x + 1 at a spike of the presynaptic neuron     w + eta x             at a postsynaptic spike
    dy/dt = -y / tau    y + 1 at a spike of the postsynaptic neuron    w + eta (y - alpha)   at a presynaptic spike

Each pair of spikes, in either order, strengthens the inhibition by eta exp(-|t| / tau); each presynaptic spike weakens
it by eta alpha, alpha = 2 tau target_rate. The two cancel where the postsynaptic rate is the target rate.

Source: Vogels, Sprekeler, Zenke, Clopath & Gerstner (2011), Science 334:1569, eq. 1; tau = 20 ms and 3 Hz as there.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau   : 1, pre
dy/dt = -y / tau   : 1, post
on pre:  send w; w = clip(w + eta * (y - alpha), w_min, w_max); x = x + 1
on post: w = clip(w + eta * x, w_min, w_max); y = y + 1

tau = 20.0         : ms
eta                : w
target_rate = 3.0  : Hz
second = 1000.0    : ms*Hz
alpha = 2 * tau * target_rate / second : 1, parameter
w_min = 0.0        : w
"""


def InhibitorySTDP(*, w_max: float, eta: float, **values: float | None) -> SynapticRule:
    """STDP of inhibitory synapses that keeps the postsynaptic neuron at a target rate.

    A pair of spikes t apart, in either order, adds eta exp(-t / tau) to the weight; each presynaptic spike subtracts
    eta alpha. Where inhibition is a negative weight, w_max is 0, w_min the strongest inhibition and eta negative.

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    eta
        The learning rate, in the unit of the weights.
    target_rate
        The postsynaptic rate at which the changes cancel, in Hz; 3 by default.
    tau
        The time constant of the traces in ms; 20 by default.
    alpha
        Depression per presynaptic spike, relative to eta; 2 tau target_rate by default.
    second
        1000 ms Hz, which converts target_rate.

    Returns
    -------
    SynapticRule
        The rule, for ``connect(rule=)``.

    Raises
    ------
    InputError
        An unknown parameter, or a value that is not allowed.

    Examples
    --------
    >>> InhibitorySTDP(w_max=10.0, eta=0.01, target_rate=5.0).values["alpha"]
    0.2
    """
    return SynapticRule(TEXT, name="InhibitorySTDP", w_max=w_max, eta=eta, **values)
