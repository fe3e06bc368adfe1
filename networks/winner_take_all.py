"""Winner take all: neurons that compete for inputs, in which pair STDP finds prototypes without labels.

Pixels are Poisson sources. Each neuron receives all of them through plastic weights; a spike inhibits all other neurons
and raises the threshold of its own, so that all neurons take part. Neurons are labelled afterwards by their responses
to training samples.

Source: Diehl & Cook (2015), Front. Comput. Neurosci. 9:99 (adaptive thresholds, normalised weights, labels); Querlioz
et al. (2011), IJCNN (lateral inhibition without a second population). Potentials are dimensionless.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neurosim.connectivity import AllToAll
from neurosim.core.arrays import Array, Shape
from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.networks._competing import CompetitiveNetwork, CompetitiveSpec
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import Poisson

CELL = """
dv/dt = (gain * g - i - v) / tau_m                            : 1
dg/dt = -g / tau_g                                            : 1, input   # from the pixels
di/dt = -i / tau_i                                            : 1, input   # from the other neurons
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
INHIBITION = 50.0  # that a spike adds in every other neuron


@dataclass(frozen=True, kw_only=True)
class WinnerTakeAll:
    """A network of competing neurons with lateral inhibition; the head of this file describes it.

    Parameters
    ----------
    cells : int
        The number of neurons; at least 2.
    duration : float
        How long a sample is presented, in ms.
    rate : float
        The rate of a pixel of value 1, in Hz.
    strength : float
        The sum of the weights into a neuron.
    gain : float
        Multiplies the input from the pixels.
    adaptation : float
        The rise of a neuron's threshold at each of its spikes while it learns.

    Raises
    ------
    InputError
        A parameter is out of range.

    References
    ----------
    Diehl & Cook (2015), Front. Comput. Neurosci. 9:99; Querlioz et al. (2011), IJCNN.

    Examples
    --------
    >>> WinnerTakeAll(cells=50).build((28, 28), 10).spiking
    {'cells': 50}
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

    def build(self, sample_shape: Shape, n_classes: int) -> CompetitiveSpec:
        """The network for samples of this shape.

        Parameters
        ----------
        sample_shape : tuple of int
            The shape of one sample.
        n_classes : int
            The number of classes.

        Returns
        -------
        CompetitiveSpec
            The network without parameters.
        """
        return CompetitiveSpec(self, math.prod(sample_shape), n_classes, Competitors)


class Competitors(CompetitiveNetwork):
    """Neurons that inhibit each other directly; all are reset before a sample."""

    def _rates(self, samples: Array) -> npt.NDArray[np.float64]:
        rate: float = self.spec.options.rate
        return samples.reshape(len(samples), -1).astype(np.float64) * rate

    def _reset(self, sim: Simulation) -> None:
        for state in ("v", "g", "i"):
            sim.set("cells", state, 0.0)
        for trace in self._traces if sim is self._learner else ():
            sim.set("input", trace, 0.0)

    def _lateral(self, sim: Simulation, fired: int) -> tuple[int, int]:
        cells = self.spec.options.cells
        return fired * (cells - 1), cells * (cells - 1)

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
        return net.compile(DT, self.backend, batch=batch)
