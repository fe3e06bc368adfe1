"""Spiking network: the cortical microcircuit under 1 mm^2 of surface, 77,169 neurons and 0.3 billion synapses.

Four layers of one excitatory and one inhibitory population. Source: Potjans & Diesmann (2014), Cereb. Cortex 24:785,
tables 4 and 5; delays are cut at half of the reference's step of 0.1 ms. Smaller networks keep the first two moments
of the input (van Albada, Helias & Diesmann 2015, PLoS Comput. Biol. 11:e1004490): in-degrees are multiplied by
``scale``, weights by 1 / sqrt(scale), and a constant current restores the mean. Initial potentials are those of the
authors' code for each population, near the stationary state.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from neurosim.connectivity import FixedTotalNumber, Normal
from neurosim.core.errors import InputError
from neurosim.neurons import LIF
from neurosim.simulation.network import Network

POPULATIONS = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
SIZES = (20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948)
PROBABILITIES = (  # of at least one synapse per pair; a row for each target, a column for each source
    (0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0),
    (0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0),
    (0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0),
    (0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0),
    (0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0),
    (0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0),
    (0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252),
    (0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443),
)
EXTERNAL = (1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100)  # external synapses per neuron
EXTERNAL_RATE = 8.0  # Hz, of each of them
RATES = (0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829)  # Hz, of the full network: the authors' mean
START = (  # mean and standard deviation in mV
    (-68.28, 5.36), (-63.16, 4.57), (-63.33, 4.74), (-63.45, 4.94),
    (-63.11, 4.94), (-61.66, 4.55), (-66.72, 5.46), (-61.43, 4.48),
)  # fmt: skip
WEIGHT = 87.8  # pA, of an excitatory synapse
INHIBITION = -4.0  # times that, of an inhibitory one
DOUBLED = ("L23E", "L4E")  # target and source of the pathway with twice the weight
WEIGHT_SPREAD, DELAY_SPREAD = 0.1, 0.5  # standard deviation relative to the mean
DELAY_E, DELAY_I = 1.5, 0.75  # ms
SHORTEST_DELAY = 0.05  # ms
TAU_S = 0.5  # ms, of the model LIF


@dataclass(frozen=True, kw_only=True)
class Microcircuit:
    """Potjans & Diesmann's microcircuit; the head of this file describes it.

    Parameters
    ----------
    scale : float
        Multiplies the numbers of neurons and the in-degrees; in (0, 1].
    drive : {"poisson", "dc"}
        External input: Poisson events, or their mean as a constant current.

    Raises
    ------
    InputError
        ``scale`` is out of range.

    Examples
    --------
    >>> sum(population.size for population in Microcircuit().build(1).populations)
    77169
    """

    scale: float = 1.0
    drive: Literal["poisson", "dc"] = "poisson"

    def __post_init__(self) -> None:
        if not 0 < self.scale <= 1:
            raise InputError(f"microcircuit.scale: expected a number in (0, 1], got {self.scale}")

    def build(self, seed: int = 0) -> Network:
        """The eight populations and their pathways.

        Parameters
        ----------
        seed : int
            That of the network, which decides all that is drawn.

        Returns
        -------
        Network
            To be recorded, compiled and run.
        """
        net = Network(seed)
        grown = 1 / math.sqrt(self.scale)
        weights, degrees = mean_weights(), in_degrees()
        external = WEIGHT * EXTERNAL_RATE * np.array(EXTERNAL)
        lost = (1 - math.sqrt(self.scale)) * ((weights * degrees) @ RATES + external)
        if self.drive == "dc":
            lost = lost + math.sqrt(self.scale) * external
        current = 1e-3 * TAU_S * lost  # charge per ms: pA ms Hz = 1e-3 pA
        for name, size, start, mean in zip(POPULATIONS, self.sizes(), START, current, strict=True):
            net.population(name, size, LIF(i_ext=float(mean)), {"v": Normal(*start)})
        totals = np.round(degrees * self.scale * np.array(self.sizes())[:, None]).astype(int)
        for target, post in enumerate(POPULATIONS):
            for source, pre in enumerate(POPULATIONS):
                if totals[target, source]:
                    weight, delay = weights[target, source] * grown, DELAY_I if source % 2 else DELAY_E
                    net.connect(
                        pre,
                        post,
                        FixedTotalNumber(int(totals[target, source])),
                        weight=_one_sign(weight),
                        delay=Normal(delay, DELAY_SPREAD * delay, low=SHORTEST_DELAY),
                    )
        if self.drive == "poisson":
            for name, synapses in zip(POPULATIONS, EXTERNAL, strict=True):
                net.drive(name, EXTERNAL_RATE * synapses * self.scale, WEIGHT * grown)
        return net

    def sizes(self) -> list[int]:
        """The sizes of the populations.

        Returns
        -------
        list of int
            Numbers of neurons, in the order of the populations.
        """
        return [round(size * self.scale) for size in SIZES]


def in_degrees() -> npt.NDArray[np.float64]:
    """Synapses per target neuron of the full network, [target, source], from the pairs' probabilities."""
    sizes = np.array(SIZES, np.float64)
    pairs = sizes[:, None] * sizes[None, :]
    return np.asarray(np.log1p(-np.array(PROBABILITIES)) / np.log1p(-1 / pairs) / sizes[:, None])


def mean_weights() -> npt.NDArray[np.float64]:
    """Mean weights of the full network in pA, [target, source]."""
    weights = np.tile([WEIGHT, INHIBITION * WEIGHT], (len(SIZES), len(SIZES) // 2))
    weights[POPULATIONS.index(DOUBLED[0]), POPULATIONS.index(DOUBLED[1])] *= 2
    return np.asarray(weights)


def _one_sign(weight: float) -> Normal:
    """Weights around ``weight`` that keep its sign."""
    spread = WEIGHT_SPREAD * abs(weight)
    return Normal(weight, spread, low=0.0) if weight > 0 else Normal(weight, spread, high=0.0)
