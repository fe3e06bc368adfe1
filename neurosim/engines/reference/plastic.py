"""Synapses with a rule, by definition: every event at its step, every trace as it was at the end of each step.

A synapse sees the spikes of its presynaptic neuron ``delay`` steps late and those of its postsynaptic neuron
``dendritic_delay`` steps late. So it sees the neurons' variables of the end of an earlier step, decayed to then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.synapses import Synapses
from neurosim.engines.engine import SignalState, SynapticState
from neurosim.engines.plan import PlasticPlan
from neurosim.engines.reference.population import Members
from neurosim.engines.reference.traces import History
from neurosim.equations import CompiledEvent

Reals = npt.NDArray[Any]
Numbers = npt.NDArray[np.int64]
Signals = Mapping[str, SignalState]


class PlasticSynapses:
    """The synapses of one projection; ``synaptic`` holds their variables, ``traces`` those of the neurons by side."""

    def __init__(self, plan: PlasticPlan, synapses: Synapses, pre: Members, post: Members, scale: float) -> None:
        """Synapses in their initial state, from neurons of ``pre`` to a slot of ``post`` with this ``scale``."""
        rule, count = plan.rule, len(synapses)
        self._plan, self._rule, self._members = plan, rule, {"pre": pre, "post": post}
        self._real = np.dtype(rule.precision).type
        self._decaying = tuple(name for name in rule.synaptic if name in rule.decays)
        self._ends = {"pre": synapses.pre.astype(np.int64), "post": synapses.post.astype(np.int64)}
        self._delay = synapses.delay.astype(np.int64)
        self._scale = self._real(scale)
        values = np.empty((plan.copies, len(rule.synaptic), count), rule.precision)
        for row, name in enumerate(rule.synaptic):
            values[:, row] = rule.initial.get(name, synapses.weight)
        self.synaptic = SynapticState(values, np.full((plan.copies, len(self._decaying), count), -1, np.int64))
        self.saturations = 0
        window = plan.window(self._delay) + 1  # `on post` looks at the moment before the spike
        self.traces = {
            side: History(rule, names, len(pre.state), self._members[side].size, window)
            for side, names in (("pre", rule.pre), ("post", rule.post))
        }

    def on_pre_phase(self, step: int, delay: int, sample: int, neurons: Numbers, signals: Signals, slot: Reals) -> None:
        """``on pre`` at the start of ``step`` where spikes of ``neurons`` arrive after ``delay``; add to ``slot``."""
        synapses = np.flatnonzero((self._delay == delay) & np.isin(self._ends["pre"], neurons))
        emitted, late = step - delay, step - self._plan.dendritic_delay
        seen = self._seen("pre", emitted - 1, emitted, sample, synapses)
        seen |= self._seen("post", late - 1, late, sample, synapses)
        sent = self._event(self._rule.events["on_pre"], step, sample, synapses, seen, signals)[-1]
        with np.errstate(all="ignore"):
            units = np.broadcast_to(np.rint(sent / self._scale), synapses.shape)
        limit = self._real(self._plan.limit)
        clipped = np.where(units >= -limit, units, -limit)
        clipped = np.where(clipped <= limit, clipped, limit)
        self.saturations += int(np.count_nonzero(clipped != units))
        np.add.at(slot, self._ends["post"][synapses], clipped.astype(np.int32))

    def update_traces(self, side: str, step: int, sample: int, neurons: Numbers, signals: Signals) -> None:
        """Change the variables of the ``neurons`` of a side that spiked in ``step``, as the rule says."""
        event = self._rule.events.get(f"{side}_spike")
        if event:
            before = self.traces[side].seen(step - 1, step, sample, neurons)
            after = getattr(self._rule.reference, event.name)(*self._arguments(event, before, sample, signals))
            self.traces[side].write(step, sample, neurons, dict(zip(event.writes, after, strict=True)))

    def on_post_phase(self, step: int, sample: int, neurons: Numbers, signals: Signals) -> None:
        """``on post`` at the end of ``step``, at synapses of ``neurons``, which spiked the dendritic delay before."""
        if "on_post" in self._rule.events:
            synapses, late = np.flatnonzero(np.isin(self._ends["post"], neurons)), step - self._plan.dendritic_delay
            seen = self._arrived(step, sample, synapses) | self._seen("post", late - 1, late, sample, synapses)
            self._event(self._rule.events["on_post"], step, sample, synapses, seen, signals)

    def on_signal_phase(self, step: int, sample: int, signals: Signals, what: str) -> None:
        """What comes at the end of ``step`` at all synapses: ``what`` is a signal that was given, or "every"."""
        for event in self._rule.events.values():
            due = event.period is not None and (step + 1) % event.period == 0
            if event.signal == what if event.signal else due and what == "every":
                synapses, late = np.arange(len(self._delay)), step - self._plan.dendritic_delay
                seen = self._arrived(step, sample, synapses) | self._seen("post", late, late, sample, synapses)
                for name in self._rule.sums.keys() & set(event.reads):
                    seen[name] = self._sum(name, step, sample, synapses, signals)
                self._event(event, step, sample, synapses, seen, signals)

    def _sum(self, name: str, step: int, sample: int, synapses: Numbers, signals: Signals) -> Reals:
        """The sum over the synapses of each postsynaptic neuron, as every synapse sees it."""
        totals = np.zeros(self._members["post"].size, self._real)
        adds = self._event(self._rule.sums[name], step, sample, synapses, {}, signals)[-1]
        np.add.at(totals, self._ends["post"], np.broadcast_to(adds, synapses.shape))  # one after the other, in order
        return totals[self._ends["post"]]

    def _arrived(self, step: int, sample: int, synapses: Numbers) -> dict[str, Reals]:
        """The presynaptic variables with every spike that has arrived by ``step``."""
        seen = {name: np.empty(len(synapses), self._real) for name in self._rule.pre}
        for delay in np.unique(self._delay[synapses]).tolist():
            these = self._delay[synapses] == delay
            for name, values in self._seen("pre", step - delay, step - delay, sample, synapses[these]).items():
                seen[name][these] = values
        return seen

    def _seen(self, side: str, moment: int, step: int, sample: int, synapses: Numbers) -> dict[str, Reals]:
        return self.traces[side].seen(moment, step, sample, self._ends[side][synapses])

    def _event(
        self,
        event: CompiledEvent,
        step: int,
        sample: int,
        synapses: Numbers,
        seen: dict[str, Reals],
        signals: Signals,
    ) -> tuple[Reals, ...]:
        """Do an event of ``sample`` at ``synapses``, which see these variables of neurons; what it returns."""
        values, stamps = self.synaptic
        copy, rule = sample if self._plan.copies > 1 else 0, self._rule
        for row, name in enumerate(rule.synaptic):
            seen[name] = values[copy, row, synapses]
            if name in self._decaying:
                passed = step - stamps[copy, self._decaying.index(name), synapses]
                seen[name] = rule.decayed(name, seen[name], passed)
        for name, (side, row) in rule.states.items():
            seen[name] = self._members[side].state[sample, row, self._ends[side][synapses]]
        results = tuple(getattr(rule.reference, event.name)(*self._arguments(event, seen, sample, signals)))
        for name, result in zip(event.writes, results, strict=False):
            values[copy, rule.synaptic.index(name), synapses] = result
            if name in self._decaying:
                stamps[copy, self._decaying.index(name), synapses] = step
        return results

    def _arguments(self, event: CompiledEvent, seen: dict[str, Reals], sample: int, signals: Signals) -> list[Reals]:
        constants = {name: self._real(value) for name, value in self._rule.constants.items()}
        given = {name: signals[name].values[sample] for name in self._rule.signals}
        return [(seen | given | constants)[name] for name in event.reads]
