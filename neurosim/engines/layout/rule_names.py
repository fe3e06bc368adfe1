"""What the printers of plastic events know about a rule, and how printed text finds its arrays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, get_type_hints

from neurosim.engines.layout import plastic_columns as plastic_tables
from neurosim.engines.layout.plastic_arrays import Ints, Plastic, Reals, Steps

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
        self.lazy, self.columns = is_lazy(rule), has_columns(rule)
        self.rows = [f"s_{name}" for name in rule.synaptic] + [f"stamp_{name}" for name in self.stamped]
        self.common = ["c", "signal", *self.rows, *(f"e_{name}" for name in self.fading)]

    def event(self, event: str, traces: dict[str, str], element: dict[str, str] | None = None) -> list[str]:
        """The lines that read, call and write, for synapse i; ``element`` tells which of a side's states is meant."""
        rule, function = self.rule, self.rule.events.get(event) or self.rule.sums[event.removeprefix("sum_")]
        lines, given = [], []
        for name in function.reads:
            if name in rule.synaptic:
                stamp = f"stamp_{name}[i]"
                value = self.decayed(name, f"s_{name}[i]", "t", stamp) if name in self.fading else f"s_{name}[i]"
                lines.append(f"v_{name} = {value}")
            elif name in traces:
                lines.append(f"v_{name} = {traces[name]}")
            given.append(self.argument(name, element or {}))
        results = [f"n_{name}" for name in function.writes] + (["sent"] if function.sends else [])
        lines.append(f"{', '.join(results)}, = {event}({', '.join(given)})")
        for name in function.writes:
            lines.append(f"s_{name}[i] = n_{name}")
            lines += [f"stamp_{name}[i] = t"] if name in self.stamped else []
        return lines

    def argument(self, name: str, element: dict[str, str]) -> str:
        rule = self.rule
        if name in (*rule.synaptic, *rule.pre, *rule.post, *rule.sums):
            return f"v_{name}"
        if name in rule.constants:
            return f"c[{list(rule.constants).index(name)}]"
        if name in rule.signals:
            return f"signal[{self.signals.index(name)}]"
        side = name.rpartition("_")[2]
        return f"state_{name}{element.get(side, '')}"

    def decayed(self, name: str, value: str, now: str, then: str) -> str:
        """The expression for ``value`` of step ``then`` in step ``now``."""
        if name not in self.fading:
            return value
        rest = len(self.rule.constants) + self.fading.index(name)
        return f"decay_{name}({value}, e_{name}[age(e_{name}, {now}, {then})], c[{rest}])[0]"

    def side(self, side: str) -> tuple[str, ...]:
        return self.rule.pre if side == "pre" else self.rule.post

    def read_sums(self, event: str) -> list[str]:
        """The sums that an event reads."""
        return [name for name in self.rule.sums if name in self.rule.events[event].reads]

    def state_names(self, side: str) -> list[str]:
        return [f"state_{name}" for name, (where, _) in self.rule.states.items() if where == side]


def located(text: str) -> str:
    """Text in which p.name is an array of `Plastic`, in terms of p, the table of their addresses and widths.

    An argument of dozens of arrays would take many seconds to compile. on.NAME becomes the number of a column.
    """
    kinds = {Ints: "p", Steps: "log", Reals: "state"}  # the argument that has such elements
    fields = {name: (number, kinds[kind]) for number, (name, kind) in enumerate(get_type_hints(Plastic).items())}

    def place(found: re.Match[str]) -> str:
        number, like = fields[found[1]]
        return f"p[{2 * number + 1}]" if found[2] else f"flat({like}, p, {2 * number})"

    text = re.sub(r"\bp\.(\w+)(\.shape\[1\])?", place, text)
    return re.sub(r"\bon\.([A-Z_]+)", lambda found: str(getattr(plastic_tables, found[1])), text)


def text_key(rule: CompiledRule) -> str:
    """All that the printed events of a rule depend on, in a network: rules with the same key differ in values only."""
    names = rule.synaptic, rule.pre, rule.post, tuple(rule.decays), tuple(rule.constants), tuple(rule.states.items())
    return repr((rule.hash, rule.family, *names, tuple(rule.events.values()), tuple(rule.sums.values())))


def chosen_family(plan: PlasticPlan, batch: int) -> PlasticPlan:
    """The plan with the family that the engine uses: what several samples write cannot be made up for later."""
    if plan.copies == batch:
        return plan
    return replace(plan, rule=replace(plan.rule, family="two_sided"))


def fading(rule: CompiledRule) -> list[str]:
    """The variables with an equation, in the order of their tables."""
    return [name for name in (*rule.synaptic, *rule.pre, *rule.post) if name in rule.decays]


def stamped(rule: CompiledRule) -> list[str]:
    """The synaptic variables with an equation: the step of their last write is kept."""
    return [name for name in rule.synaptic if name in rule.decays]


def is_lazy(rule: CompiledRule) -> bool:
    """Whether post events are made up for later, from a history."""
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


def function(decorator: str, head: str, body: Iterable[str]) -> str:
    """The text of a function."""
    return "\n".join([f"@{decorator}", f"def {head}:", *indented(1, body)])
