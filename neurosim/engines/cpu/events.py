"""The compiled events of a synaptic rule: one flat module for each rule, whatever the values of its constants.

A presynaptic variable is kept for each segment (see `plastic_tables`), as the spike left it that arrived last, with
the step in which it arrived: between two arrivals the synapse reads that value, decayed. In the family ``pre_only``
nothing happens at a postsynaptic spike, but that the spike enters a history; when a spike arrives at a segment, the
post events since the last one are made up for, in the order of time. In the family ``two_sided`` a postsynaptic
spike visits its synapses through a transposed index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from neurosim.engines.cpu.plastic_inner import inner_loops
from neurosim.engines.layout.rule_names import RuleNames, function, indented, located, signalled
from neurosim.equations import load_module

if TYPE_CHECKING:
    from neurosim.equations import CompiledRule

_HEAD = '''"""The events of a rule, {family}. Printed by neurosim.engines.cpu.events; sources: {digest}."""

import numpy as np

from neurosim.core.jit import compiled, disjoint
from neurosim.engines.cpu.loop import CLOCK, age
from neurosim.core.platform import prefetch
from neurosim.core.views import flat, vector
from {module} import {functions}

U64, I32 = np.uint64, np.int32
AHEAD = 16  # synapses of a column between prefetch and use
'''


class RuleText:
    """The module of a rule in a network with ``signals``."""

    def __init__(self, rule: CompiledRule, signals: Sequence[str]) -> None:
        self._of = RuleNames(rule, signals)

    def module(self, digest: str) -> str:
        """The text; ``digest`` is that of its sources.

        It defines before, after, settle, mend and flush, and modulate where a signal or the clock has events.
        """
        rule = self._of.rule
        summands = [event.name for event in rule.sums.values()]
        functions = ", ".join([*rule.events, *summands, *(f"decay_{name}" for name in self._of.fading)])
        module = load_module(rule.source("numba")).__name__
        head = _HEAD.format(family=rule.family, digest=digest, module=module, functions=functions)
        return located("\n\n\n".join([head.rstrip(), *inner_loops(self._of), *self._outer()]) + "\n")

    def _outer(self) -> Iterator[str]:
        if self._of.lazy:
            yield self._catch_up()
        yield self._flush()
        yield self._before()
        yield self._after()
        if signalled(self._of.rule):
            yield self._modulate()
        yield self._settle()
        yield self._mend()

    def _catch_up(self) -> str:
        rest = [
            *(f"before_{name}" for name in self._of.rule.post),
            "since",
            "count",
            "arrived[g]",
        ]
        rest += [f"pre_of_{name}[g]" for name in self._of.rule.pre]
        lines = [
            "seen = vector(p.seen, sample * p.seen.shape[1] + part[on.SEGMENT] + g, 1)",
            "since, count = seen[0], p.counts[sample * p.counts.shape[1] + part[on.COUNT]]",
            "if since == count:",
            "    return",
            "seen[0] = count",
            *self._constant_views(),
            *self._segment_views("pre"),
            *self._row_views(),
            *self._history(),
            "if part[on.FULL]:",
            f"    replay_full({_listed(self._of.common, 'steps', 'spikers', rest)})",
            "else:",
            "    latest = vector(p.latest, sample * p.latest.shape[1] + part[on.TARGET], part[on.TARGETS])",
            f"    replay_sparse({_listed(self._of.common, 'steps', 'previous', rest, 'latest', 'places', 'chain')})",
        ]
        return function("compiled", "catch_up(part, p, sample, g, begin, size, log, state, chain)", lines)

    def _flush(self) -> str:
        event = ["catch_up(part, p, sample, g, begin, size, log, state, chain)"]
        lines = [
            _PART,
            *_segments(event),
            "for g in range(part[on.SOURCES] * part[on.DELAYS]):",
            "    p.seen[sample * p.seen.shape[1] + part[on.SEGMENT] + g] = 0",
            "for j in range(part[on.TARGETS]):",
            "    p.latest[sample * p.latest.shape[1] + part[on.TARGET] + j] = -1",
            "p.counts[sample * p.counts.shape[1] + part[on.COUNT]] = 0",
        ]
        return function("compiled", "flush(row, p, sample, log, state, chain)", lines if self._of.lazy else ["return"])

    def _before(self) -> str:
        rule = self._of.rule
        event = ["catch_up(part, p, sample, g, begin, size, log, state, chain)"] if self._of.lazy else []
        event += self._values("pre", "g", "arrived")
        lines = [
            _PART,
            "t, delays, fresh, events, clipped = I32(step), part[on.DELAYS], False, 0, 0",
            "per_scale, limit = p.scales[2 * row], p.scales[2 * row + 1]",
            "own_slots = vector(slots, part[on.SLOT], part[on.TARGETS])",
            *self._constant_views(),
            *self._segment_views("pre"),
            *self._segment_views("post"),
            *self._state_views(),
        ]
        if "on_pre" in rule.events:
            given = [*self._of.common, "t", *(f"v_{name}" for name in rule.pre), *self._of.state_names("pre")]
            last = [*self._of.state_names("post"), "own_slots", "per_scale", "limit"]
            now, post = [f"now_{name}" for name in rule.post], [f"post_of_{name}" for name in rule.post]
            for k, name in enumerate(now):
                lines.append(f"{name} = vector(fading, {k} * part[on.TARGETS], part[on.TARGETS])")
            event += [*self._row_views(), *self._source_states("source"), "if part[on.FULL]:"]
            if rule.post:
                fade = [
                    f"now_{n}[j] = {self._of.decayed(n, f'post_of_{n}[j]', 't', 'post_arrived[j]')}" for n in rule.post
                ]
                event += ["    if not fresh:", "        for j in range(U64(part[on.TARGETS])):", *indented(3, fade)]
                event += ["        fresh = True"]
            event += [
                f"    clipped += arrive_full({_listed(given, now, last)})",
                "else:",
                f"    clipped += arrive_sparse({_listed(given, post, 'places', 'post_arrived', last)})",
            ]
        event += [*self._spiked("pre", "g"), "arrived[g] = t", "events += size"]
        lines += [
            "for q in range(delays):",
            "    emitted = now - p.delays[part[on.DELAY] + q]",
            "    for other in range(lane, lane + lanes):",
            "        for k in range(log_from[other, emitted], log_from[other, emitted + 1]):",
            "            source = np.int64(log[other, k]) - part[on.SOURCE_FIRST]",
            "            if source < 0 or source >= part[on.SOURCES]:",
            "                continue",
            "            g = source * delays + q",
            "            begin = p.offsets[part[on.OFFSET] + g]",
            "            size = p.offsets[part[on.OFFSET] + g + 1] - begin",
            "            if size > 0:",
            *indented(4, event),
            "p.clipped[row * 8] += clipped",
            "return events",
        ]
        given_ = "row, p, sample, lane, lanes, now, step, log, log_from, slots, state, fading, chain"
        return function("compiled", f"before({given_})", lines)

    def _after(self) -> str:
        rule = self._of.rule
        lines = [
            _PART,
            "found = now - part[on.DENDRITIC]",
            "first, last = log_from[own, found], log_from[own, found + 1]",
            "if first == last:",
            "    return",
            "t = I32(step)",
            *self._constant_views(),
            *self._segment_views("post"),
            *self._state_views(),
        ]
        event = self._values("post", "j", "post_arrived")
        if self._of.lazy:
            lines += [
                "count = p.counts[sample * p.counts.shape[1] + part[on.COUNT]]",
                "if count + min(last - first, part[on.TARGETS]) > part[on.ROOM]:",
                "    flush(row, p, sample, log, state, chain)",
                "    count = 0",
                "latest = vector(p.latest, sample * p.latest.shape[1] + part[on.TARGET], part[on.TARGETS])",
                *self._history(),
            ]
            event += [
                "steps[count], spikers[count], previous[count] = t, j, latest[j]",
                *(f"before_{name}[count] = v_{name}" for name in rule.post),
                "latest[j] = count",
                "count += 1",
            ]
        if self._of.columns:
            lines += ["begin, size = 0, part[on.SYNAPSES]", *self._row_views(places=False), *self._segment_views("pre")]
            given = [*self._of.common, "t", "synapses", "segments", "arrived", *(f"pre_of_{name}" for name in rule.pre)]
            given += [f"v_{name}" for name in rule.post] + [f"{name}[j]" for name in self._of.state_names("post")]
            if self._of.state_names("pre"):
                lines.append("source_state = vector(p.source_state, part[on.PRE_STATE], 2 * part[on.SOURCES])")
                given += ["state", "source_state", "part[on.DELAYS]"]
            event += [
                "begun, ended = p.column_at[part[on.COLUMN] + j], p.column_at[part[on.COLUMN] + j + 1]",
                "synapses = vector(p.column, part[on.COLUMN_ITEM] + begun, ended - begun)",
                "segments = vector(p.column_segment, part[on.COLUMN_ITEM] + begun, ended - begun)",
                f"column({_listed(given)})",
            ]
        event += [*self._spiked("post", "j"), "post_arrived[j] = t"]
        lines += [
            "for k in range(first, last):",
            "    j = np.int64(log[own, k]) - part[on.TARGET_FIRST]",
            "    if j >= 0 and j < part[on.TARGETS]:",
            *indented(2, event),
            *(["p.counts[sample * p.counts.shape[1] + part[on.COUNT]] = count"] if self._of.lazy else []),
        ]
        return function("compiled", "after(row, p, sample, own, now, step, log, log_from, state, chain)", lines)

    def _modulate(self) -> str:
        rule = self._of.rule
        lines = [_PART, "t, delays = I32(step), part[on.DELAYS]", *self._constant_views()]
        lines += [*self._segment_views("pre"), *self._segment_views("post"), *self._state_views()]
        for name in signalled(rule):
            event = rule.events[name]
            due = f"phase == CLOCK and (step + 1) % {event.period} == 0"
            if event.signal:
                number = self._of.signals.index(event.signal)
                due = f"phase == {number} and p.given[sample * p.given.shape[1] + {number}] == step"
            given = [*self._of.common, "t", "places", *(f"v_{n}" for n in rule.pre), *self._of.state_names("pre")]
            given += [*(f"post_of_{n}" for n in rule.post), "post_arrived", *self._of.state_names("post")]
            given += [f"total_{n}" for n in self._of.read_sums(name)]
            body = [*self._row_views(), *self._values("pre", "g", "arrived"), *self._source_states("g // delays")]
            event_lines = [*self._totals(name), *_segments([*body, f"row_{name}({_listed(given)})"])]
            lines += [f"if {due}:", *indented(1, event_lines)]
        return function("compiled", "modulate(row, p, sample, step, phase, log, state)", [*lines, "return"])

    def _totals(self, event: str) -> list[str]:
        """Take the sums that an event reads: segments go by source and delay, so that each target's are in order."""
        lines = []
        for name in self._of.read_sums(event):
            k, size = list(self._of.rule.sums).index(name), "part[on.TARGETS]"
            at = f"sample * p.totals.shape[1] + part[on.TOTAL] + {k} * {size}"
            add = f"add_{name}({_listed(self._of.common, 't', 'places', f'total_{name}')})"
            lines += [f"total_{name} = vector(p.totals, {at}, {size})", f"total_{name}[:] = 0"]
            lines += _segments([*self._row_views(), add])
        return lines

    def _settle(self) -> str:
        """What is known of a spike that no synapse sees any more: the traces of the neurons that it leaves behind."""
        lines = [_PART, "t, found = I32(step), now - part[on.WINDOW]", *self._constant_views()]
        lines += [*self._base_views(), "for k in range(log_from[own, found], log_from[own, found + 1]):"]
        for side, i, first, count in (("pre", "i", "SOURCE", "SOURCES"), ("post", "j", "TARGET", "TARGETS")):
            if self._of.side(side):
                event = [*self._values(side, i, f"{side}_arrived"), *self._spiked(side, i), f"{side}_arrived[{i}] = t"]
                lines += [
                    f"    {i} = np.int64(log[own, k]) - part[on.{first}_FIRST]",
                    f"    if {i} >= 0 and {i} < part[on.{count}]:",
                    *indented(2, event),
                ]
        return function(
            "compiled", "settle(row, p, sample, own, now, step, log, log_from, state)", [*lines, "    pass"]
        )

    def _mend(self) -> str:
        """A trace that was written by hand takes effect."""
        lines = [_PART, "t = I32(step)"]
        kinds = (
            ("on.SEGMENT_PATCH", "pre", self._segment_views("pre"), "arrived"),
            ("on.TARGET_PATCH", "post", self._segment_views("post"), "post_arrived"),
            ("on.SOURCE_BASE_PATCH", "pre", self._base_views(), "pre_arrived"),
            ("on.TARGET_BASE_PATCH", "post", self._base_views(), "post_arrived"),
        )
        for kind, side, views, arrived in kinds:
            body = list(views)
            if kind == "on.SEGMENT_PATCH" and self._of.lazy:
                body += [
                    "begin = p.offsets[part[on.OFFSET] + i]",
                    "size = p.offsets[part[on.OFFSET] + i + 1] - begin",
                    "catch_up(part, p, sample, i, begin, size, log, state, chain)",
                ]
            body += [
                f"{side}_of_{name}[i] = p.patch_values[patch * p.patch_values.shape[1] + {k}]"
                for k, name in enumerate(self._of.side(side))
            ]
            lines += [f"if kind == {kind}:", *indented(1, [*body, f"{arrived}[i] = t"])]
        return function("compiled", "mend(row, p, sample, kind, i, patch, step, log, state, chain)", lines)

    def _values(self, side: str, i: str, arrived: str) -> list[str]:
        """Read the variables of a neuron as decayed to now."""
        return [
            f"v_{name} = {self._of.decayed(name, f'{side}_of_{name}[{i}]', 't', f'{arrived}[{i}]')}"
            for name in self._of.side(side)
        ]

    def _spiked(self, side: str, i: str) -> list[str]:
        """Write the variables of a neuron after its spike."""
        event = self._of.rule.events.get(f"{side}_spike")
        lines = []
        if event is not None:
            given = [self._of.argument(name, {}) for name in event.reads]
            lines.append(f"{', '.join(f'n_{name}' for name in event.writes)}, = {side}_spike({', '.join(given)})")
        written = event.writes if event is not None else ()
        return lines + [
            f"{side}_of_{name}[{i}] = {'n' if name in written else 'v'}_{name}" for name in self._of.side(side)
        ]

    def _constant_views(self) -> list[str]:
        count = len(self._of.rule.constants) + len(self._of.fading)
        return [
            f"c = vector(p.constants, part[on.CONSTANT], {count})",
            f"signal = vector(p.signals, sample * p.signals.shape[1], {len(self._of.signals)})",
        ] + [
            f"e_{name} = vector(p.tables, p.table_at[part[on.TABLE] + {k}], "
            f"p.table_at[part[on.TABLE] + {k + 1}] - p.table_at[part[on.TABLE] + {k}])"
            for k, name in enumerate(self._of.fading)
        ]

    def _row_views(self, places: bool = True) -> list[str]:
        """Views of the synapses ``begin`` .. ``begin + size`` - 1 of a part."""
        lines = ["copy = sample * part[on.COPIES]"]
        for array, column, names in (("value", "VALUE", self._of.rule.synaptic), ("stamp", "STAMP", self._of.stamped)):
            lines += [
                f"{'s' if array == 'value' else 'stamp'}_{name} = vector(p.{array}s, copy * p.{array}s.shape[1] + "
                f"part[on.{column}] + {k} * part[on.SYNAPSES] + begin, size)"
                for k, name in enumerate(names)
            ]
        if places:
            lines.append("places = vector(p.places, part[on.PLACE] + (0 if part[on.FULL] else begin), size)")
        return lines

    def _segment_views(self, side: str) -> list[str]:
        """Views of what is kept for each segment (pre) or target (post)."""
        array, first = ("arrived", "SEGMENT") if side == "pre" else ("post_arrived", "TARGET")
        size = "part[on.SOURCES] * part[on.DELAYS]" if side == "pre" else "part[on.TARGETS]"
        start = f"sample * p.{array}.shape[1] + part[on.{first}]"
        return [f"{array} = vector(p.{array}, {start}, {size})"] + [
            f"{side}_of_{name} = vector(p.{side}, sample * p.{side}.shape[1] + part[on.{side.upper()}] + "
            f"{k} * ({size}), {size})"
            for k, name in enumerate(self._of.side(side))
        ]

    def _base_views(self) -> list[str]:
        """Views of what is kept for each neuron, as the spikes left it that no synapse sees any more."""
        lines = []
        for side, first, values, size in (
            ("pre", "BASE_SOURCE", "BASE_PRE", "SOURCES"),
            ("post", "TARGET", "POST", "TARGETS"),
        ):
            row, count = f"sample * p.base_{side}_arrived.shape[1]", f"part[on.{size}]"
            lines.append(f"{side}_arrived = vector(p.base_{side}_arrived, {row} + part[on.{first}], {count})")
            lines += [
                f"{side}_of_{name} = vector(p.base_{side}, sample * p.base_{side}.shape[1] + part[on.{values}] + "
                f"{k} * {count}, {count})"
                for k, name in enumerate(self._of.side(side))
            ]
        return lines

    def _history(self) -> list[str]:
        lines = [
            f"{name} = vector(p.{name}, sample * p.{name}.shape[1] + part[on.HISTORY], part[on.ROOM])"
            for name in ("steps", "spikers", "previous")
        ]
        return lines + [
            f"before_{name} = vector(p.before, sample * p.before.shape[1] + part[on.BEFORE] + {k} * part[on.ROOM], "
            "part[on.ROOM])"
            for k, name in enumerate(self._of.rule.post)
        ]

    def _state_views(self) -> list[str]:
        """Views of the states of the targets."""
        return [
            f"state_{name} = vector(state, part[on.POST_STATE] + {row} * part[on.POST_STRIDE], part[on.TARGETS])"
            for name, (side, row) in self._of.rule.states.items()
            if side == "post"
        ]

    def _source_states(self, source: str) -> list[str]:
        """Read the states of a source."""
        lines = [
            f"state_{name} = state[p.source_state[part[on.PRE_STATE] + 2 * source] + {row} * "
            "p.source_state[part[on.PRE_STATE] + 2 * source + 1]]"
            for name, (side, row) in self._of.rule.states.items()
            if side == "pre"
        ]
        return [*([f"source = {source}"] if lines and source != "source" else []), *lines]


_PART = "part = vector(p.parts, row * on.COLUMNS, on.COLUMNS)"


def _segments(event: Sequence[str]) -> list[str]:
    """A loop over the segments of a part that have synapses."""
    return [
        "for g in range(part[on.SOURCES] * part[on.DELAYS]):",
        "    begin = p.offsets[part[on.OFFSET] + g]",
        "    size = p.offsets[part[on.OFFSET] + g + 1] - begin",
        "    if size > 0:",
        *indented(2, event),
    ]


def _listed(*names: str | Iterable[str]) -> str:
    """Arguments, one after the other."""
    return ", ".join(", ".join([name] if isinstance(name, str) else name) for name in names if name)
