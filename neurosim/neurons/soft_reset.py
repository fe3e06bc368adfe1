"""Integrate-and-fire neuron without leak, reset by subtraction: its rate is that of a rectified linear unit.

Equations: Rueckauer et al. (2017), Front. Neurosci. 11:682, "reset by subtraction".
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
dv/dt = i_ext : 1, input
spike when v >= v_th
on spike: v = v - v_th

v_th = 1.0    : 1
i_ext = 0.0   : 1/ms   # constant drive, the bias of a unit
"""


def SoftResetIF(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """Integrate-and-fire without leak; a spike subtracts v_th from ``v``, so that nothing is lost."""
    return NeuronModel(TEXT, name="SoftResetIF", integrator=integrator, **values)
