"""Leaky integrate-and-fire neuron with two exponential currents, excitatory and inhibitory.

Equations and parameters: the CUBA network of Vogels & Abbott (2005), J. Neurosci. 25:10786, with the numbers of its
benchmark as Brian2 distributes it (Brette et al. 2007, J. Comput. Neurosci. 23:349); r_m, 1 / (10 nS), is COBA's.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
dv/dt = (v_rest - v + r_m * (i_e + i_i + i_ext)) / tau_m : mV
di_e/dt = -i_e / tau_e                                   : pA, input
di_i/dt = -i_i / tau_i                                   : pA, input
spike when v >= v_th
on spike: v = v_reset
on start: v = v_rest
refractory t_ref: hold v

tau_m = 20.0                                             : ms
tau_e = 5.0                                              : ms
tau_i = 10.0                                             : ms
r_m = 0.1                                                : GOhm
v_rest = -49.0                                           : mV
v_th = -50.0                                             : mV
v_reset = -60.0                                          : mV
t_ref = 5.0                                              : ms
i_ext = 0.0                                              : pA   # constant current
"""


def LIFTwoCurrents(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """Leaky integrate-and-fire with the currents ``i_e`` and ``i_i``; an inhibitory weight is negative.

    States are the potential ``v`` in mV, and ``i_e`` and ``i_i`` in pA, which are the two inputs. By default v_rest is
    above the threshold, as in the CUBA network: a neuron spikes without input.

    Parameters
    ----------
    integrator : str
        As of `neurosim.NeuronModel`.
    **values : float or array (n,)
        Other values of parameters, for all neurons or for each:

        - ``tau_m``: membrane time constant in ms; 20
        - ``tau_e``, ``tau_i``: time constants of ``i_e`` and ``i_i`` in ms; 5, 10
        - ``r_m``: membrane resistance in GOhm; 0.1
        - ``v_rest``, ``v_th``, ``v_reset``: rest, threshold and reset in mV; -49, -50, -60
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
    >>> LIFTwoCurrents(v_rest=-60.0).equations.states
    ('v', 'i_e', 'i_i')
    """
    return NeuronModel(TEXT, name="LIFTwoCurrents", integrator=integrator, **values)
