"""Learning rules: what a rule is, whether it is local, how it trains a network, and how well."""

from neurosim.learning.rule import Locality, Rule, RuleState, Stats

__all__ = ["Locality", "Rule", "RuleState", "Stats"]
