"""One population: its states, slots and refractory counters, and what its neurons do in a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.engines.plan import NetworkPlan, PoissonSource, ScheduledSource
from neurosim.engines.reference.random import neuron_normals, neuron_words
from neurosim.equations import load_update

Mask = npt.NDArray[np.bool_]


class Members:
    """The neurons of population ``number``: arrays (batch, row, neuron), and `spikes`, which advances them by a step.

    ``scalars`` (batch, n_scalars) are the coefficients of the model, and the signals that it reads.
    """

    def __init__(self, plan: NetworkPlan, number: int) -> None:
        """Neurons in their initial state."""
        population = plan.populations[number]
        batch, model, precision = plan.batch, population.model, np.dtype(plan.precision)
        inputs = model.inputs if model else ()
        self.name, self.size, self.seed = population.name, population.size, plan.seed
        self.model, self.source = model, population.source
        self._dt, self._real = plan.dt, precision.type
        self.state = np.repeat(population.initial[np.newaxis].astype(precision), batch, axis=0)
        self.slot = np.zeros((batch, len(inputs), population.size), np.int32)
        self.refractory = np.zeros((batch, population.size), np.uint16)
        self.scale = np.ones(len(inputs), precision)
        for slot in plan.slots:
            if slot.population == number:
                self.scale[slot.receptor] = slot.scale
        self.thresholds = np.zeros((batch, population.size), np.uint32)
        if isinstance(self.source, PoissonSource):
            self.thresholds[:] = self.source.threshold
        if model:
            self._update = load_update(model, "numpy")
            self._reads_time = model.program.reads_time
            self._arrays = model.arrays(population.size)
            self.scalars = np.repeat(model.scalars()[np.newaxis], batch, axis=0)

    def spikes(self, step: int, sample: int) -> Mask:
        """Do one step of one sample; which neurons spiked, bool (size,)."""
        if isinstance(self.source, PoissonSource):
            word = neuron_words(self.seed, f"source/{self.name}", step, sample, self.size)
            return np.asarray(word < self.thresholds[sample])
        mask = np.zeros(self.size, np.uint8)
        if isinstance(self.source, ScheduledSource):
            now = slice(*np.searchsorted(self.source.steps, [step, step + 1]))
            mask[self.source.neurons[now]] = 1
        else:
            self._update(
                self.state[sample],
                self.slot[sample],
                self.scale,
                self.scalars[sample],
                self._arrays,
                self._normals(step, sample),
                self.refractory[sample],
                mask,
                *([self._time(step)] if self._reads_time else []),
            )
        return np.asarray(mask != 0)

    def _time(self, step: int) -> tuple[Any, Any]:
        """When a step begins and ends, in ms and in the run's precision."""
        return self._real(step * self._dt), self._real((step + 1) * self._dt)

    def _normals(self, step: int, sample: int) -> npt.NDArray[Any]:
        draws = self.model.noise if self.model else 0
        normals = np.empty((draws, self.size), self.state.dtype)
        for draw in range(draws):
            stream = f"noise/{self.name}" + (f"/{draw}" if draw else "")
            normals[draw] = neuron_normals(self.seed, stream, step, sample, self.size)
        return normals
