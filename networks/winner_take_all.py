"""Winner take all: cells that compete for what they see, in which pair STDP finds prototypes without labels.

Pixels are Poisson spikes; each cell sees all of them through plastic weights; a cell that fires holds down all others
and raises its own threshold, so that each gets its share. Labels are put on the cells afterwards, from responses to
training samples. Source: Diehl & Cook (2015), Front. Comput. Neurosci. 9:99 (adaptive thresholds, normalised weights,
labels); Querlioz et al. (2011), IJCNN (lateral inhibition without a second population). Dimensionless potentials.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.arrays import Array
from neurosim.connectivity import AllToAll
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.errors import InputError
from neurosim.meter import UNMETERED, Meter
from neurosim.network import Network
from neurosim.protocols import Batch, Params, Shape
from neurosim.rng import Stream
from neurosim.simulation import Simulation
from neurosim.sources import Poisson

CELL = """
dv/dt = (gain * g - i - v) / tau_m                            : 1
dg/dt = -g / tau_g                                            : 1, input   # from the pixels
di/dt = -i / tau_i                                            : 1, input   # from the other cells
dtheta/dt = 0 / tau_m                                         : 1
dn/dt = 0 / tau_m                                             : 1          # spikes so far
spike when v >= 1 + theta
on spike: v = 0; theta = theta + adaptation; n = n + 1
refractory t_ref: hold v

t_ref = 5.0                                                   : ms
tau_m = 50.0                                                  : ms
tau_g = 10.0                                                  : ms
tau_i = 10.0                                                  : ms
adaptation = 0.0                                              : 1
gain = 1.0                                                    : 1
"""
DT = 1.0  # ms
LARGEST = 1.0  # weight from a pixel, in the model and in the rule's bounds
INHIBITION = 50.0  # what a spike adds to the inhibition of every other cell


@dataclass(frozen=True, kw_only=True)
class WinnerTakeAll:
    """``cells`` compete; a sample is shown for ``duration`` ms, its brightest possible pixel as ``rate`` Hz.

    ``strength`` is what the weights into a cell add up to; ``gain`` how strongly a cell is driven.
    """

    cells: int = 100
    duration: float = 200.0
    rate: float = 223.0
    strength: float = 15.0
    gain: float = 1.0
    adaptation: float = 0.05

    def __post_init__(self) -> None:
        if self.cells < 2:
            raise InputError(f"winner_take_all.cells: expected at least 2, to compete, got {self.cells}")
        for name in ("duration", "rate", "strength", "gain"):
            if not (value := getattr(self, name)) > 0:
                raise InputError(f"winner_take_all.{name}: expected a number > 0, got {value}")
        if not self.adaptation >= 0:
            raise InputError(f"winner_take_all.adaptation: expected a number >= 0, got {self.adaptation}")

    def build(self, sample_shape: Shape, n_classes: int) -> Competition:
        """The network for samples of this shape."""
        return Competition(self, math.prod(sample_shape), n_classes)


@dataclass(frozen=True)
class Competition:
    """A winner-take-all network without its parameters, for ``pixels`` inputs.

    Parameters: "input.w" (pixels, cells) in [0, 1]; "cells.theta" (cells,), the thresholds' rise; "cells.response"
    (n_classes, cells), the mean number of spikes that a sample of each class drew in training.
    """

    options: WinnerTakeAll
    pixels: int
    n_classes: int
    aligned: tuple[str, ...] = ()  # there is no gradient to follow
    active: tuple[str, ...] = ("cells",)

    @property
    def spiking(self) -> dict[str, int]:
        """The cells."""
        return {"cells": self.options.cells}

    def init(self, rng: Stream, dtype: str = "float32") -> Params:
        """Random weights, normalised; nothing seen yet."""
        cells = self.options.cells
        weights = rng.child("input").uniform((self.pixels, cells))
        return {
            "input.w": self.normalised(weights).astype(dtype),
            "cells.theta": np.zeros(cells, dtype),
            "cells.response": np.zeros((self.n_classes, cells), dtype),
        }

    def network(self, params: Params) -> Competing:
        """The network with its parameters."""
        return Competing(self, params)

    def gradient(self, params: Params, batch: Batch, loss: Any) -> Params:
        """Empty: spikes have no gradient, and the cells no target."""
        return {}

    def normalised(self, weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Weights (pixels, cells) that add up to `strength` in each cell, and none above 1."""
        scaled: npt.NDArray[Any] = np.minimum(weights * (self.options.strength / weights.sum(axis=0)), LARGEST)
        return scaled


@dataclass
class Competing:
    """A `Competition` with its parameters, which a study changes in place."""

    spec: Competition
    params: Params
    _learner: Simulation | None = None

    def learn(
        self, rule: SynapticRule, samples: Array, seed: int, meter: Meter = UNMETERED
    ) -> tuple[npt.NDArray[np.float64], Params]:
        """Show samples (n, ...) one after the other; the spikes (n, cells) and the parameters that result.

        ``rule`` changes the weights from the pixels, which are normalised before each sample and at the end. Where it
        learns again, the network's random numbers go on; the first time they begin with ``seed``.
        """
        sim = self._learner = self._learner or self._compile(rule, 1, seed)
        sim.set("input", "w", self.params["input.w"].ravel())
        sim.set("cells", "theta", self.params["cells.theta"])
        traces = [name for name in rule.equations.variables if name != "w"]
        counts = []
        for rates in self._rates(samples):
            sim.set("input", "w", self._weights(sim).ravel())
            for trace in traces:
                sim.set("input", trace, 0.0)
            counts.append(self._show(sim, rates[np.newaxis], meter)[0])
        learned = {"input.w": self._weights(sim), "cells.theta": sim.get("cells", "theta")[0]}
        return np.array(counts), learned

    def respond(self, samples: Array, meter: Meter = UNMETERED) -> npt.NDArray[np.float64]:
        """The spikes (n, cells) that samples (n, ...) draw, side by side; nothing is learned."""
        return self._show(self._compile(None, len(samples)), self._rates(samples), meter)

    def spikes(self, population: str, samples: Array) -> tuple[Array, Array, Array]:
        """Times in ms, neurons and trials of the spikes of a population, one sample shown after the other."""
        sim = self._compile(None, 1)
        times, neurons, trials = [], [], []
        for trial, rates in enumerate(self._rates(samples)):
            begin = sim.time
            self._show(sim, rates[np.newaxis])
            found = sim.spikes(population)
            times.append(found.times - begin)
            neurons.append(found.neurons)
            trials.append(np.full(len(found.times), trial, np.uint32))
        return np.concatenate(times), np.concatenate(neurons), np.concatenate(trials)

    def _weights(self, sim: Simulation) -> npt.NDArray[Any]:
        return self.spec.normalised(sim.get("input", "w").reshape(self.spec.pixels, -1))

    def _rates(self, samples: Array) -> npt.NDArray[np.float64]:
        """Samples (n, ...) in [0, 1] as the rates of the pixels in Hz, (n, pixels)."""
        return samples.reshape(len(samples), -1).astype(np.float64) * self.spec.options.rate

    def _show(
        self, sim: Simulation, rates: npt.NDArray[np.float64], meter: Meter = UNMETERED
    ) -> npt.NDArray[np.float64]:
        """The spikes (batch, cells) that ``rates`` (batch, pixels) draw from cells at rest."""
        options = self.spec.options
        for state in ("v", "g", "i", "n"):
            sim.set("cells", state, 0.0)
        sim.set("pixels", "rate", rates)
        sim.forget()
        sim.run(options.duration)
        counts = sim.get("cells", "n")
        shown, fired = len(sim.spikes("pixels").times), int(counts.sum())
        steps, lateral = round(options.duration / DT) * len(rates), options.cells - 1
        meter.events(
            "forward",
            acs=shown * options.cells + fired * lateral,
            dense=steps * options.cells * (self.spec.pixels + lateral),
        )
        if sim is self._learner:
            meter.events("plasticity", macs=shown * options.cells + fired * self.spec.pixels)
        meter.spikes("cells", fired, steps * options.cells)
        return counts.astype(np.float64)

    def _compile(self, rule: SynapticRule | None, batch: int, seed: int = 0) -> Simulation:
        options = self.spec.options
        net = Network(seed)
        adaptation = options.adaptation if rule else 0.0
        model = NeuronModel(CELL, name="Competitor", gain=options.gain, adaptation=adaptation)
        pixels = net.population("pixels", self.spec.pixels, Poisson(0.0))
        cells = net.population("cells", options.cells, model, {"theta": self.params["cells.theta"]})
        weights = self.params["input.w"].ravel()
        net.connect(pixels, cells, AllToAll(), to="g", weight=weights, delay=DT, rule=rule, name="input")
        net.connect(cells, cells, AllToAll(allow_autapses=False), to="i", weight=INHIBITION, delay=DT, name="lateral")
        for population in (pixels, cells):
            net.record(population, "spikes")
        return net.compile(DT, batch=batch)
