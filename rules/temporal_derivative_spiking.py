"""Temporal-derivative learning by spikes: a presynaptic spike changes the weight by the postsynaptic rate of change.

Each unit has a fast and a slow trace of its own spikes; their difference q follows the derivative of its rate. While
the readout is driven toward the target, changes are fed back: the readout transmits its deviation as a real value,
hidden units transmit spikes, which the unit below filters by a fast and a slow trace. During the drive, and only then,

    change + open * q of the postsynaptic unit     at each presynaptic spike

where q of the readout, which does not spike, is its potential minus a slow trace of it. Both are measured relative to a
baseline: before the drive, slow traces replace the fast ones as input, and the transient decays. Centred, the same
samples are also driven away from the target, with the opposite sign of `open`, so that ripple and baseline errors
cancel. One-sided they do not: what has not settled when the gate opens is learned as if it were driven, and learning
fails once errors are small. Use `spiking_mlp:settle=200` or more there.
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
    """The attribute of a network without its parameters that this rule needs."""

    @property
    def rates(self) -> Stack:
        """The rate network of the same units."""


@dataclass(frozen=True, kw_only=True)
class TemporalDerivativeSpiking:
    """Temporal-derivative learning of spiking networks; the head of this file has the equations.

    Parameters
    ----------
    feedback : {"symmetric", "random", "kolen_pollack"}
        Feedback weights: W^T, random and fixed, or mirrors of the forward weights.
    centred : bool
        Drive in both directions and take the difference.
    beta : float
        The strength of the drive, > 0.
    tau_s : float
        The time constant of slow traces, in ms.
    base, drive : float
        The durations of the baseline and of the drive, in ms.
    loss : Loss
        The loss that is reported; softmax cross-entropy by default.

    Raises
    ------
    InputError
        A parameter is out of range.

    References
    ----------
    Hinton (2007), talk at the NIPS deep learning workshop; Bengio et al. (2017), Neural Comput. 29:555.

    Examples
    --------
    >>> TemporalDerivativeSpiking(feedback="random").transports_weights
    False
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
        """The rule of one synapse, which reads nothing but its own two neurons and the signal `open`."""
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
        """Settle and drive; the changes summed over samples, relative to those of a constant difference of 1.

        See `neurosim.learning.Rule.direction`.
        """
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
        """Scores: the mean input of the readout, nothing is learned; see `neurosim.learning.Rule.predict`."""
        answer: Array = network.respond(x, meter)
        return answer
