"""STDP with labels put on afterwards: pair STDP in a winner-take-all network that never sees a target.

Each sample is shown as spikes; the synapses change by their rule; the labels of the cells are the classes of the
training samples that they responded to. Limit: none, there is no gradient. Source: Diehl & Cook (2015), Front. Comput.
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

MEMORY = 0.01  # share of a new response in the mean response of a cell to a class


@runtime_checkable
class NormalisedSpec(Protocol):
    """What this rule needs of a network without its parameters: neurons that compete with weights of a given sum."""

    def normalised(self, weights: Array) -> Array:
        """Weights (pixels, cells) that add up to the same in each cell."""


class LabelledNetwork(Protocol):
    """What this rule needs of a network: parameters with "cells.response" (n_classes, cells), and these methods."""

    @property
    def params(self) -> Params:
        """The parameters; see the network's spec."""

    def learn(self, rule: SynapticRule, samples: Array, seed: int, meter: Meter) -> tuple[Array, Params]:
        """Show samples one after the other; the spikes (n, cells), and the parameters that ``rule`` made."""

    def respond(self, samples: Array, meter: Meter) -> Array:
        """The spikes (n, cells) that samples draw."""


class Labelled(ABC):
    """A rule whose synapses learn by themselves, without a target; labels are put on the cells by their responses."""

    name: ClassVar[str]
    native: ClassVar[str]
    networks: ClassVar[tuple[str, ...]] = ("winner_take_all", "diehl_cook")
    transports_weights: ClassVar[bool] = False

    @property
    @abstractmethod
    def synapses(self) -> SynapticRule:
        """What one synapse does; its text can name nothing but its own two neurons."""

    def init(self, spec: Any, rng: Stream, dtype: str = "float32") -> RuleState:
        """The seed of the spikes that are shown.

        Raises:
            InputError: values that the synapses do not take, or a network without competing cells.
        """
        if not isinstance(spec, NormalisedSpec):
            raise InputError(
                f"{self.name}: expected a network of competing cells, got {type(spec).__name__}; use {self.native}"
            )
        self.synapses  # noqa: B018 - refuses values that do not fit
        return RuleState(memory={"seed": rng.seed})

    def direction(self, network: LabelledNetwork, state: RuleState, batch: Batch) -> tuple[Params, RuleState, Stats]:
        """Show the samples one after the other; what was learned is in the answer's ``assign``."""
        spikes, learned = network.learn(self.synapses, batch.x, state.memory["seed"], batch.meter)
        response = network.params["cells.response"].copy()
        labels = batch.targets.argmax(axis=1)
        correct = 0
        for counts, label in zip(spikes, labels, strict=True):
            correct += int(self.answers(counts, response).argmax() == label)
            response[label] += MEMORY * (counts - response[label])
        return {}, state, Stats(1.0 - correct / len(labels), correct, {**learned, "cells.response": response})

    def predict(self, network: LabelledNetwork, state: RuleState, x: Array, meter: Meter = UNMETERED) -> Array:
        """The answers (batch, n_classes) of cells that learn nothing."""
        return self.answers(network.respond(x, meter), network.params["cells.response"])

    @abstractmethod
    def answers(self, counts: Array, response: Array) -> Array:
        """Scores (..., n_classes) of the spikes (..., cells) that were drawn; ``response`` (n_classes, cells)."""


@dataclass(frozen=True, kw_only=True)
class Stdp(Labelled):
    """Potentiation ``a_plus`` and depression ``a_minus`` of weights in [0, 1], with time constants in ms."""

    name: ClassVar[str] = "stdp"
    native: ClassVar[str] = "winner_take_all"
    locality: ClassVar[Locality] = Locality(pre=("spike", "x"), post=("spike", "y"), memory="none")

    a_plus: float = 0.01
    a_minus: float = 0.001
    tau_plus: float = 20.0
    tau_minus: float = 10.0

    @property
    def synapses(self) -> SynapticRule:
        """What one synapse does; its text can name nothing but its own two neurons."""
        return PairSTDP(
            w_min=0.0,
            w_max=1.0,
            a_plus=self.a_plus,
            a_minus=self.a_minus,
            tau_plus=self.tau_plus,
            tau_minus=self.tau_minus,
        )

    def answers(self, counts: Array, response: Array) -> Array:
        """How many spikes the cells gave for each class."""
        return scores(counts, response)


def scores(counts: Array, response: Array) -> Array:
    """The spikes (..., cells), each divided among the classes as the cell's responses to them were."""
    shares = response / np.maximum(response.sum(axis=0), np.finfo(response.dtype).tiny)
    found: Array = counts @ shares.T
    return found
