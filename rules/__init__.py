"""Learning rules, one file each, imported as ``neurosim.rules``."""

from neurosim.rules.backprop import Backprop
from neurosim.rules.feedback_alignment import FeedbackAlignment
from neurosim.rules.temporal_derivative import TemporalDerivative

__all__ = ["Backprop", "FeedbackAlignment", "TemporalDerivative"]
