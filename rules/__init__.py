"""Learning rules, one file each, imported as ``neurosim.rules``: rules of a study, and synaptic rules for `connect`.

A class is imported when it is first used. A new file gets its line in one of the two tables.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurosim.rules.backprop import Backprop
    from neurosim.rules.bcm import BCM
    from neurosim.rules.diehl_cook import DiehlCook
    from neurosim.rules.feedback_alignment import FeedbackAlignment
    from neurosim.rules.homeostatic_scaling import HomeostaticScaling
    from neurosim.rules.inhibitory_stdp import InhibitorySTDP
    from neurosim.rules.modulated_stdp import ModulatedSTDP
    from neurosim.rules.nearest_pair_stdp import NearestPairSTDP
    from neurosim.rules.normalised_stdp import NormalisedSTDP
    from neurosim.rules.oja import Oja
    from neurosim.rules.pair_stdp import PairSTDP
    from neurosim.rules.reward_stdp import RewardSTDP
    from neurosim.rules.short_term_plasticity import ShortTermPlasticity
    from neurosim.rules.stdp import Stdp
    from neurosim.rules.symmetric_stdp import SymmetricSTDP
    from neurosim.rules.temporal_derivative import TemporalDerivative
    from neurosim.rules.temporal_derivative_spiking import TemporalDerivativeSpiking
    from neurosim.rules.temporal_derivative_synapse import TemporalDerivativeSynapse, TracedDerivativeSynapse
    from neurosim.rules.triplet_stdp import NearestTripletSTDP, TripletSTDP
    from neurosim.rules.weight_dependent_stdp import WeightDependentSTDP

__all__ = [
    "BCM",
    "Backprop",
    "DiehlCook",
    "FeedbackAlignment",
    "HomeostaticScaling",
    "InhibitorySTDP",
    "ModulatedSTDP",
    "NearestPairSTDP",
    "NearestTripletSTDP",
    "NormalisedSTDP",
    "Oja",
    "PairSTDP",
    "RewardSTDP",
    "ShortTermPlasticity",
    "Stdp",
    "SymmetricSTDP",
    "TemporalDerivative",
    "TemporalDerivativeSpiking",
    "TemporalDerivativeSynapse",
    "TracedDerivativeSynapse",
    "TripletSTDP",
    "WeightDependentSTDP",
]

STUDY = MappingProxyType(
    {
        "backprop": ("Backprop",),
        "diehl_cook": ("DiehlCook",),
        "feedback_alignment": ("FeedbackAlignment",),
        "stdp": ("Stdp",),
        "temporal_derivative": ("TemporalDerivative",),
        "temporal_derivative_spiking": ("TemporalDerivativeSpiking",),
    }
)
"""Rules that train a network in a study: file -> its classes."""
SYNAPTIC = MappingProxyType(
    {
        "bcm": ("BCM",),
        "homeostatic_scaling": ("HomeostaticScaling",),
        "inhibitory_stdp": ("InhibitorySTDP",),
        "modulated_stdp": ("ModulatedSTDP",),
        "nearest_pair_stdp": ("NearestPairSTDP",),
        "normalised_stdp": ("NormalisedSTDP",),
        "oja": ("Oja",),
        "pair_stdp": ("PairSTDP",),
        "reward_stdp": ("RewardSTDP",),
        "short_term_plasticity": ("ShortTermPlasticity",),
        "symmetric_stdp": ("SymmetricSTDP",),
        "temporal_derivative_synapse": ("TemporalDerivativeSynapse", "TracedDerivativeSynapse"),
        "triplet_stdp": ("NearestTripletSTDP", "TripletSTDP"),
        "weight_dependent_stdp": ("WeightDependentSTDP",),
    }
)
"""Rules for ``connect(rule=)``: file -> its classes."""


def __getattr__(name: str) -> Any:
    for file, classes in (*STUDY.items(), *SYNAPTIC.items()):
        if name in classes:
            return getattr(import_module(f"neurosim.rules.{file}"), name)
    raise AttributeError(f"module 'neurosim.rules' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
