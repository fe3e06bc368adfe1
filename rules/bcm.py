"""The rule of Bienenstock, Cooper and Munro at postsynaptic spikes: a threshold that slides makes neurons selective.

    dx/dt = -x / tau                x + 1 at a spike of the presynaptic neuron
    dy/dt = -y / tau                y + 1 at a spike of the postsynaptic neuron
    dtheta/dt = -theta / tau_theta  theta + y / (tau_theta rate) at a postsynaptic spike, y as just before it
    w + eta x (y - theta)           at a postsynaptic spike, y and theta as just before it

With x and y as rates times tau, the mean change is x y (y - theta), and theta follows the mean of y^2 over the target
``rate``. A rate above theta strengthens, one below it weakens. A constant rate has its threshold at the target; of
patterns that come with probability p each, a neuron keeps one, and spikes for it at the target over p.

Source: Bienenstock, Cooper & Munro (1982), J. Neurosci. 2:32, for rates, with the threshold as the mean of the square
(Intrator & Cooper 1992, Neural Netw. 5:3).
"""

from __future__ import annotations

from neurosim.core.errors import InputError
from neurosim.core.time_steps import MS_PER_S
from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau                 : 1, pre
dy/dt = -y / tau                 : 1, post
dtheta/dt = -theta / tau_theta   : 1, post
on pre:  send w; x = x + 1
on post: w = clip(w + eta * x * (y - theta), w_min, w_max); theta = theta + slide * y; y = y + 1

tau                              : ms
tau_theta                        : ms
eta                              : w
slide                            : 1
"""


def BCM(
    *, w_max: float, eta: float, target_rate: float, w_min: float = 0.0, tau: float = 50.0, tau_theta: float = 2000.0
) -> SynapticRule:
    """The BCM rule: rates above a sliding threshold strengthen, rates below it weaken; ``target_rate`` is in Hz.

    A postsynaptic spike adds eta x (y - theta) to the weight: x and y are traces of the spikes of both sides over
    ``tau``, theta is a mean of y^2 over ``tau_theta``. ``w_max``, ``w_min`` and ``eta`` are in the unit of the weights,
    the times in ms. Learning has to be slower than the threshold, and patterns have to change faster.

    >>> BCM(w_max=1.0, eta=0.001, target_rate=10.0).values["slide"]
    0.05
    """
    for name, value in (("target_rate", target_rate), ("tau_theta", tau_theta)):
        if not value > 0:
            raise InputError(f"BCM.{name}: expected a number > 0, got {value}")
    slide = MS_PER_S / (tau_theta * target_rate)
    return SynapticRule(TEXT, name="BCM", w_max=w_max, w_min=w_min, tau=tau, tau_theta=tau_theta, eta=eta, slide=slide)
