"""A rule's variables by kind, for the printers of plastic events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurosim.engines.plan import PlasticPlan
    from neurosim.equations import CompiledRule


class RuleNames:
    """A rule in a network with ``signals``: its variables by kind, and the expressions that stand for them.

    Names in the printed text: s_w the values of a row of synapses, v_w the value that an event reads, n_w the one
    that it leaves, e_x a table of decay, pre_of_x and post_of_x the values of segments and targets. The text's own
    names begin otherwise, since a rule may call x what it likes.
    """

    def __init__(self, rule: CompiledRule, signals: Sequence[str]) -> None:
        self.rule, self.signals = rule, tuple(signals)
        self.fading, self.stamped = fading(rule), stamped(rule)
        self.deferred, self.columns = is_deferred(rule), has_columns(rule)
        self.rows = [f"s_{name}" for name in rule.synaptic] + [f"stamp_{name}" for name in self.stamped]

    def side(self, side: str) -> tuple[str, ...]:
        return self.rule.pre if side == "pre" else self.rule.post

    def read_sums(self, event: str) -> list[str]:
        """The sums that an event reads."""
        return [name for name in self.rule.sums if name in self.rule.events[event].reads]


def text_key(rule: CompiledRule) -> str:
    """All that the printed events of a rule depend on, in a network: rules with the same key differ in values only."""
    names = rule.synaptic, rule.pre, rule.post, tuple(rule.decays), tuple(rule.constants), tuple(rule.states.items())
    return repr((rule.hash, rule.family, *names, tuple(rule.events.values()), tuple(rule.sums.values())))


def chosen_family(plan: PlasticPlan, batch: int) -> PlasticPlan:
    """The plan with the family that the engine uses: events that several samples share cannot be deferred."""
    if plan.copies == batch:
        return plan
    return replace(plan, rule=replace(plan.rule, family="two_sided"))


def fading(rule: CompiledRule) -> list[str]:
    """The variables with an equation, in the order of their tables."""
    return [name for name in (*rule.synaptic, *rule.pre, *rule.post) if name in rule.decays]


def stamped(rule: CompiledRule) -> list[str]:
    """The synaptic variables with an equation: the step of their last write is kept."""
    return [name for name in rule.synaptic if name in rule.decays]


def is_deferred(rule: CompiledRule) -> bool:
    """Whether post events are deferred: replayed later, from a history."""
    return rule.family == "pre_only" and "on_post" in rule.events


def has_columns(rule: CompiledRule) -> bool:
    """Whether post events visit the synapses of their target."""
    return rule.family == "two_sided" and "on_post" in rule.events


def signalled(rule: CompiledRule) -> list[str]:
    """The events that come after those of spikes, in their order: of signals, then of the clock."""
    return [name for name, event in rule.events.items() if event.signal] + [
        name for name, event in rule.events.items() if event.period
    ]


def indented(depth: int, lines: Iterable[str]) -> list[str]:
    """The lines, ``depth`` levels deeper."""
    return [f"{'    ' * depth}{line}" for line in lines]
