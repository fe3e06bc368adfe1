"""Leaky integrate-and-fire neuron with exponentially decaying conductances, excitatory and inhibitory.

Equations and parameters: the COBA network of Vogels & Abbott (2005), J. Neurosci. 25:10786, as written out in
Brette et al. (2007), J. Comput. Neurosci. 23:349.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
dv/dt = (g_l * (v_rest - v) + g_e * (e_e - v) + g_i * (e_i - v) + i_ext) / c_m : mV
dg_e/dt = -g_e / tau_e                                                         : nS, input
dg_i/dt = -g_i / tau_i                                                         : nS, input
spike when v >= v_th
on spike: v = v_reset
on start: v = v_rest
refractory t_ref: hold v

c_m = 200.0                                                                    : pF
g_l = 10.0                                                                     : nS
tau_e = 5.0                                                                    : ms
tau_i = 10.0                                                                   : ms
e_e = 0.0                                                                      : mV
e_i = -80.0                                                                    : mV
v_rest = -60.0                                                                 : mV
v_th = -50.0                                                                   : mV
v_reset = -60.0                                                                : mV
t_ref = 5.0                                                                    : ms
i_ext = 0.0                                                                    : pA   # constant current
"""


def LIFConductance(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """Leaky integrate-and-fire with the conductances ``g_e`` and ``g_i``; all weights, in nS, are positive.

    States are the potential ``v`` in mV, and ``g_e`` and ``g_i`` in nS, which are the two inputs.

    Parameters
    ----------
    integrator : str
        As of `neurosim.NeuronModel`.
    **values : float or array (n,)
        Other values of parameters, for all neurons or for each:

        - ``c_m``: membrane capacitance in pF; 200
        - ``g_l``: leak conductance in nS; 10
        - ``tau_e``, ``tau_i``: time constants of ``g_e`` and ``g_i`` in ms; 5, 10
        - ``e_e``, ``e_i``: reversal potentials of ``g_e`` and ``g_i`` in mV; 0, -80
        - ``v_rest``, ``v_th``, ``v_reset``: rest, threshold and reset in mV; -60, -50, -60
        - ``t_ref``: refractory time in ms; 5
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
    Vogels & Abbott (2005), J. Neurosci. 25:10786; Brette et al. (2007), J. Comput. Neurosci. 23:349.

    Examples
    --------
    >>> LIFConductance(e_i=-70.0).equations.states
    ('v', 'g_e', 'g_i')
    """
    return NeuronModel(TEXT, name="LIFConductance", integrator=integrator, **values)
