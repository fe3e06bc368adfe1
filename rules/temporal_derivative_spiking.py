"""Temporal-derivative learning by spikes: at a presynaptic spike the weight moves as the postsynaptic rate changes.

Each unit keeps a fast and a slow trace of its own spikes; their difference q follows how its rate changes. While the
readout is driven toward the target, what changes there travels down: from the readout its deviation, graded; from
hidden units their spikes, through a fast and a slow filter at the unit below. During the drive, and only then,

    change + open * q of the postsynaptic unit     at each presynaptic spike

where q of the readout, which does not spike, is its potential less a slow trace of it. Both are measured from a base
line under the same conditions: before the drive, slow traces take over what drives the units, and the transient passes.
Centred, the same samples are driven away from the target as well, with the opposite sign of `open`: what ripples and
what the base line missed cancels. One-sided, it does not: what has not settled when the gate opens is learned as if it
were driven, and ends in a failure where errors have become small. Ask for `spiking_mlp:settle=200` there, or more.
Limit: the gradient of the rate network, for symmetric feedback, beta -> 0 and a long drive.

Sources: Hinton (2007), "How to do backpropagation in a brain", talk at the NIPS deep learning workshop; Bengio et al.
(2017), Neural Comput. 29:555 (the postsynaptic rate of change at presynaptic spikes).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from neurosim.core.arrays import Array, Params
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.equations import SynapticRule
from neurosim.layers import Stack
from neurosim.layers.layer import Batch
from neurosim.layers.losses import Loss, softmax_cross_entropy
from neurosim.layers.meter import UNMETERED, Meter
from neurosim.learning.passes import FeedbackKind, feedback_weights, init_feedback
from neurosim.learning.rule import Locality, RuleState, Stats, observe

W_MAX = 4.0
SYNAPSE = """
change : 1
on pre: send w; change = change + open * q_post
"""


@runtime_checkable
class SpikingSpec(Protocol):
    """What this rule needs of a network without its parameters."""

    @property
    def rates(self) -> Stack:
        """The rate network of the same units."""


@dataclass(frozen=True, kw_only=True)
class TemporalDerivativeSpiking:
    """``feedback``: symmetric (W^T), random (fixed) or kolen_pollack; ``beta``: strength of the drive.

    ``tau_s`` is the time constant of slow traces; ``base`` and ``drive`` are the lengths of the phases, all in ms.
    """

    feedback: FeedbackKind = "symmetric"
    centred: bool = True
    beta: float = 0.5
    tau_s: float = 800.0
    base: float = 80.0
    drive: float = 80.0
    loss: Loss = field(default_factory=softmax_cross_entropy)

    networks: ClassVar[tuple[str, ...]] = ("spiking_mlp",)
    native: ClassVar[str | None] = "spiking_mlp"
    locality: ClassVar[Locality] = Locality(pre=("spike",), post=("q",), signals=("open",))

    def __post_init__(self) -> None:
        for name in ("beta", "tau_s", "base", "drive"):
            if not (value := getattr(self, name)) > 0:
                raise InputError(f"temporal_derivative_spiking.{name}: expected a number > 0, got {value}")

    @property
    def transports_weights(self) -> bool:
        """Whether the feedback weights are the forward weights."""
        return self.feedback == "symmetric"

    @property
    def synapses(self) -> SynapticRule:
        """What one synapse does; its text names nothing but its own two neurons, and `open`."""
        return SynapticRule(SYNAPSE, name="temporal_derivative_spiking", w_min=-W_MAX, w_max=W_MAX)

    def init(self, spec: Any, rng: Stream, dtype: str = "float32") -> RuleState:
        """Feedback weights as large as the forward weights; see `neurosim.learning.passes.init_feedback`.

        Raises:
            InputError: a network that does not spike.
        """
        if not isinstance(spec, SpikingSpec):
            raise InputError(
                f"temporal_derivative_spiking: expected a spiking network, got {type(spec).__name__}; use spiking_mlp"
            )
        return init_feedback(self.feedback, spec.rates, rng, dtype)

    def direction(self, network: Any, state: RuleState, batch: Batch) -> tuple[Params, RuleState, Stats]:
        """Settle and drive; the changes of all samples, divided by what a constant difference of 1 would add up to."""
        groups = network.spec.rates.groups
        down = {g.name: feedback_weights(self.feedback, g, network.params, state.params).T for g in groups[1:]}
        driven = network.learn(self.synapses, down, batch, self)
        strength = self.beta * self.drive * (2 if self.centred else 1) * len(batch.x)
        updates = {f"{name}.w": network.interval * change / strength for name, change in driven.weights.items()}
        updates |= {f"{name}.b": change / strength for name, change in driven.biases.items()}
        kind = batch.x.dtype
        cast = {name: np.asarray(value, kind) for name, value in updates.items()}
        return cast, state, observe(self.loss, driven.scores.astype(kind), batch.targets)

    def predict(self, network: Any, state: RuleState, x: Array, meter: Meter = UNMETERED) -> Array:
        """The readout's mean input; nothing is learned."""
        answer: Array = network.respond(x, meter)
        return answer
