"""The text of what the kernels for synapses with a rule call: one struct for each rule, around its printed events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from neurosim.engines.cuda.fields import enums
from neurosim.engines.layout.columns import PatchKind, Plastic
from neurosim.engines.layout.rule_names import RuleNames, indented, signalled

if TYPE_CHECKING:
    from neurosim.equations import CompiledRule

_READ = "const Moment &now, const Traces &traces, long long i, real *{side}"
_SPIKE = "const Moment &now, real *{side}"
_EVENT = "const Moment &now, long long i, long long source, long long j, const real *pre, const real *post"
_PHASE = "const Moment &now, long long step, int phase, int event"
_ADD = "const Moment &now, int event, long long i, real *totals"
_CALLS = MappingProxyType(
    {
        "on_pre_phase": "on_pre_phase_of<Rule{0}>(now, source, delay)",
        "on_post_phase": "on_post_phase_of<Rule{0}>(now, j)",
        "retire_spikes": "retire_spikes_of<Rule{0}>(now, source, j)",
        "on_signal_phase": "on_signal_phase_of<Rule{0}>(now, step, phase, mine, splits)",
        "apply_patches": "apply_patches_of<Rule{0}>(now, patch[2], patch[3], values)",
    }
)


def plastic_source(rules: Sequence[CompiledRule], signals: Sequence[str]) -> str:
    """The kernels for parts of ``rules``, by number, in a network with ``signals``."""
    events = {rule.hash: rule.source("cuda") for rule in rules}
    structs = [_struct(number, rule, signals) for number, rule in enumerate(rules)]
    text = (Path(__file__).parent / "plastic.cu").read_text("utf-8")
    for kernel, call in _CALLS.items():
        cases = (f"case {n}:\n    {call.format(n)};\n    break;\n" for n in range(len(rules)))
        text = text.replace(f"//= {kernel}\n", "".join(cases))
    text = text.replace("//= rules\n", "\n".join([*events.values(), *structs]))
    return f"{enums(Plastic, PatchKind)}\n{text}"


def _struct(number: int, rule: CompiledRule, signals: Sequence[str]) -> str:
    """The struct of a rule."""
    of, events = _Printer(rule, signals), rule.events
    facts = {
        "PRE": len(rule.pre),
        "POST": len(rule.post),
        "ON_PRE": int("on_pre" in events),
        "ON_POST": int("on_post" in events),
        "SUMS": len(rule.sums),
        "EVENTS": len(signalled(rule)),
        "SENDS": int("on_pre" in events and events["on_pre"].sends),
    }
    functions = [f"enum {{ {', '.join(f'{name} = {value}' for name, value in facts.items())} }};"]
    for side in ("pre", "post"):
        functions += _function(f"void read_{side}", _READ.format(side=side), of.read(side))
        functions += _function(f"void update_{side}_traces", _SPIKE.format(side=side), of.update_traces(side))
    functions += _function("void on_pre", f"{_EVENT}, real *sent", of.event("on_pre"))
    functions += _function("void on_post", _EVENT, of.event("on_post"))
    dues = {name: f"({of.meant(name)} && {of.due(name)})" for name in signalled(rule)}
    functions += _function("bool due", _PHASE, [f"return {' || '.join(dues.values()) or 'false'};"])
    lines = [line for name, due in dues.items() for line in (f"if ({due}) {{", *indented(1, of.event(name)), "}")]
    rest = f"{_EVENT.partition(', ')[2]}, const real *totals"
    functions += _function("void on_signal_phase", f"{_PHASE}, {rest}", lines)
    functions += _function("void add", _ADD, of.sums())
    return "\n".join([f"struct Rule{number} {{", *indented(1, functions), "};", ""])


class _Printer(RuleNames):
    """The statements of the events of a rule."""

    def read(self, side: str) -> list[str]:
        """The variables of a neuron as they are now."""
        return [
            self._decayed(name, f"traces.values[{row} * traces.width + i]", "traces.steps[i]", f"{side}[{row}]")
            for row, name in enumerate(self.side(side))
        ]

    def update_traces(self, side: str) -> list[str]:
        """The variables after a spike; a result may overwrite an argument, since the function has a copy."""
        event, names = self.rule.events.get(f"{side}_spike"), self.side(side)
        if event is None:
            return []
        return [self._call(event.name, event.reads, [f"&{side}[{names.index(name)}]" for name in event.writes])]

    def event(self, name: str) -> list[str]:
        """What an event does to synapse i from ``source`` to target j."""
        rule = self.rule
        if name not in rule.events:
            return []
        event, row = rule.events[name], rule.synaptic.index
        lines = [f"real v_{each};" for each in rule.synaptic if each in (*event.reads, *event.writes)]
        lines += [self._now(each) for each in event.reads if each in rule.synaptic]
        results = [f"&v_{each}" for each in event.writes] + (["sent"] if event.sends else [])
        lines.append(self._call(name, event.reads, results))
        for each in event.writes:
            lines.append(f"now.value({row(each)}, i) = v_{each};")
            lines += [f"{self._stamp(each)} = now.t;"] if each in self.stamped else []
        return lines

    def sums(self) -> list[str]:
        """What synapse i adds to each of the sums that an event reads."""
        lines = []
        for k, (name, summand) in enumerate(self.rule.sums.items()):
            reading = [self.meant(each) for each in signalled(self.rule) if name in self.read_sums(each)]
            body = [f"real v_{each};" for each in summand.reads if each in self.rule.synaptic]
            body += [self._now(each) for each in summand.reads if each in self.rule.synaptic]
            body += ["real sent;", self._call(summand.name, summand.reads, ["&sent"]), f"totals[{k}] += sent;"]
            lines += [f"if ({' || '.join(reading) or 'false'}) {{", *indented(1, body), "}"]
        return lines

    def meant(self, name: str) -> str:
        """Whether ``event`` is the number of an event of a signal or of the clock, or says any."""
        return f"(event == ANY_EVENT || event == {signalled(self.rule).index(name)})"

    def due(self, name: str) -> str:
        """Whether an event of a signal or of the clock comes in a phase of this step."""
        event = self.rule.events[name]
        if event.signal:
            return f"(phase == {self.signals.index(event.signal)} && now.given(phase) == step)"
        return f"(phase == {len(self.signals)} && (step + 1) % {event.period} == 0)"

    def _now(self, name: str) -> str:
        """The statement that reads a synaptic variable as it is now."""
        place = f"now.value({self.rule.synaptic.index(name)}, i)"
        return self._decayed(name, place, self._stamp(name), f"v_{name}")

    def _stamp(self, name: str) -> str:
        return f"now.stamp({self.stamped.index(name)}, i)" if name in self.stamped else ""

    def _decayed(self, name: str, value: str, then: str, into: str) -> str:
        """The statement that puts ``value`` of step ``then`` as it is now ``into`` a variable."""
        if name not in self.fading:
            return f"{into} = {value};"
        k = self.fading.index(name)
        rest = f"now.constant({len(self.rule.constants) + k})"
        return f"rule_{self.rule.hash[:16]}::decay_{name}({value}, now.factor({k}, {then}), {rest}, &{into});"

    def _call(self, event: str, reads: Iterable[str], results: Iterable[str]) -> str:
        return f"rule_{self.rule.hash[:16]}::{event}({', '.join([*map(self._argument, reads), *results])});"

    def _argument(self, name: str) -> str:
        rule = self.rule
        places: tuple[tuple[Sequence[str], Callable[[int], str]], ...] = (
            (rule.pre, "pre[{}]".format),
            (rule.post, "post[{}]".format),
            (list(rule.sums), "totals[{}]".format),
            (list(rule.constants), "now.constant({})".format),
            (self.signals if name in rule.signals else (), "now.signal({})".format),
        )
        for names, form in places:
            if name in names:
                return form(names.index(name))
        if name in rule.synaptic:
            return f"v_{name}"
        side, row = rule.states[name]
        return f"now.{side}_state({row}, {'source' if side == 'pre' else 'j'})"


def _function(head: str, arguments: str, body: Iterable[str]) -> list[str]:
    return [f"static __device__ __forceinline__ {head}({arguments})", "{", *indented(1, body), "}"]
