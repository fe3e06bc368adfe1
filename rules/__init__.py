"""Learning rules, one file each, imported as ``neurosim.rules``: rules of a study, and synaptic rules for `connect`."""

from neurosim.rules.backprop import Backprop
from neurosim.rules.feedback_alignment import FeedbackAlignment
from neurosim.rules.pair_stdp import PairSTDP
from neurosim.rules.stdp import Stdp
from neurosim.rules.temporal_derivative import TemporalDerivative
from neurosim.rules.temporal_derivative_synapse import TemporalDerivativeSynapse, TracedDerivativeSynapse

__all__ = [
    "Backprop",
    "FeedbackAlignment",
    "PairSTDP",
    "Stdp",
    "TemporalDerivative",
    "TemporalDerivativeSynapse",
    "TracedDerivativeSynapse",
]
