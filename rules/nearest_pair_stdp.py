"""Spike-timing-dependent plasticity in which each spike pairs with the last one of the other side only.

The equations are those of `neurosim.rules.pair_stdp`, but for the traces, which a spike sets to 1:

    x = 1   at a spike of the presynaptic neuron
    y = 1   at a spike of the postsynaptic neuron

Source: the symmetric scheme of nearest neighbours, figure 7 A of Morrison, Diesmann & Gerstner (2008), Biol. Cybern.
98:459; what such schemes do was shown by Izhikevich & Desai (2003), Neural Comput. 15:1511. The defaults are those of
Song, Miller & Abbott (2000), Nat. Neurosci. 3:919, as in `neurosim.rules.pair_stdp`.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule
from neurosim.rules.pair_stdp import pair_amounts

TEXT = """
dx/dt = -x / tau_plus    : 1, pre
dy/dt = -y / tau_minus   : 1, post
on pre:  send w; w = clip(w - a_minus * y, w_min, w_max); x = 1
on post: w = clip(w + a_plus * x, w_min, w_max); y = 1

tau_plus                 : ms
tau_minus                : ms
a_plus                   : w
a_minus                  : w
"""


def NearestPairSTDP(
    *,
    w_max: float,
    w_min: float = 0.0,
    a_plus: float | None = None,
    a_minus: float | None = None,
    tau_plus: float = 20.0,
    tau_minus: float = 20.0,
) -> SynapticRule:
    """Additive STDP in which each spike pairs with the last one of the other side; weights in ``w_min`` .. ``w_max``.

    A postsynaptic spike that comes t after the last presynaptic one adds a_plus exp(-t / tau_plus) to the weight; a
    presynaptic one t after the last postsynaptic one takes a_minus exp(-t / tau_minus). ``w_max``, ``w_min``,
    ``a_plus`` (default: 0.005 w_max) and ``a_minus`` (1.05 a_plus) are in the unit of the weights, ``tau_plus`` and
    ``tau_minus`` in ms.

    >>> NearestPairSTDP(w_max=32.0).values["a_plus"]
    0.16
    """
    amounts = pair_amounts(w_max, a_plus, a_minus)
    times = {"tau_plus": tau_plus, "tau_minus": tau_minus}
    return SynapticRule(TEXT, name="NearestPairSTDP", w_max=w_max, w_min=w_min, **amounts, **times)
