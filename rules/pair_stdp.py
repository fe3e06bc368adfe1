"""Pair-based spike-timing-dependent plasticity: all pairs of spikes, additive changes within hard bounds.

    dx/dt = -x / tau_plus     x + 1 at a spike of the presynaptic neuron     w + a_plus x   at a postsynaptic spike
    dy/dt = -y / tau_minus    y + 1 at a spike of the postsynaptic neuron    w - a_minus y  at a presynaptic spike

A pair of spikes, the postsynaptic one later by t > 0, adds a_plus exp(-t / tau_plus); in the other order it subtracts
a_minus exp(-t / tau_minus). At equal times the presynaptic spike comes first.

Source: Song, Miller & Abbott (2000), Nat. Neurosci. 3:919, whose defaults these are: tau_plus = tau_minus = 20 ms,
a_plus = 0.005 w_max, a_minus = 1.05 a_plus. The time window was measured by Bi & Poo (1998), J. Neurosci. 18:10464.
It is a rule for ``connect(rule=)``, not usable in ``compare(rules=...)``.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau_plus    : 1, pre
dy/dt = -y / tau_minus   : 1, post
on pre:  send w; w = clip(w - a_minus * y, w_min, w_max); x = x + 1
on post: w = clip(w + a_plus * x, w_min, w_max); y = y + 1

tau_plus = 20.0          : ms
tau_minus = 20.0         : ms
a_plus = 0.005 * w_max   : w, parameter
a_minus = 1.05 * a_plus  : w, parameter
w_min = 0.0              : w
"""


def PairSTDP(*, w_max: float, **values: float | None) -> SynapticRule:
    """Additive pair-based STDP with all pairs of spikes; the head of this file has the equations.

    A postsynaptic spike that comes t after a presynaptic one adds a_plus exp(-t / tau_plus) to the weight, one that
    comes t before it subtracts a_minus exp(-t / tau_minus).

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
    >>> PairSTDP(w_max=32.0).values["a_plus"]
    0.16
    """
    return SynapticRule(TEXT, name="PairSTDP", w_max=w_max, **values)
