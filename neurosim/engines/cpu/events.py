"""Prints the events of a rule for synapses: one flat module for each rule, whatever the values of its constants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, get_type_hints

from neurosim.engines.cpu.templates import fill, read_blocks, sources_digest
from neurosim.engines.layout.columns import Ints, PlasticArrays, Reals, Steps
from neurosim.engines.layout.rule_names import RuleNames, signalled
from neurosim.equations import load_module

if TYPE_CHECKING:
    from neurosim.equations import CompiledRule

_NOTHING: Mapping[str, str] = MappingProxyType({})


def print_events(rule: CompiledRule, signals: Sequence[str]) -> str:
    """The module of ``rule`` in a network with ``signals``.

    It has on_pre_phase, on_post_phase, retire_spikes and apply_patches; a deferred rule has replay_deferred_events,
    one with events of signals or of the clock has on_signal_phase.
    """
    return _Printer(rule, signals).module()


def located(text: str) -> str:
    """Text in which p.name is an array of `PlasticArrays`, in terms of p, the table of their addresses and widths.

    An argument of dozens of arrays would take many seconds to compile. of_sample(p.name, k, begin, length) is a view of
    the values of sample k.
    """
    like = {Ints: "p", Steps: "log", Reals: "state"}  # the argument that has such elements
    arrays = {name: (number, like[kind]) for number, (name, kind) in enumerate(get_type_hints(PlasticArrays).items())}

    text = re.sub(r"\bof_sample\(p\.(\w+), (\w+), ", r"vector(p.\1, \2 * p.\1.shape[1] + ", text)
    pieces = re.split(r"\bp\.(\w+)(\.shape\[1\])?", text)
    for k in range(1, len(pieces), 3):
        number, argument = arrays[pieces[k]]
        pieces[k] = f"p[{2 * number + 1}]" if pieces[k + 1] else f"flat({argument}, p, {2 * number})"
        pieces[k + 1] = ""
    return "".join(pieces)


class _Printer(RuleNames):
    """Names in the text: s_w the values of a row of synapses, stamp_w the steps of their last write, v_w what an event
    reads, n_w what it leaves, e_x a table of decay, pre_of_x and post_of_x the values of segments and targets, now_x
    those of targets as decayed to now, before_x those before a spike in the history, then_x that of the segment.
    """

    def module(self) -> str:
        """The text of the module."""
        rule, blocks = self.rule, read_blocks("events")
        holes: dict[str, str | Iterable[str]] = {**blocks, **self._holes()}
        words = self._words()
        for hole, is_needed in (
            ("replay", self.deferred),
            ("visit_rows", "on_pre" in rule.events),
            ("fade_post", bool(rule.post)),
            ("send", "on_pre" in rule.events and rule.events["on_pre"].sends),
            ("whole_part", self.columns),
            ("visit_column", self.columns),
            ("retire_source", bool(rule.pre)),
            ("retire_target", bool(rule.post)),
        ):
            holes[hole] = blocks[hole] if is_needed else ""
        chosen = ["head"]
        chosen += ["replay_full", "replay_sparse", "replay_segment", "replay_deferred_events"] if self.deferred else []
        chosen += ["on_pre_full", "on_pre_sparse"] if "on_pre" in rule.events else []
        chosen += ["on_post_column"] if self.columns else []
        functions = [fill(blocks[name], holes, **words) for name in chosen]
        for name in rule.sums:
            event = self._event(f"sum_{name}", {})
            functions.append(fill(blocks["add"], {"event": event}, sum=name, **words))
        signal_events = []
        for name in signalled(rule):
            read = self.read_sums(name)
            traces = self._faded("post", "post_of_{}[j]", "post_arrived[j]") | {n: f"total_{n}[j]" for n in read}
            own = words | {"event": name, "due": self._due(name)}
            own["visited_event"] = ", ".join([str(words["visited"]), *(f"total_{n}" for n in read)])
            functions.append(fill(blocks["visit"], {"event": self._event(name, traces)}, **own))
            number = list(rule.sums).index
            sums = [fill(blocks["sum"], holes, sum=n, number=number(n), **words) for n in read]
            signal_events.append(fill(blocks["signal_event"], holes | {"sums": "\n".join(sums)}, **own))
        holes["signal_events"] = "\n".join(signal_events)
        chosen = ["on_pre_phase", "on_post_phase_deferred" if self.deferred else "on_post_phase"]
        chosen += [*(["on_signal_phase"] if signal_events else []), "retire_spikes", "apply_patches"]
        functions += [fill(blocks[name], holes, **words) for name in chosen]
        return located("\n\n\n".join(functions) + "\n")

    def _words(self) -> dict[str, object]:
        """Lists of arguments, called what they are called in the function, and numbers."""
        rule = self.rule
        functions = [*rule.events, *(event.name for event in rule.sums.values()), *(f"decay_{n}" for n in self.fading)]
        pre, post = self._state_names("pre"), self._state_names("post")
        row = ["c", "signal", *self.rows, *(f"e_{name}" for name in self.fading)]
        v_pre, v_post = ([f"v_{name}" for name in names] for names in (rule.pre, rule.post))
        lists = {
            "row": row,
            "replayed": [*row, *(f"before_{name}" for name in rule.post), *(f"then_{name}" for name in rule.pre)],
            "visited": [*row, *v_pre, *pre, *(f"post_of_{name}" for name in rule.post), *post],
            "visited_full": [*row, *v_pre, *pre, *(f"now_{name}" for name in rule.post), *post],
            "column": [*row, *(f"pre_of_{name}" for name in rule.pre), *v_post, *post],
            "functions": [f"{name} as rule_{name}" for name in functions],
        }
        return {name: ", ".join(each) for name, each in lists.items()} | {
            "first_row": self.rows[0],
            "constants": len(rule.constants) + len(self.fading),
            "signals": len(self.signals),
            "functions_of": load_module(rule.source("numba")).__name__,
            "digest": sources_digest(),
        }

    def _holes(self) -> dict[str, list[str]]:
        """The lines for each hole."""
        rule = self.rule
        segments, sources, targets = (
            "part[Plastic.SOURCES] * part[Plastic.DELAYS]",
            "part[Plastic.SOURCES]",
            "part[Plastic.TARGETS]",
        )
        table = "p.table_at[part[Plastic.TABLE] + {}]".format
        holes = {
            "decay_tables": [
                f"e_{name} = vector(p.tables, {table(k)}, {table(k + 1)} - {table(k)})"
                for k, name in enumerate(self.fading)
            ],
            "rows": [
                f"{short}_{name} = of_sample(p.{array}, copy, {first} + {k} * part[Plastic.SYNAPSES] + begin, size)"
                for short, array, first, names in (
                    ("s", "values", "part[Plastic.VALUE]", rule.synaptic),
                    ("stamp", "stamps", "part[Plastic.STAMP]", self.stamped),
                )
                for k, name in enumerate(names)
            ],
            "pre_of_segments": _views("pre_of", "pre", "PRE", rule.pre, segments),
            "post_of_targets": _views("post_of", "post", "POST", rule.post, targets),
            "pre_of_sources": _views("pre_of", "base_pre", "BASE_PRE", rule.pre, sources),
            "base_post_of_targets": _views("post_of", "base_post", "POST", rule.post, targets),
            "before": _views("before", "before", "BEFORE", rule.post, "part[Plastic.CAPACITY]"),
            "now_post": [f"now_{n} = vector(fading, {k} * {targets}, {targets})" for k, n in enumerate(rule.post)],
            "states_of_targets": [
                f"state_{name} = vector(state, part[Plastic.POST_STATE] + {row} * part[Plastic.POST_STRIDE], {targets})"
                for name, row in self._states("post")
            ],
            "states_of_source": [
                f"state_{name} = state[U64(source_state[U64(2 * source)] + {row} * source_state[U64(2 * source + 1)])]"
                for name, row in self._states("pre")
            ],
            "prefetch": [f"prefetch({row}, synapses[n + U64(AHEAD)])" for row in self.rows],
            "then_pre": [f"then_{name} = pre_of_{name}[g]" for name in rule.pre],
            "fade": [
                f"now_{name}[j] = {value}"
                for name, value in self._faded("post", "post_of_{}[j]", "post_arrived[j]").items()
            ],
            "note_post": [f"before_{name}[n] = v_{name}" for name in rule.post],
        }
        for side, i in (("pre", "g"), ("post", "j")):
            names, event = self.side(side), rule.events.get(f"{side}_spike")
            values = self._faded(side, f"{side}_of_{{}}[{i}]", f"{side}_arrived[{i}]")
            written = event.writes if event else ()
            called = [self._call(event.name, [f"n_{name}" for name in written], event.reads)] if event else []
            kept = [f"{side}_of_{name}[{i}] = {'n' if name in written else 'v'}_{name}" for name in names]
            stamp = f"{side}_arrived[{i}] = t"
            patch = f"{side}_of_{{}}[{i}] = of_sample(p.patch_values, patch, {{}}, 1)[0]".format
            holes[f"read_{side}"] = [f"v_{name} = {value}" for name, value in values.items()]
            holes[f"update_{side}_traces"] = [*called, *kept, stamp]
            holes[f"patch_{side}"] = [*(patch(name, k) for k, name in enumerate(names)), stamp]
        if "on_pre" in rule.events:
            holes["on_pre_full"] = self._event("on_pre", {name: f"now_{name}[j]" for name in rule.post})
            holes["on_pre_sparse"] = self._event("on_pre", self._faded("post", "post_of_{}[j]", "post_arrived[j]"))
        if "on_post" in rule.events:
            noted = {name: f"before_{name}[q]" for name in rule.post}
            holes["on_post_deferred"] = self._event("on_post", noted | self._faded("pre", "then_{}", "arrived"))
            holes["on_post_column"] = self._event("on_post", self._faded("pre", "pre_of_{}[g]", "pre_arrived[g]"))
        return holes

    def _event(self, event: str, traces: Mapping[str, str]) -> list[str]:
        """The lines that read, call and write, for synapse i; ``traces`` are read first."""
        rule, function = self.rule, self.rule.events.get(event) or self.rule.sums[event.removeprefix("sum_")]
        values = dict(traces)
        for name in rule.synaptic:
            stamp = f"stamp_{name}[i]"
            values[name] = self._decayed(name, f"s_{name}[i]", stamp) if name in self.fading else f"s_{name}[i]"
        lines = [f"v_{name} = {values[name]}" for name in function.reads if name in values]
        results = [f"n_{name}" for name in function.writes] + (["sent"] if function.sends else [])
        lines.append(self._call(event, results, function.reads))
        for name in function.writes:
            lines += [f"s_{name}[i] = n_{name}", *([f"stamp_{name}[i] = t"] if name in self.stamped else [])]
        return lines

    def _call(self, function: str, results: Iterable[str], arguments: Iterable[str]) -> str:
        return f"{', '.join(results)}, = rule_{function}({', '.join(map(self._argument, arguments))})"

    def _argument(self, name: str) -> str:
        rule = self.rule
        if name in rule.constants:
            return f"c[{list(rule.constants).index(name)}]"
        if name in rule.signals:
            return f"signal[{self.signals.index(name)}]"
        if name in rule.states:
            return f"state_{name}{'[j]' if rule.states[name][0] == 'post' else ''}"
        return f"v_{name}"

    def _faded(self, side: str, value: str, then: str) -> dict[str, str]:
        """The variables of a side by name: ``value`` of step ``then`` as it is in step t."""
        return {name: self._decayed(name, value.format(name), then) for name in self.side(side)}

    def _decayed(self, name: str, value: str, then: str) -> str:
        if name not in self.fading:
            return value
        rest = len(self.rule.constants) + self.fading.index(name)
        return f"rule_decay_{name}({value}, e_{name}[age(e_{name}, t, {then})], c[{rest}])[0]"

    def _due(self, event: str) -> str:
        """Whether the event of a signal or of the clock comes now."""
        each = self.rule.events[event]
        if not each.signal:
            return f"phase == CLOCK and (step + 1) % {each.period} == 0"
        number = self.signals.index(each.signal)
        return f"phase == {number} and of_sample(p.given, sample, {number}, 1)[0] == step"

    def _states(self, side: str) -> list[tuple[str, int]]:
        return [(name, row) for name, (where, row) in self.rule.states.items() if where == side]

    def _state_names(self, side: str) -> list[str]:
        return [f"state_{name}" for name, _ in self._states(side)]


def _views(prefix: str, array: str, column: str, names: Sequence[str], size: str) -> list[str]:
    """Views of variables that lie one after the other, ``size`` values of each."""
    view = f"of_sample(p.{array}, sample, part[Plastic.{column}] + {{}} * ({size}), {size})".format
    return [f"{prefix}_{name} = {view(k)}" for k, name in enumerate(names)]
