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
    """Leaky integrate-and-fire; a spike of weight w pA causes the current w e (t / tau_s) exp(-t / tau_s), peak w."""
    return NeuronModel(TEXT, name="LIFAlpha", integrator=integrator, **values)
