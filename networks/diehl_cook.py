"""Diehl & Cook's network: excitatory neurons, each with an inhibitory partner that inhibits all others.

Source: Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, with the constants of the program that the authors
published. Conductances are in units of the leak; a pixel of 1 (255 there) fires at 63.75 Hz, and a sample that evokes
too few spikes is presented again at higher intensity. The threshold of a neuron rises by 0.05 mV at each of its spikes
and decays with 10,000 s; the decay in one step is below the resolution of float32, so it is applied once per
presentation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from neurosim.connectivity import AllToAll, FromArrays, OneToOne, Uniform
from neurosim.core.arrays import Array, Shape
from neurosim.core.errors import InputError
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.layers.meter import UNMETERED, Meter
from neurosim.networks._competing import CompetitiveNetwork, CompetitiveSpec
from neurosim.simulation.network import Network
from neurosim.simulation.simulation import Simulation
from neurosim.simulation.sources import Poisson

EXCITATORY = """
dv/dt = (v_rest - v + g_e * (e_e - v) + g_i * (e_i - v)) / tau_m : mV
dg_e/dt = -g_e / tau_e                                          : 1, input   # from the pixels
dg_i/dt = -g_i / tau_i                                          : 1, input   # from the inhibitory neurons
dtheta/dt = 0 / tau_m                                           : mV
dn/dt = 0 / tau_m                                               : 1          # spikes so far
spike when v >= v_th + theta
on spike: v = v_reset; theta = theta + theta_plus; n = n + 1
on start: v = v_rest
refractory t_ref: hold v

v_rest = -65.0                                                  : mV
v_reset = -65.0                                                 : mV
v_th = -72.0                                                    : mV   # -52 mV less an offset of 20 mV
e_e = 0.0                                                       : mV
e_i = -100.0                                                    : mV
tau_m = 100.0                                                   : ms
tau_e = 1.0                                                     : ms
tau_i = 2.0                                                     : ms
t_ref = 5.0                                                     : ms
theta_plus = 0.0                                                : mV
"""
INHIBITORY = """
dv/dt = (v_rest - v + g_e * (e_e - v) + g_i * (e_i - v)) / tau_m : mV
dg_e/dt = -g_e / tau_e                                          : 1, input   # from the excitatory partner
dg_i/dt = -g_i / tau_i                                          : 1, input
spike when v >= v_th
on spike: v = v_reset
on start: v = v_rest
refractory t_ref: hold v

v_rest = -60.0                                                  : mV
v_reset = -45.0                                                 : mV
v_th = -40.0                                                    : mV
e_e = 0.0                                                       : mV
e_i = -85.0                                                     : mV
tau_m = 10.0                                                    : ms
tau_e = 1.0                                                     : ms
tau_i = 2.0                                                     : ms
t_ref = 2.0                                                     : ms
"""
TO_INHIBITORY, FROM_INHIBITORY = 10.4, 17.0  # weights, in units of the leak
BRIGHTEST = 255 / 8  # Hz of the brightest pixel per unit of intensity
THETA_PLUS, FIRST_THETA, TAU_THETA = 0.05, 20.0, 1e7  # mV, mV, ms
MIN_SPIKES, TIMES_SHOWN = 5, 10  # a sample with fewer is presented again; the most presentations (ours)


@dataclass(frozen=True, kw_only=True)
class DiehlCook:
    """Diehl & Cook's network of excitatory neurons with lateral inhibition; the head of this file describes it.

    Parameters
    ----------
    excitatory : int
        The number of excitatory neurons, and of inhibitory ones; at least 2.
    duration, rest : float
        How long a sample is presented, and the pause without input after it, in ms.
    dt : float
        The time step in ms.
    strength : float
        The sum of the weights into a neuron.
    intensity, step : float
        The intensity of the first presentation of a sample, and what is added to it at each further one.
    delay : float
        The largest delay from a pixel, in ms.
    total : float
        The sum to which the pixels of a sample are scaled, so that large and small objects drive the neurons alike; 0
        does not scale, as in the paper.

    Raises
    ------
    InputError
        A parameter is out of range.

    References
    ----------
    Diehl & Cook (2015), Front. Comput. Neurosci. 9:99.

    Examples
    --------
    >>> DiehlCook(excitatory=100).build((28, 28), 10).spiking
    {'cells': 100, 'inhibitory': 100}
    """

    excitatory: int = 400
    duration: float = 350.0
    rest: float = 150.0
    dt: float = 0.5
    strength: float = 78.0
    intensity: float = 2.0
    step: float = 1.0
    delay: float = 10.0
    total: float = 0.0

    def __post_init__(self) -> None:
        if self.excitatory < 2:
            raise InputError(f"diehl_cook.excitatory: expected at least 2, to compete, got {self.excitatory}")
        for name in ("duration", "dt", "strength", "intensity", "step"):
            if not (value := getattr(self, name)) > 0:
                raise InputError(f"diehl_cook.{name}: expected a number > 0, got {value}")
        for name in ("rest", "delay"):
            if not (value := getattr(self, name)) >= 0:
                raise InputError(f"diehl_cook.{name}: expected a time >= 0 in ms, got {value}")
        if not self.total >= 0:
            raise InputError(f"diehl_cook.total: expected a number >= 0, got {self.total}; 0 scales no sample")

    @property
    def cells(self) -> int:
        """The number of excitatory neurons, the option that `neurosim.networks._competing` reads."""
        return self.excitatory

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
        return CompetitiveSpec(self, math.prod(sample_shape), n_classes, Inhibited)


class Inhibited(CompetitiveNetwork):
    """Neurons with lateral inhibition through an inhibitory population; activity decays in the pause."""

    populations: ClassVar[tuple[str, ...]] = ("cells", "inhibitory")
    first_threshold: ClassVar[float] = FIRST_THETA

    def _rates(self, samples: Array) -> npt.NDArray[np.float64]:
        options = self.spec.options
        pixels: npt.NDArray[np.float64] = samples.reshape(len(samples), -1).astype(np.float64)
        if options.total:
            sums = pixels.sum(axis=1, keepdims=True)
            pixels *= options.total / np.where(sums > 0, sums, 1.0)  # a sample of zeros stays as it is
        pixels *= options.intensity * BRIGHTEST
        return pixels

    def _reset(self, sim: Simulation) -> None:
        options = self.spec.options
        if sim.time:
            sim.set("pixels", "rate", 0.0)
            sim.run(options.rest)
            if sim is self._learner:
                decayed = sim.get("cells", "theta") * math.exp(-(options.duration + options.rest) / TAU_THETA)
                sim.set("cells", "theta", decayed)

    def _lateral(self, sim: Simulation, fired: int) -> tuple[int, int]:
        cells = self.spec.options.cells
        return fired + len(sim.spikes("inhibitory").times) * (cells - 1), cells * cells

    def _show(
        self, sim: Simulation, rates: npt.NDArray[np.float64], meter: Meter = UNMETERED
    ) -> npt.NDArray[np.float64]:
        """Presents samples with too few spikes again, at higher intensity each time."""
        options = self.spec.options
        counts = super()._show(sim, rates, meter)
        for time in range(1, TIMES_SHOWN):
            weak = counts.sum(axis=1) < MIN_SPIKES
            if not weak.any():
                break
            self._reset(sim)
            brighter = rates * (weak[:, np.newaxis] * (1 + time * options.step / options.intensity))
            counts[weak] = super()._show(sim, brighter, meter)[weak]
        return counts

    def _compile(self, rule: SynapticRule | None, batch: int, seed: int = 0) -> Simulation:
        options, dt = self.spec.options, self.spec.options.dt
        net = Network(seed)
        model = NeuronModel(EXCITATORY, name="Excitatory", theta_plus=THETA_PLUS if rule else 0.0)
        partner = NeuronModel(INHIBITORY, name="Inhibitory")
        pixels = net.population("pixels", self.spec.pixels, Poisson(0.0))
        cells = net.population("cells", options.cells, model, {"theta": self.params["cells.theta"]})
        inhibitory = net.population("inhibitory", options.cells, partner)
        weights = self.params["input.w"].ravel()
        delay = Uniform(dt, options.delay) if options.delay > dt else dt
        net.connect(pixels, cells, AllToAll(), to="g_e", weight=weights, delay=delay, rule=rule, name="input")
        net.connect(cells, inhibitory, OneToOne(), to="g_e", weight=TO_INHIBITORY, delay=dt)
        others = FromArrays(*np.nonzero(~np.eye(options.cells, dtype=bool)))
        net.connect(inhibitory, cells, others, to="g_i", weight=FROM_INHIBITORY, delay=dt, name="lateral")
        for population in (pixels, cells, inhibitory):
            net.record(population, "spikes")
        return net.compile(dt, self.backend, batch=batch)
