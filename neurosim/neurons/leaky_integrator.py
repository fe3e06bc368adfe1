"""Leaky integrator without spikes: the readout of a spiking network, dimensionless in everything but time.

Equations: Bellec et al. (2020), Nat. Commun. 11:3625.
"""

from __future__ import annotations

from neurosim.equations.neuron_model import NeuronModel, ParameterValue

TEXT = """
dv/dt = (bias - v) / tau_m : 1, input

tau_m = 20.0               : ms
bias = 0.0                 : 1
"""


def LeakyIntegrator(*, integrator: str = "auto", **values: ParameterValue) -> NeuronModel:
    """A readout: an input spike of weight w adds w to ``v``, which relaxes to the bias with tau_m."""
    return NeuronModel(TEXT, name="LeakyIntegrator", integrator=integrator, **values)
