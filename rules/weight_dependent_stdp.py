"""Pair-based STDP whose changes depend on the weight: from additive with hard bounds to multiplicative with soft ones.

With s = (w - w_min) / (w_max - w_min), the weight as a fraction of its range, and the traces x and y of
`neurosim.rules.pair_stdp`:

    s + eta (1 - s)^mu_plus x           at a spike of the postsynaptic neuron
    s - eta alpha s^mu_minus y          at a spike of the presynaptic neuron

mu 0 is the additive rule, mu 1 the multiplicative one; between them the weight distribution changes from two peaks at
the bounds to one in the middle.

Source: Guetig, Aharonov, Rotter & Sompolinsky (2003), J. Neurosci. 23:3697, eq. 1 to 3, whose lambda is eta here and
whose mu_plus and mu_minus are one mu. Van Rossum, Bi & Turrigiano (2000), J. Neurosci. 20:8812 is mu_plus = 0,
mu_minus = 1.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau_plus                        : 1, pre
dy/dt = -y / tau_minus                       : 1, post
s = (w - w_min) / (w_max - w_min)            : 1
grow = exp(mu_plus * log(max(1 - s, tiny)))  : 1
fall = exp(mu_minus * log(max(s, tiny)))     : 1
on pre:  send w; w = clip(w - eta * alpha * (w_max - w_min) * fall * y, w_min, w_max); x = x + 1
on post: w = clip(w + eta * (w_max - w_min) * grow * x, w_min, w_max); y = y + 1

tau_plus = 20.0                              : ms
tau_minus = 20.0                             : ms
mu_plus                                      : 1
mu_minus                                     : 1
eta = 0.005                                  : 1
alpha = 1.05                                 : 1
w_min = 0.0                                  : w
tiny = 1e-30                                 : 1   # instead of 0, where the logarithm is infinite and clip decides
"""


def WeightDependentSTDP(*, w_max: float, mu_plus: float, mu_minus: float, **values: float | None) -> SynapticRule:
    """STDP with changes proportional to (1 - s)^mu_plus and s^mu_minus, s = (w - w_min) / (w_max - w_min).

    A postsynaptic spike t after a presynaptic one adds eta (1 - s)^mu_plus exp(-t / tau_plus) to s, one t before it
    subtracts eta alpha s^mu_minus exp(-t / tau_minus).

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in the unit of the weights; w_min is 0 by default.
    mu_plus, mu_minus
        How far the changes depend on the weight: 0 is additive, 1 multiplicative.
    eta
        The largest change of one pair as a fraction of w_max - w_min; 0.005 by default.
    alpha
        Depression over potentiation; 1.05 by default.
    tau_plus, tau_minus
        Time constants of the traces in ms; 20 by default.

    Returns
    -------
    SynapticRule
        For ``connect(rule=)``.

    Examples
    --------
    >>> WeightDependentSTDP(w_max=32.0, mu_plus=0.02, mu_minus=0.02).values["alpha"]
    1.05
    """
    return SynapticRule(TEXT, name="WeightDependentSTDP", w_max=w_max, mu_plus=mu_plus, mu_minus=mu_minus, **values)
