"""Pair-based spike-timing-dependent plasticity: every pair of spikes counts, and the changes add up within bounds.

    dx/dt = -x / tau_plus     x + 1 at a spike of the presynaptic neuron     w + a_plus x   at a postsynaptic spike
    dy/dt = -y / tau_minus    y + 1 at a spike of the postsynaptic neuron    w - a_minus y  at a presynaptic spike

A pair of spikes, the postsynaptic one later by t > 0, adds a_plus exp(-t / tau_plus); in the other order it takes
a_minus exp(t / tau_minus). At equal times the presynaptic spike comes first.

Source: Song, Miller & Abbott (2000), Nat. Neurosci. 3:919, whose defaults these are: tau_plus = tau_minus = 20 ms,
a_plus = 0.005 w_max, a_minus = 1.05 a_plus. The time window was measured by Bi & Poo (1998), J. Neurosci. 18:10464.
This is a rule for synapses, given to ``connect(rule=)``; it is no rule of a study.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau_plus    : 1, pre
dy/dt = -y / tau_minus   : 1, post
on pre:  send w; w = clip(w - a_minus * y, w_min, w_max); x = x + 1
on post: w = clip(w + a_plus * x, w_min, w_max); y = y + 1

tau_plus                 : ms
tau_minus                : ms
a_plus                   : w
a_minus                  : w
"""


def PairSTDP(
    *,
    w_max: float,
    w_min: float = 0.0,
    a_plus: float | None = None,
    a_minus: float | None = None,
    tau_plus: float = 20.0,
    tau_minus: float = 20.0,
) -> SynapticRule:
    """Additive pair-based STDP with all pairs, weights within ``w_min`` .. ``w_max``; the equations head this file.

    A postsynaptic spike that comes t after a presynaptic one adds a_plus exp(-t / tau_plus) to the weight, one that
    comes t before it takes a_minus exp(-t / tau_minus). ``w_max``, ``w_min``, ``a_plus`` (default: 0.005 w_max) and
    ``a_minus`` (1.05 a_plus) are in the unit of the weights, ``tau_plus`` and ``tau_minus`` in ms.

    >>> PairSTDP(w_max=32.0).values["a_plus"]
    0.16
    """
    amounts = pair_amounts(w_max, a_plus, a_minus)
    times = {"tau_plus": tau_plus, "tau_minus": tau_minus}
    return SynapticRule(TEXT, name="PairSTDP", w_max=w_max, w_min=w_min, **amounts, **times)


def pair_amounts(w_max: float, a_plus: float | None, a_minus: float | None) -> dict[str, float]:
    """``a_plus`` and ``a_minus`` by name; for None those of Song, Miller & Abbott (2000)."""
    grow = 0.005 * w_max if a_plus is None else a_plus
    return {"a_plus": grow, "a_minus": 1.05 * grow if a_minus is None else a_minus}
