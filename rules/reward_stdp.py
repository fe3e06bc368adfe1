"""Reward-modulated STDP: pairs of spikes change an eligibility trace, and a reward times the trace changes the weight.

    dc/dt = -c / tau_c    c + a_plus x at a postsynaptic spike, c - a_minus y at a presynaptic one, x and y as in
                          `neurosim.rules.pair_stdp`
    w + reward c          in each step in which the signal ``reward`` is set and not zero

Source: Izhikevich (2007), Cereb. Cortex 17:2443, eq. 1 and 2, with a reward that lasts one step; for lasting dopamine
d(t), set d(t) dt in each step. Florian (2007), Neural Comput. 19:1468 has the same rule as MSTDPET: r(t) in each
step, a_plus and a_minus being gamma A / tau_z, tau_c his tau_z. The defaults are Izhikevich's: tau_c = 1 s, 20 ms for
both traces, a_minus = 1.5 a_plus (0.1 and 0.15 mV for weights up to 4 mV).
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau_plus    : 1, pre
dy/dt = -y / tau_minus   : 1, post
dc/dt = -c / tau_c       : w
on pre:    send w; c = c - a_minus * y; x = x + 1
on post:   c = c + a_plus * x; y = y + 1
on reward: w = clip(w + reward * c, w_min, w_max)

tau_plus = 20.0          : ms
tau_minus = 20.0         : ms
tau_c = 1000.0           : ms
a_plus = 0.025 * w_max   : w, parameter
a_minus = 1.5 * a_plus   : w, parameter
w_min = 0.0              : w
"""


def RewardSTDP(*, w_max: float, **values: float | None) -> SynapticRule:
    """Reward-modulated STDP with eligibility; the network needs a signal ``reward``.

    Pairs of spikes change the eligibility of a synapse as `neurosim.rules.PairSTDP` changes its weight; it decays with
    tau_c, and a reward adds reward times eligibility to the weight.

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    a_plus, a_minus
        What a pair at t = 0 adds to the eligibility, in the unit of the weights; 0.025 w_max and 1.5 a_plus by default.
    tau_c
        The time constant of the eligibility in ms; 1000 by default.
    tau_plus, tau_minus
        Time constants of the traces in ms; 20 by default.

    Returns
    -------
    SynapticRule
        For ``connect(rule=)``.

    Examples
    --------
    >>> RewardSTDP(w_max=4.0).values["a_plus"]
    0.1
    """
    return SynapticRule(TEXT, name="RewardSTDP", w_max=w_max, **values)
