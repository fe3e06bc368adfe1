"""Connectivity: builders of synapses, their weights and delays, the canonical form of synapses.

    from neurosim.connectivity import FixedProbability, Normal, build
    synapses = build(FixedProbability(0.1), 800, 200, weight=Normal(1.0, 0.1), delay=1.5, dt=0.1, seed=1, name="e->i")

Numba is imported when the first synapse is drawn.
"""

from neurosim.connectivity.builders import (
    AllToAll,
    FixedInDegree,
    FixedOutDegree,
    FixedProbability,
    FixedTotalNumber,
    OneToOne,
)
from neurosim.connectivity.distributions import LogNormal, Normal, Uniform
from neurosim.connectivity.from_arrays import FromArrays
from neurosim.connectivity.spatial import Exponential, Gaussian, SpatialKernel
from neurosim.connectivity.synapses import Synapses, build, in_degree, out_degree, to_scipy

__all__ = [
    "AllToAll",
    "Exponential",
    "FixedInDegree",
    "FixedOutDegree",
    "FixedProbability",
    "FixedTotalNumber",
    "FromArrays",
    "Gaussian",
    "LogNormal",
    "Normal",
    "OneToOne",
    "SpatialKernel",
    "Synapses",
    "Uniform",
    "build",
    "in_degree",
    "out_degree",
    "to_scipy",
]
