"""Reads and writes plastic projections: synapses in canonical order, traces by neuron.

Each segment (see `columns.Plastic`) stores its trace as of the last spike that arrived there. So a trace that is set is
written to every segment of the neuron: the entry that has already arrived is stored, and those still in transit become
patches, which the loop applies in the steps of their arrival. A trace that is read is computed from the base, the
neuron's trace before the window of the projection, and from the spikes within the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import Synapses, sample_synapses
from neurosim.core.errors import InputError
from neurosim.core.rng import NEURON_BLOCK
from neurosim.engines.engine import SpikeEvents, SynapticState, TraceHistory
from neurosim.engines.layout.blocks import BlockLayout
from neurosim.engines.layout.columns import Ints, PatchKind, Plastic, PlasticArrays, Steps, addresses
from neurosim.engines.layout.neurons import Memory
from neurosim.engines.layout.plastic import LINE, allocate, order_of
from neurosim.engines.layout.plastic_order import Places
from neurosim.engines.layout.rule_names import chosen_family, is_deferred, stamped, text_key
from neurosim.engines.plan import NetworkPlan, ScheduledSource
from neurosim.equations import CompiledRule

Values = npt.NDArray[Any]
Replay = Callable[[PlasticArrays, Ints, int, int], None]
"""Replay the deferred events of a part: all arrays, their addresses, the number of the part, the sample."""


class PlasticProjections:
    """What the events of ``plan``'s plastic projections need and leave behind. Projections go by their number."""

    def __init__(
        self,
        plan: NetworkPlan,
        layout: BlockLayout,
        memory: Memory,
        replay: Callable[[CompiledRule], Replay] | None = None,
    ) -> None:
        """Everything before step 0; ``rules`` holds those that differ in more than values.

        ``replay`` gives the function of a rule for events that the engine defers; None: it defers none.
        """
        self._plan, self._layout = plan, layout
        plastic = ((n, p.plastic) for n, p in enumerate(plan.projections) if p.plastic is not None)
        self._plans = {number: chosen_family(each, plan.batch) for number, each in plastic}
        keys = {}
        for number, each in self._plans.items():
            _check_spikes(plan.projections[number].name, each.rule)
            keys[number] = text_key(each.rule)
        kinds = sorted(set(keys.values()))
        self.rules = [next(self._plans[n].rule for n in keys if keys[n] == key) for key in kinds]
        self._replay = [replay(rule) for rule in self.rules] if replay else []
        self.data = allocate(plan, layout, memory, {number: kinds.index(key) for number, key in keys.items()})
        self.table = addresses(self.data)
        self._written: dict[tuple[int, str], TraceHistory] = {}
        self._places: dict[int, Places] = {}  # by part
        for number, each in self._plans.items():
            synapses = sample_synapses(plan.projections[number].plan)
            for places, values, stamps in self._synapses(number, synapses):
                stamps[:], values[:, 0] = -1, places.take(synapses.weight)
                for row, name in enumerate(each.rule.synaptic[1:], 1):
                    values[:, row] = each.rule.initial[name]
            for side in ("pre", "post"):
                self.set_traces(number, side, self._start(number, side), 0)

    def replay_deferred_events(self, number: int) -> None:
        """Bring the synapses of a projection up to date."""
        if is_deferred(self._plans[number].rule):
            for row in self._rows(number):
                for sample in range(self._plan.batch):
                    self._replay[self.data.parts[row, Plastic.RULE]](self.data, self.table, row, sample)

    def synaptic(self, number: int) -> SynapticState:
        """The synaptic variables of a projection."""
        self.replay_deferred_events(number)
        each, count = self._plans[number], len(self._plan.projections[number])
        values = np.empty((each.copies, len(each.rule.synaptic), count), self._plan.precision)
        stamps = np.empty((each.copies, len(stamped(each.rule)), count), np.int64)
        for places, own_values, own_stamps in self._synapses(number):
            places.put(values, own_values)
            places.put(stamps, own_stamps)
        return SynapticState(values, stamps)

    def set_synaptic(self, number: int, synaptic: SynapticState) -> None:
        """Replace what `synaptic` returns."""
        self.replay_deferred_events(number)
        for places, own_values, own_stamps in self._synapses(number):
            own_values[:], own_stamps[:] = places.take(synaptic.values), places.take(synaptic.stamps)

    def traces(self, number: int, side: str, pending: SpikeEvents, step: int) -> TraceHistory:
        """The traces of one side's neurons at ``step``; ``pending``: the spikes of their population in the log."""
        size = self._size(number, side)
        shape: tuple[int, ...] = (self._plan.batch, size)
        values = np.empty((len(_names(self._plans[number].rule, side)), *shape), self._plan.precision)
        last = np.empty(shape, np.int64)
        for row, own in self._neurons(number, side):
            base, arrived = self._base(row, side)
            values[:, :, own], last[:, own] = base, arrived.astype(np.int64) - self._window(number)
        now, last = values.reshape(len(values), last.size).copy(), last.reshape(-1)
        key = pending.samples.astype(np.int64) * size + pending.neurons
        written = self._written[number, side]
        key = np.concatenate([key, written.samples.astype(np.int64) * size + written.neurons])
        steps = np.concatenate([pending.steps, written.steps])
        given = np.concatenate([np.full(len(pending.steps), -1), np.arange(len(written.steps))])
        order: Ints = np.lexsort((-given, steps, key))  # what was written stands before the spike that it replaces
        order = order[np.diff(key[order] * (step + 1) + steps[order], prepend=-1) != 0]
        order = order[(steps[order] > last[key[order]]) & (len(values) > 0)]
        key, steps, given = key[order], steps[order], given[order]
        rank = np.arange(len(key)) - np.searchsorted(key, key)
        found = np.empty((len(values), len(key)), values.dtype)
        entries = [(np.arange(last.size), last.copy(), now.copy()), (key, steps, found)]
        for r in range(int(rank.max(initial=-1)) + 1):
            here = np.flatnonzero(rank == r)
            is_written = given[here] >= 0
            found[:, here] = self._after_spike(number, side, now[:, key[here]], steps[here] - last[key[here]])
            found[:, here[is_written]] = written.values[:, given[here[is_written]]]
            now[:, key[here]], last[key[here]] = found[:, here], steps[here]
        keys, whens = (np.concatenate(column) for column in list(zip(*entries, strict=True))[:2])
        order = np.lexsort((whens, keys))
        neurons, samples = (keys[order] % size).astype(np.int32), (keys[order] // size).astype(np.int32)
        return TraceHistory(whens[order], neurons, samples, np.concatenate([entries[0][2], found], axis=1)[:, order])

    def set_traces(self, number: int, side: str, traces: TraceHistory, step: int) -> None:
        """Replace what `traces` returns; every neuron of every sample has an entry."""
        self.replay_deferred_events(number)
        size, window = self._size(number, side), self._window(number)
        groups = _Groups(traces, size, self._plan.batch)
        rows = self._rows(number)
        old = ~(np.isin(self.data.patches[:, 0], rows) & np.isin(self.data.patches[:, 2], _KINDS[side]))
        old &= self.data.patch_steps >= step
        patches = [(self.data.patch_steps[old], self.data.patches[old], self.data.patch_values[old])]
        for row in rows:
            part = self.data.parts[row]
            if side == "pre":
                segments = int(part[Plastic.SOURCES] * part[Plastic.DELAYS])
                for q, delay in enumerate(self.data.delays[part[Plastic.DELAY] :][: part[Plastic.DELAYS]]):
                    seen = groups.seen(step - int(delay))
                    places = slice(
                        int(part[Plastic.SEGMENT]) + q, int(part[Plastic.SEGMENT]) + segments, int(part[Plastic.DELAYS])
                    )
                    self.data.arrived[:, places] = (traces.steps[seen] + delay).reshape(self._plan.batch, size)
                    for k, values in enumerate(traces.values):
                        first = int(part[Plastic.PRE]) + k * segments
                        places = slice(first + q, first + segments, int(part[Plastic.DELAYS]))
                        self.data.pre[:, places] = values[seen].reshape(self._plan.batch, size)
                    later = groups.later(seen)
                    at_segment = traces.neurons[later] * part[Plastic.DELAYS] + q
                    patches.append(_patches(traces, later, row, PatchKind.SEGMENT, at_segment, int(delay)))
            else:
                seen = groups.seen(step - int(part[Plastic.DENDRITIC]))
                views = self._views(row, "post", self.data.post, self.data.post_arrived)
                self._write(row, "post", views, traces, seen, int(part[Plastic.DENDRITIC]))
                later = groups.later(seen)
                later = later[self._own(row, "post", traces.neurons[later])]
                own = traces.neurons[later] - part[Plastic.FIRST]
                patches.append(_patches(traces, later, row, PatchKind.TARGET, own, int(part[Plastic.DENDRITIC])))
            seen = groups.seen(step - window)
            self._write(row, side, self._base(row, side), traces, seen, window)
            later = groups.later(seen)
            later = later[self._own(row, side, traces.neurons[later])]
            own = traces.neurons[later] - (part[Plastic.FIRST] if side == "post" else 0)
            patches.append(_patches(traces, later, row, _KINDS[side][1], own, window))
        later = groups.later(groups.seen(step - window))
        self._written[number, side] = TraceHistory(
            traces.steps[later], traces.neurons[later], traces.samples[later], traces.values[:, later]
        )
        steps, found, values = zip(*patches, strict=True)
        width = max(each.shape[1] for each in values)
        wide = [np.pad(each, ((0, 0), (0, width - each.shape[1]))) for each in values]
        order = np.argsort(np.concatenate(steps), kind="stable")
        self.data = self.data._replace(
            patch_steps=np.concatenate(steps)[order],
            patches=np.concatenate(found)[order].astype(np.int64),
            patch_values=np.concatenate(wide)[order].astype(self._plan.precision),
        )
        self.table = addresses(self.data)

    def set_signal(self, signal: int, values: Values, due: Ints) -> None:
        """Set a signal to ``values`` (batch,); its event comes at the end of the steps ``due`` (batch,)."""
        self.data.signals[:, signal], self.data.given[:, signal] = values, due

    def saturations(self, number: int) -> int:
        """How often something that was sent did not fit into the slot."""
        return int(self.data.clipped[[row * LINE for row in self._rows(number)]].sum())

    def _start(self, number: int, side: str) -> TraceHistory:
        """The traces before the first spike."""
        rule, size, batch = self._plans[number].rule, self._size(number, side), self._plan.batch
        values = np.array([rule.initial[name] for name in _names(rule, side)], self._plan.precision)
        return TraceHistory(
            np.full(batch * size, -1, np.int64),
            np.tile(np.arange(size, dtype=np.int32), batch),
            np.repeat(np.arange(batch, dtype=np.int32), size),
            np.repeat(values[:, np.newaxis], batch * size, axis=1),
        )

    def _rows(self, number: int) -> list[int]:
        return [int(row) for row in np.flatnonzero(self.data.parts[:, Plastic.PROJECTION] == number)]

    def _window(self, number: int) -> int:
        return int(self.data.parts[self._rows(number)[0], Plastic.WINDOW])

    def _rule(self, part: Ints) -> CompiledRule:
        return self._plans[int(part[Plastic.PROJECTION])].rule

    def population(self, number: int, side: str) -> int:
        """The number of the population at one side of a projection."""
        projection = self._plan.projections[number]
        return projection.pre if side == "pre" else self._plan.slots[projection.slot].population

    def _size(self, number: int, side: str) -> int:
        return self._plan.populations[self.population(number, side)].size

    def _synapses(self, number: int, synapses: Synapses | None = None) -> Iterator[tuple[Places, Values, Steps]]:
        """Canonical places, values and stamps (copies, variables, synapses) of each part, as views."""
        each = self._plans[number]
        for row in self._rows(number):
            part = self.data.parts[row]
            places = self._placed(number, row, synapses)
            views = []
            for array, first, names in (
                (self.data.values, Plastic.VALUE, each.rule.synaptic),
                (self.data.stamps, Plastic.STAMP, stamped(each.rule)),
            ):
                flat = array[: each.copies, part[first] : part[first] + len(names) * part[Plastic.SYNAPSES]]
                views.append(flat.reshape(each.copies, len(names), part[Plastic.SYNAPSES]))
            yield places, views[0], views[1]

    def _placed(self, number: int, row: int, synapses: Synapses | None) -> Places:
        """The canonical places of a part's synapses; ``synapses`` are all of the projection, if they are at hand."""
        if row not in self._places:
            part, size = self.data.parts[row], self._size(number, "post")
            found = order_of(self.data, part, synapses or sample_synapses(self._plan.projections[number].plan))[0]
            places = Places.of(found, size, int(part[Plastic.FIRST]), int(part[Plastic.TARGETS]))
            if synapses is not None and places.numbers is not None:
                return places  # as large as the synapses: kept where it is asked for again
            self._places[row] = places
        return self._places[row]

    def _own(self, row: int, side: str, neurons: Steps) -> npt.NDArray[np.bool_]:
        """Whose spikes the owner of a part logs."""
        owner = int(np.searchsorted(self.data.of_owner, row, "right")) - 1
        part = self.data.parts[row]
        if side == "post":
            return np.asarray(
                (neurons >= part[Plastic.FIRST]) & (neurons < part[Plastic.FIRST] + part[Plastic.TARGETS])
            )
        pre = self._plan.projections[int(part[Plastic.PROJECTION])].pre
        if isinstance(self._plan.populations[pre].source, ScheduledSource):
            return np.full(len(neurons), owner == 0)
        return np.asarray(self._layout.block_owner[self._layout.first_block[pre] + neurons // NEURON_BLOCK] == owner)

    def _neurons(self, number: int, side: str) -> list[tuple[int, slice]]:
        """Rows of parts, and the neurons whose base they have: for sources, the first part has all."""
        rows = self._rows(number)
        if side == "pre":
            return [(rows[0], slice(None))]
        parts = self.data.parts[rows]
        return [
            (row, slice(p[Plastic.FIRST], p[Plastic.FIRST] + p[Plastic.TARGETS]))
            for row, p in zip(rows, parts, strict=True)
        ]

    def _base(self, row: int, side: str) -> tuple[Values, Steps]:
        """`_views` of what is kept of a part's neurons from before the window of its projection."""
        if side == "pre":
            return self._views(row, side, self.data.base_pre, self.data.base_pre_arrived)
        return self._views(row, side, self.data.base_post, self.data.base_post_arrived)

    def _views(self, row: int, side: str, values: Values, arrived: Steps) -> tuple[Values, Steps]:
        """The values (variables, batch, neurons) and steps (batch, neurons) that a part has in these arrays."""
        part = self.data.parts[row]
        first, begin, size = _PLACES[side]
        names, count = _names(self._rule(part), side), int(part[size])
        flat = values[:, part[first] : part[first] + len(names) * count]
        shaped = flat.reshape(len(flat), len(names), count).transpose(1, 0, 2)
        return shaped, arrived[:, part[begin] : part[begin] + count]

    def _write(
        self, row: int, side: str, views: tuple[Values, Steps], traces: TraceHistory, seen: Ints, shift: int
    ) -> None:
        """Write the entries ``seen`` (batch * neurons,) to a part's ``views``."""
        values, arrived = views
        part, batch = self.data.parts[row], self._plan.batch
        size = self._size(int(part[Plastic.PROJECTION]), side)
        own = slice(None) if side == "pre" else slice(part[Plastic.FIRST], part[Plastic.FIRST] + part[Plastic.TARGETS])
        arrived[:] = (traces.steps[seen] + shift).reshape(batch, size)[:, own]
        values[:] = traces.values[:, seen].reshape(len(values), batch, size)[:, :, own]

    def _after_spike(self, number: int, side: str, values: Values, steps: Ints) -> Values:
        """The variables of neurons after a spike, ``steps`` after they had ``values``."""
        rule = self._plans[number].rule
        if not _names(rule, side):
            return values
        functions = rule.reference
        real = np.dtype(self._plan.precision).type
        read = {name: real(constant) for name, constant in rule.constants.items()}
        for name, value in zip(_names(rule, side), values, strict=True):
            read[name] = value
            if decay := rule.decays.get(name):
                table = np.append(decay.table, real(0))
                factor = table[np.clip(steps, 0, len(decay.table))]
                (read[name],) = getattr(functions, f"decay_{name}")(value, factor, real(decay.asymptote or 0))
        event = rule.events[f"{side}_spike"]
        return np.stack(
            [np.broadcast_to(v, steps.shape) for v in getattr(functions, event.name)(*map(read.get, event.reads))]
        )


class _Groups:
    """Entries of traces, ascending by sample, neuron and step: one group for each neuron of each sample."""

    def __init__(self, traces: TraceHistory, size: int, batch: int) -> None:
        self._steps = traces.steps
        self._group = traces.samples.astype(np.int64) * size + traces.neurons
        self._start = np.searchsorted(self._group, np.arange(size * batch))

    def seen(self, end: int) -> Ints:
        """The last entry of each group before step ``end``, or its first."""
        count = np.bincount(self._group[self._steps < end], minlength=len(self._start))
        return np.asarray(self._start + np.maximum(count - 1, 0), np.int64)

    def later(self, seen: Ints) -> Ints:
        """The entries after those."""
        return np.flatnonzero(np.arange(len(self._group)) > seen[self._group])


def _patches(
    traces: TraceHistory, entries: Ints, row: int, kind: int, i: Ints, shift: int
) -> tuple[Ints, Ints, Values]:
    """Steps, descriptions and values of the patches for some entries."""
    rows, kinds = np.full(len(entries), row), np.full(len(entries), kind)
    described = np.stack([rows, traces.samples[entries], kinds, i], axis=1)
    return traces.steps[entries] + shift, described, traces.values[:, entries].T


def _check_spikes(name: str, rule: CompiledRule) -> None:
    """Refuse a trace that a signal changes: segments recompute it when the spike arrives, some steps later."""
    for event in ("pre_spike", "post_spike"):
        read = set(rule.events[event].reads) & set(rule.signals) if event in rule.events else set()
        if read:
            side = event.partition("_")[0]
            raise InputError(
                f"projection {name!r}.rule: expected variables flagged {side} that no signal changes, got "
                f"{', '.join(sorted(read))} in 'on {side}'; take backend='reference'"
            )


def _names(rule: CompiledRule, side: str) -> tuple[str, ...]:
    return rule.pre if side == "pre" else rule.post


_PLACES = MappingProxyType(
    {
        "pre": (Plastic.BASE_PRE, Plastic.BASE_SOURCE, Plastic.SOURCES),
        "post": (Plastic.POST, Plastic.TARGET, Plastic.TARGETS),
    }
)
_KINDS = MappingProxyType(
    {"pre": (PatchKind.SEGMENT, PatchKind.SOURCE_BASE), "post": (PatchKind.TARGET, PatchKind.TARGET_BASE)}
)
