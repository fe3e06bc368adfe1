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

    The defaults rest above the threshold, as the CUBA network's neurons do: alone it fires.
    """
    return NeuronModel(TEXT, name="LIFTwoCurrents", integrator=integrator, **values)
