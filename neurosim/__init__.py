"""neurosim: a spiking and local-learning simulator that compares learning rules fairly.

    import neurosim as ns
    study = ns.compare(rules=["backprop", "temporal_derivative"], network="mlp", data="digits", epochs=10, seeds=3)
    print(study.table())

Names are imported when first used, so that ``import neurosim`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from neurosim.core.version import __version__ as __version__

if TYPE_CHECKING:
    from neurosim.connectivity import (
        AllToAll,
        FixedInDegree,
        FixedOutDegree,
        FixedProbability,
        FixedTotalNumber,
        FromArrays,
        LogNormal,
        Normal,
        OneToOne,
        SpatialKernel,
        Uniform,
    )
    from neurosim.core.errors import DivergenceError, InputError
    from neurosim.core.rng import Stream
    from neurosim.datasets import Dataset, load
    from neurosim.equations import NeuronModel, SynapticRule
    from neurosim.layers import RateNetwork, Stack
    from neurosim.layers.layer import Batch, Layer
    from neurosim.learning.rule import Locality, Rule, RuleState, Stats
    from neurosim.runlog import RunLog, open_run
    from neurosim.simulation.network import Network
    from neurosim.simulation.parts import Graded
    from neurosim.simulation.simulation import Simulation
    from neurosim.simulation.sources import Poisson, SpikeTimes
    from neurosim.study.comparison import Study, compare

__all__ = [
    "AllToAll",
    "Batch",
    "Dataset",
    "DivergenceError",
    "FixedInDegree",
    "FixedOutDegree",
    "FixedProbability",
    "FixedTotalNumber",
    "FromArrays",
    "Graded",
    "InputError",
    "Layer",
    "Locality",
    "LogNormal",
    "Network",
    "NeuronModel",
    "Normal",
    "OneToOne",
    "Poisson",
    "RateNetwork",
    "Rule",
    "RuleState",
    "RunLog",
    "Simulation",
    "SpatialKernel",
    "SpikeTimes",
    "Stack",
    "Stats",
    "Stream",
    "Study",
    "SynapticRule",
    "Uniform",
    "compare",
    "load",
    "open_run",
]

_HOME = MappingProxyType(
    {
        "AllToAll": "connectivity",
        "Batch": "layers.layer",
        "Dataset": "datasets",
        "DivergenceError": "core.errors",
        "FixedInDegree": "connectivity",
        "FixedOutDegree": "connectivity",
        "FixedProbability": "connectivity",
        "FixedTotalNumber": "connectivity",
        "FromArrays": "connectivity",
        "Graded": "simulation",
        "InputError": "core.errors",
        "Layer": "layers.layer",
        "Locality": "learning",
        "LogNormal": "connectivity",
        "Network": "simulation",
        "NeuronModel": "equations",
        "Normal": "connectivity",
        "OneToOne": "connectivity",
        "Poisson": "simulation",
        "RateNetwork": "layers",
        "Rule": "learning",
        "RuleState": "learning",
        "RunLog": "runlog",
        "Simulation": "simulation",
        "SpatialKernel": "connectivity",
        "SpikeTimes": "simulation",
        "Stack": "layers",
        "Stats": "learning",
        "Stream": "core.rng",
        "Study": "study.comparison",
        "SynapticRule": "equations",
        "Uniform": "connectivity",
        "compare": "study.comparison",
        "load": "datasets",
        "open_run": "runlog",
    }
)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'neurosim' has no attribute {name!r}")
    return getattr(import_module(f"neurosim.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
