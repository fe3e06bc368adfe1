"""Adaptive exponential integrate-and-fire. Source: Brette & Gerstner (2005), J. Neurophysiol. 94:3637.

Parameters are those that the paper fits to its detailed model; the current input, with tau_s, is ours. The derivative
is taken at min(v, v_peak): within the step of a spike the exponential would overflow.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue, check_positive

TEXT = """
dv/dt = (-g_l * (vm - e_l) + g_l * delta_t * exp((vm - v_t) / delta_t) - w + i + i_ext) / c_m : mV
dw/dt = (a * (vm - e_l) - w) / tau_w                                                          : pA
di/dt = -i / tau_s                                                                            : pA, input
vm = min(v, v_peak)                                                                           : mV
spike when v >= v_peak
on spike: v = e_l; w = w + b
on start: v = e_l

c_m = 281.0                                                                                   : pF
g_l = 30.0                                                                                    : nS
e_l = -70.6                                                                                   : mV
v_t = -50.4                                                                                   : mV
delta_t = 2.0                                                                                 : mV
tau_w = 144.0                                                                                 : ms
a = 4.0                                                                                       : nS
b = 80.5                                                                                      : pA
v_peak = 20.0                                                                                 : mV
tau_s = 5.0                                                                                   : ms
i_ext = 0.0                                                                                   : pA
"""


def AdEx(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """Adaptive exponential integrate-and-fire; a spike of weight w pA adds w to the current ``i``.

    States are the potential ``v`` in mV, the adaptation ``w`` in pA and the current ``i`` in pA.

    Parameters
    ----------
    integrator : str
        As of `neurosim.NeuronModel`.
    **values : float or array (n,)
        Other values of parameters, for all neurons or for each:

        - ``c_m``: membrane capacitance in pF; 281
        - ``g_l``, ``e_l``: leak conductance in nS and its reversal potential in mV, which is the reset too; 30, -70.6
        - ``v_t``, ``delta_t``: threshold and slope factor of the exponential in mV; -50.4, 2
        - ``tau_w``: time constant of the adaptation in ms; 144
        - ``a``, ``b``: adaptation below threshold in nS, and at a spike in pA; 4, 80.5
        - ``v_peak``: potential at which a spike is detected in mV; 20
        - ``tau_s``: time constant of the current in ms; 5
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
    Brette & Gerstner (2005), J. Neurophysiol. 94:3637.

    Examples
    --------
    >>> AdEx(b=0.0).equations.states
    ('v', 'w', 'i')
    """
    model = NeuronModel(TEXT, name="AdEx", integrator=integrator, **values)
    check_positive(model, "delta_t")
    return model
