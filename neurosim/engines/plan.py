"""A network in numbers: what `Network.compile` hands to an engine, with every name resolved and every choice made.

The reference and the compiled engines read the same plan and draw from it what they need: synapses, each engine in its
own form, spikes of sources and noise, all addressed by seed and stream. Times are in steps here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurosim.connectivity.values import possible_delays

if TYPE_CHECKING:
    from neurosim.connectivity.synapses import SynapsePlan
    from neurosim.equations import CompiledModel, CompiledRule


@dataclass(frozen=True, eq=False)
class PoissonSource:
    """A population without equations: neuron i spikes in a step if its word of the stream is below ``threshold[i]``.

    ``threshold`` is uint32 (size,): round(2^32 (1 - exp(-rate dt))). The stream is named "source/<population>".
    """

    threshold: npt.NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class ScheduledSource:
    """A population with prescribed spikes: spike k is of ``neurons[k]`` in step ``steps[k]``, ascending steps."""

    steps: npt.NDArray[np.int64]
    neurons: npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class PopulationPlan:
    """``size`` neurons of one model, or a source. ``initial`` is float (n_states, size), in the run's precision."""

    name: str
    size: int
    model: CompiledModel | None
    source: PoissonSource | ScheduledSource | None
    initial: npt.NDArray[Any]

    @property
    def n_states(self) -> int:
        """The number of state variables; 0 of a source."""
        return len(self.model.states) if self.model else 0

    @property
    def n_inputs(self) -> int:
        """The number of receptors; 0 of a source."""
        return len(self.model.inputs) if self.model else 0


@dataclass(frozen=True)
class SlotPlan:
    """An input slot: receptor number ``receptor`` of population number ``population``; ``scale`` is a power of two."""

    population: int
    receptor: int
    scale: float


@dataclass(frozen=True, eq=False)
class PlasticPlan:
    """The ``rule`` of a projection. ``dendritic_delay`` is in steps; ``copies`` is the number of sets of synapses.

    There is one set for each sample of a batch, or one for all. What a synapse sends is rounded to whole units of the
    slot's scale and clipped to ``limit``: the larger of |w_min|, |w_max| in such units.
    """

    rule: CompiledRule
    dendritic_delay: int
    copies: int
    limit: int

    def window(self, delays: npt.NDArray[Any]) -> int:
        """How many steps back synapses with these ``delays`` may see a spike; older ones are one trace per neuron.

        It is the projection's own, on every engine: what a state holds depends on no other projection.
        """
        return max(int(delays.max(initial=1)), self.dendritic_delay)


@dataclass(frozen=True, eq=False)
class GradedPlan:
    """A projection that sends state number ``row`` of its source in every step, clipped to -``bound`` .. ``bound``.

    Its weights are real numbers in the run's precision, at most ``w_max`` in size. What a synapse sends is rounded to
    whole units of the slot's scale, of which ``limit`` are the largest product.
    """

    row: int
    bound: float
    w_max: float
    limit: int


@dataclass(frozen=True, eq=False)
class ProjectionPlan:
    """Synapses from population ``pre`` to slot ``slot``, by number, to be sampled as ``plan`` says.

    Their integer weights are those of ``plan`` in units of the slot's scale, rounded half to even. With a rule
    (``plastic``), or where no spikes are sent (``graded``), they are real numbers in the run's precision, which start
    there.
    """

    name: str
    pre: int
    slot: int
    plan: SynapsePlan
    plastic: PlasticPlan | None = None
    graded: GradedPlan | None = None

    def __len__(self) -> int:
        """The number of synapses."""
        return len(self.plan)


@dataclass(frozen=True, eq=False)
class DrivePlan:
    """Independent Poisson input to each neuron of a slot: k events in a step add k ``weight``.

    k is the number of ``thresholds`` (uint32, ascending, padded with 2^32 - 1) that the neuron's word of the stream
    "drive/<name>" has reached: the inverse of the cumulative Poisson distribution with the mean count of one step.
    """

    name: str
    slot: int
    weight: int
    thresholds: npt.NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class NetworkPlan:
    """Everything that an engine needs. A sample s of a batch draws with sample number s and is otherwise alike.

    ``signals`` are names of values that rules and models read, one per sample, 0 at the start.
    """

    dt: float
    precision: str
    seed: int
    batch: int
    populations: tuple[PopulationPlan, ...]
    slots: tuple[SlotPlan, ...]
    projections: tuple[ProjectionPlan, ...]
    drives: tuple[DrivePlan, ...]
    signals: tuple[str, ...] = ()

    def readers(self, signal: int) -> list[tuple[int, int]]:
        """The populations whose model reads a signal, each with the row of its scalars that holds it."""
        models = [(number, population.model) for number, population in enumerate(self.populations)]
        name = self.signals[signal]
        return [(number, model.signals[name]) for number, model in models if model and name in model.signals]

    def graded_delay(self, projection: int) -> int:
        """The longest delay of a projection without spikes, in steps."""
        return int(possible_delays(self.projections[projection].plan.delay).max(initial=1))

    @cached_property
    def largest_delay(self) -> int:
        """The longest delay that a synapse can have, dendritic ones included, in steps; 1 if there is none."""
        delays = [int(possible_delays(p.plan.delay).max(initial=1)) for p in self.projections]
        return max([1, *delays, *(p.plastic.dendritic_delay for p in self.projections if p.plastic)])

    def external_sum(self, slot: int) -> int:
        """What the drives of a slot can add in one step at most, in units of its scale."""
        return sum(len(drive.thresholds) * abs(drive.weight) for drive in self.drives if drive.slot == slot)
