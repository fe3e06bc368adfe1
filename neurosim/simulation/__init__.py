"""Spiking networks: declare, compile, run, record, read, set and save."""

from neurosim.simulation.network import Network
from neurosim.simulation.parts import Graded
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import Poisson, SpikeTimes

__all__ = ["Graded", "Network", "Poisson", "Simulation", "SpikeTimes"]
