"""Learning rules, one file each, imported as ``neurosim.rules``: rules of a study, and synaptic rules for `connect`."""

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
