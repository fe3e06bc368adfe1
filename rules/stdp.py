"""STDP with post-hoc labelling: pair STDP in a winner-take-all network, which learns without targets.

Each sample is presented as spikes and the synapses change by their rule. Neurons are labelled by the classes of the
training samples to which they responded. Limit: none, there is no gradient. Source: Diehl & Cook (2015), Front. Comput.
Neurosci. 9:99; the pair rule: Song, Miller & Abbott (2000), Nat. Neurosci. 3:919.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from neurosim.core.arrays import Array, Params
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.equations import SynapticRule
from neurosim.layers.layer import Batch
from neurosim.layers.meter import UNMETERED, Meter
from neurosim.learning.rule import Locality, RuleState, Stats
from neurosim.rules.pair_stdp import PairSTDP

MEMORY = 0.01  # fraction of a new response in the running mean response of a neuron to a class


@runtime_checkable
class NormalisedSpec(Protocol):
    """What this rule needs of a network without its parameters: competing neurons with normalised weights."""

    def normalised(self, weights: Array) -> Array:
        """Weights (pixels, cells), scaled to the same sum for each neuron."""


class LabelledNetwork(Protocol):
    """What this rule needs of a network: parameters with "cells.response" (n_classes, cells), and these methods."""

    @property
    def params(self) -> Params:
        """The parameters, by name; see the network's spec."""

    def learn(self, rule: SynapticRule, samples: Array, seed: int, meter: Meter) -> tuple[Array, Params]:
        """Present samples one after the other; spike counts (n, cells), and the parameters that ``rule`` learned."""

    def respond(self, samples: Array, meter: Meter) -> Array:
        """Spike counts (n, cells) in response to samples."""


class Labelled(ABC):
    """A rule whose synapses learn without a target; neurons are labelled by their responses."""

    name: ClassVar[str]
    native: ClassVar[str]
    networks: ClassVar[tuple[str, ...]] = ("winner_take_all", "diehl_cook")
    transports_weights: ClassVar[bool] = False

    @property
    @abstractmethod
    def synapses(self) -> SynapticRule:
        """The rule of one synapse, which can read nothing but its own two neurons."""

    def init(self, spec: Any, rng: Stream, dtype: str = "float32") -> RuleState:
        """The state of the rule: the seed of the input spikes; see `neurosim.learning.Rule.init`.

        Raises:
            InputError: a value that the synaptic rule refuses, or a network without competing neurons.
        """
        if not isinstance(spec, NormalisedSpec):
            raise InputError(
                f"{self.name}: expected a network of competing neurons, got {type(spec).__name__}; use {self.native}"
            )
        self.synapses  # noqa: B018 - checks the values
        return RuleState(memory={"seed": rng.seed})

    def direction(self, network: LabelledNetwork, state: RuleState, batch: Batch) -> tuple[Params, RuleState, Stats]:
        """Present the samples one after the other; the learned parameters are in ``assign`` of the statistics.

        See `neurosim.learning.Rule.direction`.
        """
        spikes, learned = network.learn(self.synapses, batch.x, state.memory["seed"], batch.meter)
        response = network.params["cells.response"].copy()
        labels = batch.targets.argmax(axis=1)
        correct = 0
        for counts, label in zip(spikes, labels, strict=True):
            correct += int(self.answers(counts, response).argmax() == label)
            response[label] += MEMORY * (counts - response[label])
        return {}, state, Stats(1.0 - correct / len(labels), correct, {**learned, "cells.response": response})

    def predict(self, network: LabelledNetwork, state: RuleState, x: Array, meter: Meter = UNMETERED) -> Array:
        """Scores of the responses, nothing is learned; see `neurosim.learning.Rule.predict`."""
        return self.answers(network.respond(x, meter), network.params["cells.response"])

    @abstractmethod
    def answers(self, counts: Array, response: Array) -> Array:
        """Scores of the classes.

        Parameters
        ----------
        counts : array (..., cells)
            Spike counts.
        response : array (n_classes, cells)
            The mean response of each neuron to each class.

        Returns
        -------
        array (..., n_classes)
            The scores.
        """


@dataclass(frozen=True, kw_only=True)
class Stdp(Labelled):
    """Pair STDP of weights in [0, 1] with post-hoc labelling; the head of this file describes it.

    Parameters
    ----------
    a_plus, a_minus : float
        Potentiation and depression by a pair of spikes at t = 0; weights are in [0, 1].
    tau_plus, tau_minus : float
        Time constants of the traces, in ms.

    References
    ----------
    Diehl & Cook (2015), Front. Comput. Neurosci. 9:99; Song, Miller & Abbott (2000), Nat. Neurosci. 3:919.

    Examples
    --------
    >>> Stdp(a_plus=0.02).synapses.values["a_plus"]
    0.02
    """

    name: ClassVar[str] = "stdp"
    native: ClassVar[str] = "winner_take_all"
    locality: ClassVar[Locality] = Locality(pre=("spike", "x"), post=("spike", "y"), memory="none")

    a_plus: float = 0.01
    a_minus: float = 0.001
    tau_plus: float = 20.0
    tau_minus: float = 10.0

    @property
    def synapses(self) -> SynapticRule:
        """The rule of one synapse, which can read nothing but its own two neurons."""
        return PairSTDP(
            w_min=0.0,
            w_max=1.0,
            a_plus=self.a_plus,
            a_minus=self.a_minus,
            tau_plus=self.tau_plus,
            tau_minus=self.tau_minus,
        )

    def answers(self, counts: Array, response: Array) -> Array:
        """Spike counts shared among the classes; see `scores`."""
        return scores(counts, response)


def scores(counts: Array, response: Array) -> Array:
    """Spike counts (..., cells), each divided among the classes in proportion to the mean responses of its neuron."""
    shares = response / np.maximum(response.sum(axis=0), np.finfo(response.dtype).tiny)
    per_class: Array = counts @ shares.T
    return per_class
