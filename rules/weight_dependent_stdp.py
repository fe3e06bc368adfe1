"""Pair-based STDP whose changes depend on the weight: from additive with hard bounds to multiplicative with soft ones.

With s = (w - w_min) / (w_max - w_min), the weight as a fraction of its range, and the traces x and y of
`neurosim.rules.pair_stdp`:

    s + eta (1 - s)^mu_plus x           at a spike of the postsynaptic neuron
    s - eta alpha s^mu_minus y          at a spike of the presynaptic neuron

mu 0 is the additive rule, mu 1 the multiplicative one; between them the weights move from two heaps at the bounds to
one heap in the middle.

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

tau_plus                                     : ms
tau_minus                                    : ms
mu_plus                                      : 1
mu_minus                                     : 1
eta                                          : 1
alpha                                        : 1
tiny = 1e-30                                 : 1   # instead of 0, where the logarithm is infinite and clip decides
"""


def WeightDependentSTDP(
    *,
    w_max: float,
    w_min: float = 0.0,
    mu_plus: float,
    mu_minus: float,
    eta: float = 0.005,
    alpha: float = 1.05,
    tau_plus: float = 20.0,
    tau_minus: float = 20.0,
) -> SynapticRule:
    """STDP with changes proportional to (1 - s)^mu_plus and s^mu_minus, s = (w - w_min) / (w_max - w_min).

    A postsynaptic spike t after a presynaptic one adds eta (1 - s)^mu_plus exp(-t / tau_plus) to s, one t before it
    takes eta alpha s^mu_minus exp(-t / tau_minus). ``w_max`` and ``w_min`` are in the unit of the weights; ``eta``, the
    largest change of one pair as a fraction of w_max - w_min, ``alpha``, depression over potentiation, ``mu_plus`` and
    ``mu_minus`` are numbers; ``tau_plus`` and ``tau_minus`` are in ms.

    >>> WeightDependentSTDP(w_max=32.0, mu_plus=0.02, mu_minus=0.02).values["alpha"]
    1.05
    """
    return SynapticRule(
        TEXT,
        name="WeightDependentSTDP",
        w_max=w_max,
        w_min=w_min,
        mu_plus=mu_plus,
        mu_minus=mu_minus,
        eta=eta,
        alpha=alpha,
        tau_plus=tau_plus,
        tau_minus=tau_minus,
    )
