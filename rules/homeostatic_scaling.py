"""Homeostatic scaling: all weights of a neuron are multiplied by the same factor until it fires at its target rate.

    da/dt = -a / tau_rate     a + 1 / tau_rate at a postsynaptic spike: the rate over the last ``tau_rate``
    dw/dt = beta w (target - a)

The second equation is integrated in steps of ``interval``: w (1 + beta interval (target - a)). Within the bounds the
ratios of weights are preserved.

Source: van Rossum, Bi & Turrigiano (2000), J. Neurosci. 20:8812, activity-dependent scaling without its
integral term (gamma = 0), after Turrigiano et al. (1998), Nature 391:892. The time constants here are shorter than
those of the source.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
da/dt = -a / tau_rate    : 1/ms, post
on pre:  send w
on post: a = a + 1 / tau_rate
every interval: w = clip(w * (1 + beta * interval * (target - a)), w_min, w_max)

tau_rate = 1000.0        : ms
interval = 100.0         : ms
beta = 0.02              : 1
target_rate              : Hz
second = 1000.0          : ms*Hz
target = target_rate / second : 1/ms, parameter
w_min = 0.0              : w
"""


def HomeostaticScaling(*, w_max: float, target_rate: float, **values: float | None) -> SynapticRule:
    """Multiplicative scaling of all weights of a neuron towards its target rate.

    Every ``interval`` a weight grows by the fraction beta interval (target - a), a being the rate over the last
    tau_rate.

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in the unit of the weights; w_min is 0 by default.
    target_rate
        The rate of the postsynaptic neuron at which nothing changes, in Hz.
    beta
        The relative change of a weight per missing spike; 0.02 by default.
    tau_rate
        The time constant over which the rate is measured in ms; 1000 by default.
    interval
        The time between two scalings in ms; 100 by default.
    target
        The target rate in 1/ms; target_rate / second by default.
    second
        1000 ms Hz, which converts target_rate.

    Returns
    -------
    SynapticRule
        The rule, for ``connect(rule=)``.

    Raises
    ------
    InputError
        An unknown parameter, or a value that is not allowed.

    Examples
    --------
    >>> HomeostaticScaling(w_max=10.0, target_rate=5.0).values["target"]
    0.005
    """
    return SynapticRule(TEXT, name="HomeostaticScaling", w_max=w_max, target_rate=target_rate, **values)
