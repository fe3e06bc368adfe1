"""STDP times reward, without eligibility traces: a reward applies to the pairs of its own step only.

    z = a_plus x at a postsynaptic spike, - a_minus y at a presynaptic one, else 0; x and y as in
        `neurosim.rules.pair_stdp`
    w + reward z    in each step in which the signal ``reward`` is set and not zero

Source: Florian (2007), Neural Comput. 19:1468: MSTDP, where a_plus and a_minus are gamma A and a reward comes one step
after the spikes that caused it; for that, both delays of a projection are one step. With eligibility traces it is
MSTDPET, see `neurosim.rules.reward_stdp`. The time constants of 20 ms are those of the paper.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau_plus    : 1, pre
dy/dt = -y / tau_minus   : 1, post
z                        : w
on pre:    send w; z = z - a_minus * y; x = x + 1
on post:   z = z + a_plus * x; y = y + 1
on reward: w = clip(w + reward * z, w_min, w_max)
every dt:  z = 0

tau_plus = 20.0          : ms
tau_minus = 20.0         : ms
a_plus                   : w
a_minus = a_plus         : w, parameter
w_min = 0.0              : w
"""


def ModulatedSTDP(*, w_max: float, a_plus: float, **values: float | None) -> SynapticRule:
    """Reward-modulated STDP without eligibility; the network needs a signal ``reward``.

    In a step with a reward the weight grows by reward times what `neurosim.rules.PairSTDP` would change in that step.

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    a_plus, a_minus
        What a pair at t = 0 adds per unit of reward, in the unit of the weights; a_minus is a_plus by default.
    tau_plus, tau_minus
        Time constants of the traces in ms; 20 by default.

    Returns
    -------
    SynapticRule
        For ``connect(rule=)``.

    Examples
    --------
    >>> ModulatedSTDP(w_max=5.0, a_plus=0.1).values["a_minus"]
    0.1
    """
    return SynapticRule(TEXT, name="ModulatedSTDP", w_max=w_max, a_plus=a_plus, **values)
