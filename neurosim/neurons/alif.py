"""Leaky integrate-and-fire neuron with an adaptive threshold, dimensionless in everything but time.

Equations: Bellec et al. (2020), Nat. Commun. 11:3625: the threshold is v_th + beta a, a spike raises a
by 1 and lowers v by v_th. Parameters: tau_m from there, the others ours.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
dv/dt = -v / tau_m  : 1, input
da/dt = -a / tau_a  : 1
spike when v >= v_th + beta * a
on spike: v = v - v_th; a = a + 1
refractory t_ref: hold v

tau_m = 20.0        : ms
tau_a = 200.0       : ms
v_th = 1.0          : 1
beta = 0.2          : 1
t_ref = 2.0         : ms
"""


def ALIF(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """Leaky integrate-and-fire whose threshold rises by beta at each spike and relaxes with tau_a.

    States are the potential ``v``, which is also the input, and the adaptation ``a``; both have no unit.

    Parameters
    ----------
    integrator : str
        As of `neurosim.NeuronModel`.
    **values : float or array (n,)
        Other values of parameters, for all neurons or for each:

        - ``tau_m``, ``tau_a``: time constants of potential and adaptation in ms; 20, 200
        - ``v_th``: threshold without adaptation, and what a spike subtracts from ``v``; 1
        - ``beta``: rise of the threshold per spike; 0.2
        - ``t_ref``: refractory time in ms; 2

    Returns
    -------
    NeuronModel
        For `neurosim.Network.population`.

    Raises
    ------
    InputError
        A parameter that the model does not have, or a value that cannot be used.

    References
    ----------
    Bellec et al. (2020), Nat. Commun. 11:3625.

    Examples
    --------
    >>> ALIF(beta=0.0).equations.states
    ('v', 'a')
    """
    return NeuronModel(TEXT, name="ALIF", integrator=integrator, **values)
