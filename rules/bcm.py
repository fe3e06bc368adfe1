"""The rule of Bienenstock, Cooper and Munro at postsynaptic spikes: a sliding threshold makes neurons selective.

    dx/dt = -x / tau                x + 1 at a spike of the presynaptic neuron
    dy/dt = -y / tau                y + 1 at a spike of the postsynaptic neuron
    dtheta/dt = -theta / tau_theta  theta + slide y at a postsynaptic spike, y as just before it
    w + eta x (y - theta)           at a postsynaptic spike, y and theta as just before it

With x and y as rates times tau, the mean change is x y (y - theta). With slide = 1 / (tau_theta target_rate), theta
follows the mean of y^2 divided by the target rate: a postsynaptic rate above theta potentiates, one below it depresses.
At a constant rate the threshold is the target; of patterns with probability p each, a neuron becomes selective for one
and responds to it at the target rate / p.

Source: Bienenstock, Cooper & Munro (1982), J. Neurosci. 2:32, for rates; the threshold as the mean of the square is
that of Intrator & Cooper (1992), Neural Netw. 5:3.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
dx/dt = -x / tau                 : 1, pre
dy/dt = -y / tau                 : 1, post
dtheta/dt = -theta / tau_theta   : 1, post
on pre:  send w; x = x + 1
on post: w = clip(w + eta * x * (y - theta), w_min, w_max); theta = theta + slide * y; y = y + 1

tau = 50.0                       : ms
tau_theta = 2000.0               : ms
eta                              : w
target_rate                      : Hz
second = 1000.0                  : ms*Hz
slide = second / (tau_theta * target_rate) : 1, parameter
w_min = 0.0                      : w
"""


def BCM(*, w_max: float, eta: float, target_rate: float, **values: float | None) -> SynapticRule:
    """The BCM rule: postsynaptic rates above a sliding threshold potentiate, rates below it depress.

    A postsynaptic spike adds eta x (y - theta) to the weight, x and y being traces of the spikes of both sides and
    theta a running mean of y^2. Learning has to be slower than the threshold, and patterns have to change faster.

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    eta
        The learning rate, in the unit of the weights.
    target_rate
        The constant rate at which potentiation and depression cancel, in Hz.
    tau
        The time constant of the traces x and y in ms; 50 by default.
    tau_theta
        The time constant of the threshold in ms; 2000 by default.
    slide
        What a postsynaptic spike adds to theta, as a multiple of y; 1 / (tau_theta target_rate) by default.
    second
        1000 ms Hz, which converts target_rate.

    Returns
    -------
    SynapticRule
        The rule, for ``connect(rule=)``.

    Raises
    ------
    InputError
        An unknown parameter, or a value that is not allowed, such as target_rate <= 0.

    Examples
    --------
    >>> BCM(w_max=1.0, eta=0.001, target_rate=10.0).values["slide"]
    0.05
    """
    return SynapticRule(TEXT, name="BCM", w_max=w_max, eta=eta, target_rate=target_rate, **values)
