"""What spikes cost: how few they are, and how many synapses they reach, beside what dense products would do."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Traffic(NamedTuple):
    """Of a population, over all samples: ``spikes`` of ``possible`` ones, one for each neuron and step.

    ``events`` are the synapses that the spikes reach, counted when they are sent, ``dense`` those of all neurons in all
    steps: an accumulate each (NeuroBench's effective and dense synaptic operations; Yik et al. 2025).
    """

    spikes: int
    possible: int
    events: int
    dense: int

    @property
    def sparsity(self) -> float:
        """The part of all neurons and steps without a spike; NaN before the first step."""
        return 1.0 - self.spikes / self.possible if self.possible else math.nan


def traffic(neurons: npt.NDArray[Any], fan_out: npt.NDArray[np.int64], steps: int) -> Traffic:
    """The traffic of ``neurons`` (n_spikes,) that spiked in so many ``steps``, those of all samples added up.

    ``fan_out`` (n_neurons,) holds the synapses that leave each neuron.

    >>> traffic(np.array([0, 2, 0]), np.array([5, 7, 1]), steps=10)
    Traffic(spikes=3, possible=30, events=11, dense=130)
    """
    return Traffic(len(neurons), steps * len(fan_out), int(fan_out[neurons].sum()), steps * int(fan_out.sum()))
