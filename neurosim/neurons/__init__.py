"""Neuron models, one text of equations per file. ``LIF(tau_m=20.0)`` is a model for ``Network.population``."""

from neurosim.neurons.adex import AdEx
from neurosim.neurons.alif import ALIF
from neurosim.neurons.izhikevich import Izhikevich
from neurosim.neurons.leaky_integrator import LeakyIntegrator
from neurosim.neurons.lif import LIF
from neurosim.neurons.lif_alpha import LIFAlpha
from neurosim.neurons.lif_conductance import LIFConductance
from neurosim.neurons.lif_delta import LIFDelta
from neurosim.neurons.lif_two_currents import LIFTwoCurrents
from neurosim.neurons.parrot import Parrot
from neurosim.neurons.soft_reset import SoftResetIF

__all__ = [
    "ALIF",
    "LIF",
    "AdEx",
    "Izhikevich",
    "LIFAlpha",
    "LIFConductance",
    "LIFDelta",
    "LIFTwoCurrents",
    "LeakyIntegrator",
    "Parrot",
    "SoftResetIF",
]
