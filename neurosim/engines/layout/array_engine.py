"""What the CPU and the CUDA engine have in common: states, weights and traces lie in the arrays of this package.

An engine that computes elsewhere overrides ``_fetch`` and ``_store``, which copy arrays from there and back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurosim.engines.engine import GradedState, SignalState, SpikeEvents, SynapticState, TraceHistory
from neurosim.engines.layout.static import StaticSynapses, rewrite

if TYPE_CHECKING:
    from neurosim.engines.layout.graded import GradedProjections
    from neurosim.engines.layout.neurons import Memory
    from neurosim.engines.layout.plastic_access import PlasticProjections
    from neurosim.engines.plan import NetworkPlan


class ArrayEngine(ABC):
    """The accessors of `neurosim.engines.engine.Engine`; a subclass sets these attributes and advances."""

    step: int
    _plan: NetworkPlan
    _memory: Memory
    _rows: StaticSynapses
    _plastic: PlasticProjections | None
    _graded: GradedProjections | None
    _signals: list[tuple[npt.NDArray[Any], npt.NDArray[np.int64]]]  # values, the step that ends with the event or -1

    @abstractmethod
    def pending(self) -> dict[int, SpikeEvents]:
        """The spikes of the last D steps, of every population."""

    def state(self, population: int) -> npt.NDArray[Any]:
        """The states, (batch, n_states, size)."""
        plan = self._plan.populations[population]
        out = np.empty((self._plan.batch, plan.n_states, plan.size), self._memory.state.dtype)
        self._fetch(state=self._memory.state)
        for neurons, states in self._memory.states_of(population):
            out[:, :, neurons] = states
        return out

    def has_finite_states(self) -> bool:
        """Whether no state is NaN or infinite, those of padding included."""
        self._fetch(state=self._memory.state)
        return bool(np.isfinite(self._memory.state).all())

    def set_state(self, population: int, values: npt.NDArray[Any]) -> None:
        """Replace the states."""
        self._fetch(state=self._memory.state)
        for neurons, states in self._memory.states_of(population):
            states[...] = values[:, :, neurons]
        self._store(state=self._memory.state)

    def refractory(self, population: int) -> npt.NDArray[np.uint16]:
        """The steps that each neuron is still held, uint16 (batch, size)."""
        out = np.zeros((self._plan.batch, self._plan.populations[population].size), np.uint16)
        self._fetch(refractory=self._memory.refractory)
        for neurons, counters in self._memory.refractory_of(population):
            out[:, neurons] = counters
        return out

    def set_refractory(self, population: int, values: npt.NDArray[np.uint16]) -> None:
        """Replace the refractory counters."""
        self._fetch(refractory=self._memory.refractory)
        for neurons, counters in self._memory.refractory_of(population):
            counters[...] = values[:, neurons]
        self._store(refractory=self._memory.refractory)

    def set_thresholds(self, population: int, values: npt.NDArray[np.uint32]) -> None:
        """Replace the thresholds of a Poisson source, uint32 (batch, size)."""
        for neurons, rates in self._memory.rates_of(population):
            rates[...] = values[:, neurons]
        self._store(rates=self._memory.rates)

    def set_weights(self, projection: int, weight: npt.NDArray[np.int32]) -> None:
        """Replace the weights of a projection, int32 (n_synapses,) in canonical order."""
        rewrite(self._rows, self._plan.projections[projection].name, weight)
        self._store(codes=self._rows.codes)

    def synaptic(self, projection: int) -> SynapticState:
        """The synaptic variables of a projection with a rule."""
        return self._rules().synaptic(projection)

    def set_synaptic(self, projection: int, synaptic: SynapticState) -> None:
        """Replace the synaptic variables."""
        self._rules().set_synaptic(projection, synaptic)
        self._store_rules()

    def traces(self, projection: int, side: str) -> TraceHistory:
        """The variables of the neurons of one side of a projection with a rule."""
        rules = self._rules()
        return rules.traces(projection, side, self.pending()[rules.population(projection, side)], self.step)

    def set_traces(self, projection: int, side: str, traces: TraceHistory) -> None:
        """Replace the variables of the neurons of one side."""
        self._rules().set_traces(projection, side, traces, self.step)
        self._store_rules()

    def graded(self, projection: int) -> GradedState:
        """Weights and past of a projection that sends a state."""
        return self._sent().read(projection, self.step)

    def set_graded(self, projection: int, graded: GradedState) -> None:
        """Replace weights and past."""
        sent = self._sent()
        sent.load(projection, graded, self.step)
        self._store(g_units=sent.data.units, g_ring=sent.data.ring)

    def signal(self, number: int) -> SignalState:
        """A signal of the plan."""
        values, due = self._signals[number]
        return SignalState(values.copy(), due == self.step)

    def set_signal(self, number: int, signal: SignalState) -> None:
        """Replace a signal."""
        self._signals[number] = signal.values.copy(), np.where(signal.given, self.step, -1)
        readers = self._plan.readers(number)
        for population, row in readers:
            self._memory.scalars_of(population, row)[:] = signal.values
        if readers:
            self._store(scalars=self._memory.scalars)
        if self._plastic:
            self._plastic.set_signal(number, *self._signals[number])
            self._store(p_signals=self._plastic.data.signals, p_given=self._plastic.data.given)

    def saturations(self, projection: int) -> int:
        """How often what a synapse sent was clipped."""
        source = self._sent() if self._plan.projections[projection].graded else self._rules()
        return source.saturations(projection)

    def _fetch(self, **arrays: npt.NDArray[Any]) -> None:  # noqa: B027 - nothing to do on the host
        """Bring these arrays up to date, by their names on the device."""

    def _store(self, **arrays: npt.NDArray[Any]) -> None:  # noqa: B027 - nothing to do on the host
        """Send these arrays to where they are computed with."""

    def _rules(self) -> PlasticProjections:
        """The plastic projections, of which there are some, as they are now."""
        assert self._plastic is not None
        return self._plastic

    def _store_rules(self) -> None:  # noqa: B027 - nothing to do on the host
        """Send the plastic projections to where they are computed with."""

    def _sent(self) -> GradedProjections:
        """The projections that send states, of which there are some, as they are now."""
        assert self._graded is not None
        self._fetch(g_ring=self._graded.data.ring, g_clipped=self._graded.data.clipped)
        return self._graded
