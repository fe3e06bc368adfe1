"""Learning rules: what a rule is, whether it is local, how it trains a network, and how well."""

from neurosim.learning.locality import LocalRule, View, Visit
from neurosim.learning.rule import Locality, RateRule, Rule, RuleState, Spec, SpikingRule, Stats, observe

__all__ = [
    "LocalRule",
    "Locality",
    "RateRule",
    "Rule",
    "RuleState",
    "Spec",
    "SpikingRule",
    "Stats",
    "View",
    "Visit",
    "observe",
]
