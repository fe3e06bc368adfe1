"""Oja's rule at postsynaptic spikes: weights converge to the first principal component of the inputs.

    dx/dt = -x / tau     x + 1 at a spike of the presynaptic neuron
    dy/dt = -y / tau     y + 1 at a spike of the postsynaptic neuron
    w + eta (x - y w / w_0)    at a postsynaptic spike, y as just before it

With x and y as rates times tau, and as many changes as postsynaptic spikes, the mean is Oja's y (x - y w). For a
neuron whose rate is k times the weighted sum of its input rates, the weights become the first eigenvector of the mean
of products of these rates, of squared length w_0 / k: Hebbian growth that needs no bounds. That holds where tau is
long against the intervals between spikes and short against the duration of a pattern; a short tau makes the weights
larger, because a synapse contributes to the very spike at which it learns.

Source: Oja (1982), J. Math. Biol. 15:267, eq. 3, for rates.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau   : 1, pre
dy/dt = -y / tau   : 1, post
on pre:  send w; x = x + 1
on post: w = clip(w + eta * (x - y * w / w_0), w_min, w_max); y = y + 1

tau = 100.0        : ms
eta                : w
w_0                : w
w_min = 0.0        : w
"""


def Oja(*, w_max: float, eta: float, w_0: float, **values: float | None) -> SynapticRule:
    """Oja's rule: Hebbian growth, and decay with the square of the neuron's own rate.

    A postsynaptic spike adds eta (x - y w / w_0) to the weight, x and y being traces of the spikes of both sides.

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    eta
        The learning rate, in the unit of the weights.
    w_0
        The weight that the decay is relative to, in the unit of the weights.
    tau
        The time constant of the traces in ms; 100 by default.

    Returns
    -------
    SynapticRule
        For ``connect(rule=)``.

    Examples
    --------
    >>> Oja(w_max=2.0, eta=0.001, w_0=1.0).values["tau"]
    100.0
    """
    return SynapticRule(TEXT, name="Oja", w_max=w_max, eta=eta, w_0=w_0, **values)
