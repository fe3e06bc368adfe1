"""What every engine offers: the methods, their arguments, the shapes and types of the arrays.

An engine's module has one class, made as ``XEngine(plan, recorded)`` (the compiled one takes ``threads`` as well):
``recorded`` holds the numbers of the populations whose spikes it keeps. It starts at step 0 from the plan's initial
states. Populations, slots and projections go by their number in the plan, neurons by their canonical number. Reading
and writing happen between two calls of ``advance``, and everything returned is a copy.

Within a step: deliver the spikes that arrive, update each population (states, slots, threshold, reset), note its
spikes. A spike found in the update of step n has time (n + 1) dt and is delivered, over a delay d, in step n + d; a
state that is sent is that of the end of step n - d. Synapses with a rule have their `on pre` at delivery; at the end of
the step come `on post` for the spikes of the dendritic delay before, the signals that were given, and `every`. Each of
these goes through the samples in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from neurosim.engines.plan import NetworkPlan


class SpikeEvents(NamedTuple):
    """Spikes of one population, ascending by (step, sample, neuron): three arrays (n,)."""

    steps: npt.NDArray[np.int64]
    neurons: npt.NDArray[np.int32]
    samples: npt.NDArray[np.int32]


class TraceHistory(NamedTuple):
    """The variables of neurons that change at their own spikes only, of one side of a projection with a rule.

    Entry k says that ``values[:, k]`` is what neuron ``neurons[k]`` of sample ``samples[k]`` had after its spike of
    step ``steps[k]`` (-1: at the start). They are ascending by (sample, neuron, step); of each neuron there are all
    that a synapse may still see, and the last one before.
    """

    steps: npt.NDArray[np.int64]
    neurons: npt.NDArray[np.int32]
    samples: npt.NDArray[np.int32]
    values: npt.NDArray[Any]


class SynapticState(NamedTuple):
    """The synaptic variables of a projection with a rule, in canonical order.

    ``values`` (copies, n_variables, n_synapses) in the run's precision, w first; ``stamps`` (copies, n_decaying,
    n_synapses): the steps in which those with an equation were written, -1 for the start.
    """

    values: npt.NDArray[Any]
    stamps: npt.NDArray[np.int64]


class GradedState(NamedTuple):
    """Of a projection that sends a state: its ``weights`` (n_synapses,), canonical, in the run's precision.

    ``past`` (d, batch, n_pre) is the state at the end of the last d steps, oldest first, as it is sent: clipped; d is
    the longest delay of the projection, and before the start there is 0.
    """

    weights: npt.NDArray[Any]
    past: npt.NDArray[Any]


class SignalState(NamedTuple):
    """``values`` (batch,) of a signal in the run's precision; ``given``: events that the next step will end with."""

    values: npt.NDArray[Any]
    given: npt.NDArray[np.bool_]


class WatchedState(NamedTuple):
    """State number ``row`` of some ``neurons`` of a population, after every ``every``-th step since step 0."""

    population: int
    row: int
    every: int
    neurons: npt.NDArray[np.int64]


def moments(watched: WatchedState, plan: NetworkPlan, kept: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """What was ``kept`` of a state, piece by piece, as one array (n_times, batch, n_neurons)."""
    none = np.empty((0, plan.batch, len(watched.neurons)), plan.precision)
    return np.concatenate([none, *kept])


class EngineReport(NamedTuple):
    """What an engine counted since it was made; None: this engine does not count it."""

    threads: int = 1
    steps_alone: int | None = None  # that one thread did for all: the processors were busy, or the slice was short
    spikes: int | None = None  # recorded or not
    events: int | None = None  # synapses that delivered a spike
    delivery_s: float | None = None  # processor time
    update_s: float | None = None  # of all else in the steps
    bytes_per_synapse: float | None = None  # with the indices and traces that serve them


class Engine(Protocol):
    """A network that advances in time. D is the plan's largest delay.

    >>> def spikes_per_step(engine: "Engine", population: int, steps: int) -> float:
    ...     engine.advance(steps)
    ...     return len(engine.take_spikes()[population].steps) / steps
    >>> class Regular:
    ...     def advance(self, steps): self.n = steps
    ...     def take_spikes(self):
    ...         n = np.arange(0, self.n, 10)
    ...         return {0: SpikeEvents(n, np.zeros_like(n), np.zeros_like(n))}
    >>> spikes_per_step(Regular(), 0, 100)
    0.1
    """

    @property
    def step(self) -> int:
        """The number of steps done."""

    @step.setter
    def step(self, value: int) -> None: ...

    def advance(self, steps: int) -> None:
        """Do ``steps`` steps; the spikes of recorded populations are buffered until `take_spikes`."""

    def take_spikes(self) -> dict[int, SpikeEvents]:
        """The spikes since the last call, of every recorded population."""

    def watch(self, wanted: Sequence[WatchedState]) -> None:
        """Keep these states from now on; what was kept before is dropped."""

    def take_states(self) -> list[npt.NDArray[Any]]:
        """The states since the last call, (n_times, batch, n_neurons) for each that is watched."""

    def state(self, population: int) -> npt.NDArray[Any]:
        """The states, (batch, n_states, size) in the run's precision; n_states is 0 for a source."""

    def has_finite_states(self) -> bool:
        """Whether no state is NaN or infinite; False may be due to places in memory that belong to no neuron."""

    def set_state(self, population: int, values: npt.NDArray[Any]) -> None:
        """Replace the states, of the shape and type that `state` returns."""

    def refractory(self, population: int) -> npt.NDArray[np.uint16]:
        """The steps that each neuron is still held, uint16 (batch, size)."""

    def set_refractory(self, population: int, values: npt.NDArray[np.uint16]) -> None:
        """Replace the refractory counters."""

    def pending(self) -> dict[int, SpikeEvents]:
        """The spikes of the last D steps, of every population; with the states, all that the future depends on."""

    def set_pending(self, spikes: dict[int, SpikeEvents]) -> None:
        """Replace the spikes of the last D steps; `step` must have been set before."""

    def set_thresholds(self, population: int, values: npt.NDArray[np.uint32]) -> None:
        """Replace the thresholds of a `PoissonSource`, uint32 (batch, size): each sample has its own."""

    def set_weights(self, projection: int, weight: npt.NDArray[np.int32]) -> None:
        """Replace the weights of a projection, int32 (n_synapses,) in canonical order, in units of its slot."""

    def synaptic(self, projection: int) -> SynapticState:
        """The synaptic variables of a projection with a rule."""

    def set_synaptic(self, projection: int, synaptic: SynapticState) -> None:
        """Replace the synaptic variables."""

    def graded(self, projection: int) -> GradedState:
        """Weights and past of a projection that sends a state."""

    def set_graded(self, projection: int, graded: GradedState) -> None:
        """Replace weights and past; `step` must have been set before."""

    def traces(self, projection: int, side: str) -> TraceHistory:
        """The variables of the neurons of one ``side``, pre or post, of a projection with a rule."""

    def set_traces(self, projection: int, side: str, traces: TraceHistory) -> None:
        """Replace the variables of the neurons of one side; `step` must have been set before."""

    def signal(self, number: int) -> SignalState:
        """A signal of the plan."""

    def set_signal(self, number: int, signal: SignalState) -> None:
        """Replace a signal."""

    def saturations(self, projection: int) -> int:
        """How often what was sent was clipped since the engine was made: of a synapse with a rule, or a state."""

    def report(self) -> EngineReport:
        """What was counted, and the memory of the synapses."""
