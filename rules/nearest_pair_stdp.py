"""Spike-timing-dependent plasticity in which each spike pairs with the last one of the other side only.

The equations are those of `neurosim.rules.pair_stdp`, but for the traces, which a spike sets to 1:

    x = 1   at a spike of the presynaptic neuron
    y = 1   at a spike of the postsynaptic neuron

Source: the symmetric scheme of nearest neighbours, figure 7 A of Morrison, Diesmann & Gerstner (2008), Biol. Cybern.
98:459; their effects: Izhikevich & Desai (2003), Neural Comput. 15:1511. The defaults are those of
Song, Miller & Abbott (2000), Nat. Neurosci. 3:919, as in `neurosim.rules.pair_stdp`.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau_plus    : 1, pre
dy/dt = -y / tau_minus   : 1, post
on pre:  send w; w = clip(w - a_minus * y, w_min, w_max); x = 1
on post: w = clip(w + a_plus * x, w_min, w_max); y = 1

tau_plus = 20.0          : ms
tau_minus = 20.0         : ms
a_plus = 0.005 * w_max   : w, parameter
a_minus = 1.05 * a_plus  : w, parameter
w_min = 0.0              : w
"""


def NearestPairSTDP(*, w_max: float, **values: float | None) -> SynapticRule:
    """Additive STDP in which each spike pairs with the last one of the other side.

    A postsynaptic spike that comes t after the last presynaptic one adds a_plus exp(-t / tau_plus) to the weight; a
    presynaptic one t after the last postsynaptic one subtracts a_minus exp(-t / tau_minus).

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    a_plus, a_minus
        The change of one pair at t = 0, in the unit of the weights; 0.005 w_max and 1.05 a_plus by default.
    tau_plus, tau_minus
        Time constants of the traces in ms; 20 by default.

    Returns
    -------
    SynapticRule
        For ``connect(rule=)``.

    Examples
    --------
    >>> NearestPairSTDP(w_max=32.0).values["a_plus"]
    0.16
    """
    return SynapticRule(TEXT, name="NearestPairSTDP", w_max=w_max, **values)
