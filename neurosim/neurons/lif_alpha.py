"""Leaky integrate-and-fire neuron with alpha-shaped currents.

Equations: Rotter & Diesmann (1999), Biol. Cybern. 81:381. Parameters as in `lif`, tau_s: ours.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
dv/dt = (v_rest - v + r_m * (i_syn + i_ext)) / tau_m : mV
di_syn/dt = (e * i - i_syn) / tau_s                  : pA
di/dt = -i / tau_s                                   : pA, input
e = exp(1.0)                                         : 1    # so that i_syn reaches the weight, tau_s after a spike
spike when v >= v_th
on spike: v = v_reset
on start: v = v_rest
refractory t_ref: hold v

tau_m = 10.0                                         : ms
tau_s = 2.0                                          : ms
r_m = 0.04                                           : GOhm
v_rest = -65.0                                       : mV
v_th = -50.0                                         : mV
v_reset = -65.0                                      : mV
t_ref = 2.0                                          : ms
i_ext = 0.0                                          : pA   # constant current
"""


def LIFAlpha(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """Leaky integrate-and-fire; a spike of weight w pA causes the current w e (t / tau_s) exp(-t / tau_s), peak w.

    States are the potential ``v`` in mV, the current ``i_syn`` in pA and the input ``i`` in pA that it follows.

    Parameters
    ----------
    integrator : str
        As of `neurosim.NeuronModel`.
    **values : float or array (n,)
        Other values of parameters, for all neurons or for each:

        - ``tau_m``: membrane time constant in ms; 10
        - ``tau_s``: time from a spike to the peak of its current in ms; 2
        - ``r_m``: membrane resistance in GOhm; 0.04
        - ``v_rest``, ``v_th``, ``v_reset``: rest, threshold and reset in mV; -65, -50, -65
        - ``t_ref``: refractory time in ms; 2
        - ``i_ext``: constant current in pA; 0

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
    Rotter & Diesmann (1999), Biol. Cybern. 81:381 (equations); Potjans & Diesmann (2014), Cereb. Cortex 24:785, table 5
    (parameters but tau_s).

    Examples
    --------
    >>> LIFAlpha(tau_s=1.0).equations.states
    ('v', 'i_syn', 'i')
    """
    return NeuronModel(TEXT, name="LIFAlpha", integrator=integrator, **values)
