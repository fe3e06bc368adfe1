"""Synapses that are scaled, all of a neuron by the same factor, until it fires at its target rate.

    da/dt = -a / tau_rate     a + 1 / tau_rate at a postsynaptic spike: the rate of the last ``tau_rate``
    dw/dt = beta w (target - a)

The second line is done every ``interval``: w (1 + beta interval (target - a)). Ratios of weights stay as they are,
within the bounds.

Source: van Rossum, Bi & Turrigiano (2000), J. Neurosci. 20:8812, activity-dependent scaling without its second,
integral term (gamma = 0), after Turrigiano et al. (1998), Nature 391:892. The time constants here are ours, and faster.
"""

from __future__ import annotations

from neurosim.core.time_steps import MS_PER_S
from neurosim.equations import SynapticRule

TEXT = """
da/dt = -a / tau_rate    : 1/ms, post
on pre:  send w
on post: a = a + 1 / tau_rate
every interval: w = clip(w * (1 + beta * interval * (target - a)), w_min, w_max)

tau_rate                 : ms
interval                 : ms
beta                     : 1
target                   : 1/ms
"""


def HomeostaticScaling(
    *,
    w_max: float,
    target_rate: float,
    w_min: float = 0.0,
    beta: float = 0.02,
    tau_rate: float = 1000.0,
    interval: float = 100.0,
) -> SynapticRule:
    """Multiplicative scaling of all weights of a neuron towards its ``target_rate`` (Hz).

    Every ``interval`` (ms) a weight grows by the part beta interval (target_rate - rate), the rate being that of the
    last ``tau_rate`` (ms). ``w_max`` and ``w_min`` are in the unit of the weights; ``beta`` is the relative change of a
    weight per spike that is missing.

    >>> HomeostaticScaling(w_max=10.0, target_rate=5.0).values["target"]
    0.005
    """
    return SynapticRule(
        TEXT,
        name="HomeostaticScaling",
        w_max=w_max,
        w_min=w_min,
        beta=beta,
        tau_rate=tau_rate,
        interval=interval,
        target=target_rate / MS_PER_S,
    )
