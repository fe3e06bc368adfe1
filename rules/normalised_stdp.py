"""Pair STDP with weight normalisation: the weights of a neuron are scaled to the same sum at regular intervals.

The traces and the changes at spikes are those of `neurosim.rules.pair_stdp`; then, every ``interval``,

    w strength / total,    total the sum of w over all synapses of the projection at the postsynaptic neuron

Weights are clipped at w_max, so that the sum may be smaller than ``strength``; where all weights are 0 they stay 0.

Source: von der Malsburg (1973), Kybernetik 14:85 (scaling keeps the sum of the weights of a neuron), for pair
STDP of Song, Miller & Abbott (2000), Nat. Neurosci. 3:919; Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, scale
before each sample.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau_plus    : 1, pre
dy/dt = -y / tau_minus   : 1, post
total = sum(w)           : w, post
on pre:  send w; w = clip(w - a_minus * y, w_min, w_max); x = x + 1
on post: w = clip(w + a_plus * x, w_min, w_max); y = y + 1
every interval: w = where(total > 0, clip(w * strength / total, w_min, w_max), w)

tau_plus = 20.0          : ms
tau_minus = 20.0         : ms
interval = 100.0         : ms
strength                 : w
a_plus = 0.005 * w_max   : w, parameter
a_minus = 1.05 * a_plus  : w, parameter
w_min = 0.0              : w
"""


def NormalisedSTDP(*, w_max: float, strength: float, **values: float | None) -> SynapticRule:
    """Additive pair STDP, the weights of each neuron scaled to add up to ``strength`` every ``interval``.

    Pairs of spikes change weights as in `neurosim.rules.PairSTDP`: by a_plus exp(-t / tau_plus) where the presynaptic
    spike is first, else by -a_minus exp(-t / tau_minus).

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    a_plus, a_minus
        The change of one pair at t = 0, in the unit of the weights; 0.005 w_max and 1.05 a_plus by default.
    tau_plus, tau_minus
        Time constants of the traces in ms; 20 by default.
    strength
        The sum of the weights of a neuron after scaling, in the unit of the weights.
    interval
        The time between two scalings in ms; 100 by default.

    Returns
    -------
    SynapticRule
        For ``connect(rule=)``.

    Examples
    --------
    >>> NormalisedSTDP(w_max=1.0, strength=78.4).values["strength"]
    78.4
    """
    return SynapticRule(TEXT, name="NormalisedSTDP", w_max=w_max, strength=strength, **values)
