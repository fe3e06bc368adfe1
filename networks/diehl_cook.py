"""Diehl & Cook's network: excitatory cells, each with an inhibitory partner that holds down all others.

Source: Diehl & Cook (2015), Front. Comput. Neurosci. 9:99, with the constants of the program that the authors
published. Conductances are in units of the leak; a pixel of 1 (255 there) fires at 63.75 Hz, and a sample that draws
too few spikes is shown again, brighter. The threshold of a cell rises by 0.05 mV at each of its spikes and decays with
10,000 s; a step of that is below the resolution of float32, so it is done once for each showing.
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
dg_i/dt = -g_i / tau_i                                          : 1, input   # from the inhibitory cells
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
dg_e/dt = -g_e / tau_e                                          : 1, input   # from the excitatory cell
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
BRIGHTEST = 255 / 8  # Hz of the brightest pixel, for each unit of intensity
THETA_PLUS, FIRST_THETA, TAU_THETA = 0.05, 20.0, 1e7  # mV, mV, ms
MIN_SPIKES, TIMES_SHOWN = 5, 10  # a sample that draws fewer is shown again, at most so often in all (ours)


@dataclass(frozen=True, kw_only=True)
class DiehlCook:
    """``excitatory`` cells; a sample is shown for ``duration`` ms, then nothing for ``rest`` ms, in steps of ``dt``.

    ``strength`` is what the weights into a cell add up to; ``intensity`` how bright a sample is shown first, where
    ``step`` is added each time that it is shown again; ``delay`` (ms) the largest from a pixel. The pixels of a sample
    are scaled to add up to ``total``, so that large things and small ones drive the cells alike; 0 leaves them as they
    are, as the paper does, whose digits differ little.
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
        """The excitatory cells, as `neurosim.networks._competing` knows them."""
        return self.excitatory

    def build(self, sample_shape: Shape, n_classes: int) -> CompetitiveSpec:
        """The network for samples of this shape."""
        return CompetitiveSpec(self, math.prod(sample_shape), n_classes, Inhibited)


class Inhibited(CompetitiveNetwork):
    """Excitatory cells that hold each other down by way of inhibitory ones and come to rest where nothing is shown."""

    populations: ClassVar[tuple[str, ...]] = ("cells", "inhibitory")
    first_threshold: ClassVar[float] = FIRST_THETA

    def _rates(self, samples: Array) -> npt.NDArray[np.float64]:
        options = self.spec.options
        pixels: npt.NDArray[np.float64] = samples.reshape(len(samples), -1).astype(np.float64)
        if options.total:
            sums = pixels.sum(axis=1, keepdims=True)
            pixels *= options.total / np.where(sums > 0, sums, 1.0)  # a black sample stays black
        pixels *= options.intensity * BRIGHTEST
        return pixels

    def _at_rest(self, sim: Simulation) -> None:
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
        """As often as it takes, brighter each time."""
        options = self.spec.options
        counts = super()._show(sim, rates, meter)
        for time in range(1, TIMES_SHOWN):
            dark = counts.sum(axis=1) < MIN_SPIKES
            if not dark.any():
                break
            self._at_rest(sim)
            brighter = rates * (dark[:, np.newaxis] * (1 + time * options.step / options.intensity))
            counts[dark] = super()._show(sim, brighter, meter)[dark]
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
