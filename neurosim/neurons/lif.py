"""Leaky integrate-and-fire neuron with an exponentially decaying current.

The equations are those of Lapicque's model as used by Rotter & Diesmann (1999), Biol. Cybern. 81:381.
Parameters: Potjans & Diesmann (2014), Cereb. Cortex 24:785, table 5; r_m is its tau_m / c_m = 10 ms / 250 pF.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
dv/dt = (v_rest - v + r_m * (i + i_ext)) / tau_m : mV
di/dt = -i / tau_s                               : pA, input
spike when v >= v_th
on spike: v = v_reset
on start: v = v_rest
refractory t_ref: hold v

tau_m = 10.0                                     : ms
tau_s = 0.5                                      : ms
r_m = 0.04                                       : GOhm
v_rest = -65.0                                   : mV
v_th = -50.0                                     : mV
v_reset = -65.0                                  : mV
t_ref = 2.0                                      : ms
i_ext = 0.0                                      : pA   # constant current
"""


def LIF(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """Leaky integrate-and-fire; a spike of weight w pA adds w to the current ``i``, which decays with tau_s.

    States are the potential ``v`` in mV and the current ``i`` in pA.

    Parameters
    ----------
    integrator : str
        As of `neurosim.NeuronModel`.
    **values : float or array (n,)
        Other values of parameters, for all neurons or for each:

        - ``tau_m``: membrane time constant in ms; 10
        - ``tau_s``: time constant of the current in ms; 0.5
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
    (parameters).

    Examples
    --------
    >>> LIF(tau_m=20.0).values["tau_m"]
    20.0
    """
    return NeuronModel(TEXT, name="LIF", integrator=integrator, **values)
