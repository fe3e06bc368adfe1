"""Competing neurons: what networks share whose neurons compete for samples, whatever their equations.

Pixels are Poisson sources. Each neuron receives all of them through plastic weights, which are normalised before each
sample, and has an adaptive threshold. "cells" is the name of the population and of its parameters.

Source: Diehl & Cook (2015), Front. Comput. Neurosci. 9:99.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, Protocol
from zipfile import BadZipFile, ZipFile

import numpy as np
import numpy.typing as npt

from neurosim.core.arrays import Array, Params
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.equations import SynapticRule
from neurosim.layers.layer import Batch
from neurosim.layers.meter import UNMETERED, Meter
from neurosim.runlog.disk import check_target, write_atomically
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.state import packed, read_state

LEARNER = "learner"  # key of the learning simulation's state in a saved file
LARGEST = 1.0  # largest weight from a pixel, in the model and in the rule's bounds


class Options(Protocol):
    """Options that every network of competing neurons has."""

    @property
    def cells(self) -> int:
        """The number of competing neurons."""

    @property
    def duration(self) -> float:
        """The duration of a sample in ms."""

    @property
    def strength(self) -> float:
        """The sum of the weights into a neuron."""


@dataclass(frozen=True)
class CompetitiveSpec:
    """A network of competing neurons without its parameters, for ``pixels`` inputs; ``kind`` is the class with them.

    The parameters are "input.w" (pixels, cells) in [0, 1], "cells.theta" (cells,), the rise of the thresholds, and
    "cells.response" (n_classes, cells), the mean spike count of each neuron for training samples of each class.
    """

    options: Any
    pixels: int
    n_classes: int
    kind: type[CompetitiveNetwork]
    aligned: tuple[str, ...] = ()  # there is no gradient to compare with

    @property
    def active(self) -> tuple[str, ...]:
        """The populations whose spikes are counted."""
        return tuple(self.spiking)

    @property
    def spiking(self) -> dict[str, int]:
        """The spiking populations, with their sizes."""
        return dict.fromkeys(self.kind.populations, self.options.cells)

    def init(self, rng: Stream, dtype: str = "float32") -> Params:
        """Random weights, normalised; initial thresholds, and no responses."""
        cells = self.options.cells
        weights = rng.child("input").uniform((self.pixels, cells))
        return {
            "input.w": self.normalised(weights).astype(dtype),
            "cells.theta": np.full(cells, self.kind.first_threshold, dtype),
            "cells.response": np.zeros((self.n_classes, cells), dtype),
        }

    def network(self, params: Params, backend: str = "auto") -> CompetitiveNetwork:
        """The network with parameters, simulated by ``backend``."""
        return self.kind(self, params, backend)

    def gradient(self, params: Params, batch: Batch, loss: Any) -> Params:
        """Empty: spikes have no gradient, and the neurons no target."""
        return {}

    def normalised(self, weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Weights (pixels, cells) scaled to sum up to `strength` for each neuron, then clipped at 1."""
        scaled: npt.NDArray[Any] = np.minimum(weights * (self.options.strength / weights.sum(axis=0)), LARGEST)
        return scaled


@dataclass
class CompetitiveNetwork(ABC):
    """A `CompetitiveSpec` with its parameters, which training changes in place."""

    spec: CompetitiveSpec
    params: Params
    backend: str = "auto"
    _learner: Simulation | None = None
    _traces: tuple[str, ...] = ()  # variables of the learner's rule, other than w

    populations: ClassVar[tuple[str, ...]] = ("cells",)
    first_threshold: ClassVar[float] = 0.0

    def learn(
        self, rule: SynapticRule, samples: Array, seed: int, meter: Meter = UNMETERED
    ) -> tuple[npt.NDArray[np.float64], Params]:
        """Present samples (n, ...) one after the other; spike counts (n, cells) and the new parameters.

        ``rule`` changes the weights from the pixels, which are normalised before each sample and at the end. The first
        call seeds the random numbers with ``seed``; later calls continue them.
        """
        sim = self._learner = self._learner or self._compile(rule, 1, seed)
        self._traces = tuple(name for name in rule.equations.variables if name != "w")
        sim.set("input", "w", self.params["input.w"].ravel())
        sim.set("cells", "theta", self.params["cells.theta"])
        counts = []
        for rates in self._rates(samples):
            self._reset(sim)
            sim.set("input", "w", self._weights(sim).ravel())
            counts.append(self._show(sim, rates[np.newaxis], meter)[0])
        learned = {"input.w": self._weights(sim), "cells.theta": sim.get("cells", "theta")[0]}
        return np.array(counts), learned

    def save(self, path: str | Path) -> None:
        """Write the state from which `learn` continues to ``path`` (NumPy's npz), replacing an existing file.

        Raises:
            InputError: the file cannot be written.
        """
        target, content = check_target(path, overwrite=True), BytesIO()
        arrays: dict[str, Any] = dict(self.params)
        if self._learner is not None:
            arrays[LEARNER] = np.frombuffer(packed(self._learner.snapshot()), np.uint8)
        np.savez(content, **arrays)
        write_atomically(target, content.getvalue())

    def restore(self, path: str | Path, rule: SynapticRule, seed: int) -> None:
        """Read what `save` wrote: `learn` then continues bit for bit as without the interruption.

        The network must be built with the initial parameters of the saved one; ``rule`` and ``seed`` are those passed
        to its `learn`.

        Raises:
            InputError: no such file, or one of another network or rule; nothing is changed then.
        """
        try:
            with ZipFile(path) as archive, np.load(path) as file:
                if damaged := archive.testzip():
                    raise BadZipFile(f"{damaged} is damaged")
                arrays = {name: file[name] for name in file.files}
        except (OSError, ValueError, BadZipFile) as error:
            raise InputError(f"restore.path: expected a file written by save, got {path} ({error})") from None
        state = arrays.pop(LEARNER, None)
        expected, stored = ({name: value.shape for name, value in tree.items()} for tree in (self.params, arrays))
        if stored != expected:
            raise InputError(
                f"restore.path: expected parameters {expected}, got {stored} in {path}; build it with the same options"
            )
        if state is not None:
            learner = self._compile(rule, 1, seed)
            learner.restore(read_state(BytesIO(state.tobytes())))
            self._learner = learner
        self.params.update(arrays)

    def respond(self, samples: Array, meter: Meter = UNMETERED) -> npt.NDArray[np.float64]:
        """Spike counts (n, cells) in response to samples (n, ...), simulated as one batch; nothing is learned."""
        return self._show(self._compile(None, len(samples)), self._rates(samples), meter)

    def spikes(self, population: str, samples: Array) -> tuple[Array, Array, Array]:
        """Times in ms, neurons and trials of the spikes of a population; samples are presented one after the other."""
        sim = self._compile(None, 1)
        times, neurons, trials = [], [], []
        for trial, rates in enumerate(self._rates(samples)):
            self._reset(sim)
            self._show(sim, rates[np.newaxis])
            spikes = sim.spikes(population)
            times.append(spikes.times - (sim.time - self.spec.options.duration))
            neurons.append(spikes.neurons)
            trials.append(np.full(len(spikes.times), trial, np.uint32))
        return np.concatenate(times), np.concatenate(neurons), np.concatenate(trials)

    @abstractmethod
    def _compile(self, rule: SynapticRule | None, batch: int, seed: int = 0) -> Simulation:
        """The simulation: populations "pixels" and "cells" (with states theta and n, spikes so far), "input" between
        them; all spikes are recorded."""

    @abstractmethod
    def _rates(self, samples: Array) -> npt.NDArray[np.float64]:
        """Samples (n, ...) in [0, 1] as the rates of the pixels in Hz, (n, pixels)."""

    @abstractmethod
    def _reset(self, sim: Simulation) -> None:
        """Bring neurons and synapses to rest before a sample."""

    @abstractmethod
    def _lateral(self, sim: Simulation, fired: int) -> tuple[int, int]:
        """Lateral operations for ``fired`` spikes: by events, and of one dense step."""

    def _weights(self, sim: Simulation) -> npt.NDArray[Any]:
        return self.spec.normalised(sim.get("input", "w").reshape(self.spec.pixels, -1))

    def _show(
        self, sim: Simulation, rates: npt.NDArray[np.float64], meter: Meter = UNMETERED
    ) -> npt.NDArray[np.float64]:
        """Spike counts (batch, cells) in response to ``rates`` (batch, pixels)."""
        options: Options = self.spec.options
        sim.set("cells", "n", 0.0)
        sim.set("pixels", "rate", rates)
        sim.forget()
        sim.run(options.duration)
        counts = sim.get("cells", "n")
        shown, fired = len(sim.spikes("pixels").times), int(counts.sum())
        steps = round(options.duration / sim.dt) * len(rates)
        events, dense = self._lateral(sim, fired)
        meter.events(
            "forward",
            acs=shown * options.cells + events,
            dense=steps * (options.cells * self.spec.pixels + dense),
        )
        if sim is self._learner:
            meter.events("plasticity", macs=shown * options.cells + fired * self.spec.pixels)
        for name in self.populations:
            meter.spikes(name, len(sim.spikes(name).times), steps * options.cells)
        return counts.astype(np.float64)
