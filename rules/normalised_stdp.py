"""Pair STDP whose weights compete: those of a neuron are scaled, again and again, to the same sum.

The traces and the changes at spikes are those of `neurosim.rules.pair_stdp`; then, every ``interval``,

    w strength / total,    total the sum of w over all synapses of the projection at the postsynaptic neuron

A weight at w_max stays there, so that the sum may be smaller than ``strength``; where all weights are 0 they stay 0.

Source: von der Malsburg (1973), Kybernetik 14:85 (the sum of the weights of a neuron is kept by scaling them), for pair
STDP of Song, Miller & Abbott (2000), Nat. Neurosci. 3:919; Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, scale
before each sample.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule
from neurosim.rules.pair_stdp import pair_amounts

TEXT = """
dx/dt = -x / tau_plus    : 1, pre
dy/dt = -y / tau_minus   : 1, post
total = sum(w)           : w, post
on pre:  send w; w = clip(w - a_minus * y, w_min, w_max); x = x + 1
on post: w = clip(w + a_plus * x, w_min, w_max); y = y + 1
every interval: w = where(total > 0, clip(w * strength / total, w_min, w_max), w)

tau_plus                 : ms
tau_minus                : ms
interval                 : ms
strength                 : w
a_plus                   : w
a_minus                  : w
"""


def NormalisedSTDP(
    *,
    w_max: float,
    strength: float,
    w_min: float = 0.0,
    a_plus: float | None = None,
    a_minus: float | None = None,
    tau_plus: float = 20.0,
    tau_minus: float = 20.0,
    interval: float = 100.0,
) -> SynapticRule:
    """Additive pair STDP, the weights of each neuron scaled to add up to ``strength`` every ``interval``.

    Pairs of spikes change weights as in `neurosim.rules.PairSTDP`: by a_plus exp(-t / tau_plus) where the presynaptic
    spike is first, else by -a_minus exp(-t / tau_minus). ``w_max``, ``w_min``, ``strength``, ``a_plus`` (default: 0.005
    w_max) and ``a_minus`` (1.05 a_plus) are in the unit of the weights, ``interval``, ``tau_plus`` and ``tau_minus`` in
    ms.

    >>> NormalisedSTDP(w_max=1.0, strength=78.4).values["strength"]
    78.4
    """
    return SynapticRule(
        TEXT,
        name="NormalisedSTDP",
        w_max=w_max,
        w_min=w_min,
        strength=strength,
        **pair_amounts(w_max, a_plus, a_minus),
        tau_plus=tau_plus,
        tau_minus=tau_minus,
        interval=interval,
    )
