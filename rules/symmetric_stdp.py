"""Symmetric STDP: the change depends on the interval between two spikes, not on their order.

A pair of spikes t apart, in either order, changes the weight by

    a_near exp(-|t| / tau_near) - a_far exp(-|t| / tau_far)

With a_far = 0 all pairs potentiate: Mishra, Kim, Guzman & Jonas (2016), Nat. Commun. 7:11552, between pyramidal cells
of CA3. With tau_far > tau_near the window is a Mexican hat, near pairs potentiate and distant ones depress: Woodin,
Ganguly & Poo (2003), Neuron 39:807, at GABAergic synapses.

Source of the traces: Morrison, Diesmann & Gerstner (2008), Biol. Cybern. 98:459; all pairs count.
"""

from __future__ import annotations

from neurosim.equations import SynapticRule

TEXT = """
dx_near/dt = -x_near / tau_near  : 1, pre
dx_far/dt = -x_far / tau_far     : 1, pre
dy_near/dt = -y_near / tau_near  : 1, post
dy_far/dt = -y_far / tau_far     : 1, post
on pre:  send w; w = clip(w + a_near * y_near - a_far * y_far, w_min, w_max); x_near = x_near + 1; x_far = x_far + 1
on post: w = clip(w + a_near * x_near - a_far * x_far, w_min, w_max); y_near = y_near + 1; y_far = y_far + 1

tau_near                         : ms
tau_far                          : ms
a_near                           : w
a_far                            : w
w_min = 0.0                      : w
"""


def SymmetricSTDP(
    *, w_max: float, a_near: float, a_far: float, tau_near: float, tau_far: float, **values: float | None
) -> SynapticRule:
    """STDP with a symmetric window of two exponentials.

    A pair of spikes t apart adds a_near exp(-t / tau_near) - a_far exp(-t / tau_far) to the weight.

    Parameters
    ----------
    w_max, w_min
        Bounds of the weights, in their unit; w_min is 0 by default.
    a_near, a_far
        Amplitudes of the two exponentials, in the unit of the weights.
    tau_near, tau_far
        Their time constants in ms.

    Returns
    -------
    SynapticRule
        For ``connect(rule=)``.

    Examples
    --------
    >>> SymmetricSTDP(w_max=1.0, a_near=0.02, a_far=0.01, tau_near=10.0, tau_far=40.0).values["a_far"]
    0.01
    """
    values |= {"w_max": w_max, "a_near": a_near, "a_far": a_far, "tau_near": tau_near, "tau_far": tau_far}
    return SynapticRule(TEXT, name="SymmetricSTDP", **values)
