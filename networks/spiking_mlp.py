"""A multilayer perceptron of spiking neurons, whose readout does not spike.

Inputs and hidden units are integrate-and-fire neurons with soft reset: a spike subtracts exactly the threshold, so that
the number of spikes follows the integral of the rate with an error below one. The rate is linear in the summed input,
between 0 and one spike in two steps. Readout units are leaky integrators with a softmax. Each unit has a fast and a
slow trace, from whose difference `neurosim.rules.temporal_derivative_spiking` learns.

Source: soft reset as sigma-delta coding: Rueckauer et al. (2017), Front. Neurosci. 11:682, section 2.2 (reset by
subtraction); leaky readouts: Bellec et al. (2020), Nat. Commun. 11:3625.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from neurosim.connectivity import AllToAll, Uniform
from neurosim.core.arrays import Array, Params, Shape
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.layers import Linear, Node, Stack, activation
from neurosim.layers.layer import Batch
from neurosim.layers.meter import UNMETERED, Meter, Purpose
from neurosim.simulation.network import Network
from neurosim.simulation.parts import Graded
from neurosim.simulation.simulation import Simulation

DT = 1.0  # ms
INTERVAL = 2.0  # ms, the shortest interval between two spikes
INPUT = """
dx/dt = 0 / tick                                 : 1          # the rate relative to the largest
dv/dt = x / interval                             : 1
dn/dt = 0 / tick                                 : 1          # spikes so far
spike when v >= 1
on spike: v = v - 1; n = n + 1

interval                                         : ms         # shortest interval between spikes
tick = 1.0                                       : ms
"""
# Common to hidden units and the readout: i is the weighted sum of fast traces of the layer below, h of slow traces,
# which replaces it where drive is 1; both have the unit of one spike in unit.
SUM = """
di/dt = -i / tau_f                               : 1, input
dh/dt = (i - h) / slow_in                        : 1
dbias/dt = 0 / tick                              : 1
up = bias + unit * ((1 - drive) * i + drive * h) : 1
drive                                            : 1, signal
slow_in                                          : ms, signal
slow                                             : ms, signal
open                                             : 1, signal
tick = 1.0                                       : ms
"""
HIDDEN = f"""{SUM}
dq/dt = kept * f - q / slow                      : 1          # f less its slow trace
kept = (exp(-dt / tau_f) - 1) / (1 - exp(-dt / slow)) / slow : 1/ms    # f decays within a step; else q would drift
back                                             : 1, input   # real-valued, from the readout
db/dt = -b / tau_f                               : 1, input   # from hidden units above, by spikes
dc/dt = (b - c) / slow                           : 1
dv/dt = clip(up + drive * (back + unit * (b - c)), 0, 1) / interval : 1
df/dt = -f / tau_f                               : 1
dz/dt = open * q / tick                          : 1
dn/dt = 0 / tick                                 : 1
spike when v >= 1
on spike: v = v - 1; f = f + unit; q = q + unit; n = n + 1

interval                                         : ms
tau_f                                            : ms
unit                                             : 1          # the increment of a rate trace by a spike
"""
READOUT = f"""{SUM}
dq/dt = drive * (up + pull * (target - p) - u) / tau_f - q / slow : 1   # u less its slow trace
dtarget/dt = 0 / tick                            : 1
du/dt = (up + pull * (target - p) - u) / tau_f   : 1
dz/dt = open * q / tick                          : 1
dm/dt = open * up / tick                         : 1
top = max(u)                                     : 1, shared
e = exp(u - top)                                 : 1
all = sum(e)                                     : 1, shared
p = e / all                                      : 1
spike when u > 1e30

pull                                             : 1, signal
tau_f                                            : ms
unit                                             : 1
"""

FIRST_BIAS = 0.3  # initial bias of hidden units, with which most are active
W_MAX = 4.0  # largest feedback weight
Q_MAX = 2.0  # largest transmitted deviation of a readout
QUICK = 10.0  # ms, time constant of the slow traces outside learning
SIGNALS = ("drive", "slow_in", "slow", "pull", "open")
LAYER = "hidden"
SEND = SynapticRule("on pre: send w", name="send", w_min=-W_MAX, w_max=W_MAX)


@dataclass(frozen=True, kw_only=True)
class SpikingMlp:
    """A perceptron of spiking neurons with a real-valued readout; the head of this file describes it.

    Parameters
    ----------
    hidden : tuple of int
        Sizes of the hidden layers; at least one.
    tau_f : float
        The time constant of fast traces, in ms.
    settle : float
        The duration of a sample before the readout counts as settled, in ms; scores are the mean over its second half.

    Raises
    ------
    InputError
        A parameter is out of range.

    References
    ----------
    Rueckauer et al. (2017), Front. Neurosci. 11:682; Bellec et al. (2020), Nat. Commun. 11:3625.

    Examples
    --------
    >>> SpikingMlp(hidden=(16,)).build((8, 8), 10).spiking
    {'input': 64, 'hidden1': 16}
    """

    hidden: tuple[int, ...] = (128,)
    tau_f: float = 20.0
    settle: float = 120.0

    def __post_init__(self) -> None:
        if not self.hidden:
            raise InputError("spiking_mlp.hidden: expected at least one layer, got none")
        for name in ("tau_f", "settle"):
            if not (value := getattr(self, name)) > 0:
                raise InputError(f"spiking_mlp.{name}: expected a time > 0 in ms, got {value}")

    def build(self, sample_shape: Shape, n_classes: int) -> SpikingStack:
        """The network for samples of this shape; see `neurosim.networks.Mlp.build`."""
        nodes = []
        for i, size in enumerate(self.hidden, start=1):
            nodes += [Node(f"{LAYER}{i}", Linear(size)), Node(f"clipped{i}", activation("clipped"))]
        return SpikingStack(self, Stack((math.prod(sample_shape),), (*nodes, Node("output", Linear(n_classes)))))


@dataclass(frozen=True)
class SpikingStack:
    """A spiking perceptron without its parameters, which are those of ``rates``: the rate network of the same units."""

    options: SpikingMlp
    rates: Stack

    @property
    def aligned(self) -> tuple[str, ...]:
        """All groups: the gradient is that of the rate network."""
        return self.rates.aligned

    @property
    def active(self) -> tuple[str, ...]:
        """The spiking populations."""
        return tuple(self.spiking)

    @cached_property
    def spiking(self) -> dict[str, int]:
        """The inputs and the hidden layers, with their sizes."""
        names = ("input", *self.rates.active)
        return dict(zip(names, (math.prod(self.rates.input_shape), *self.options.hidden), strict=True))

    def init(self, rng: Stream, dtype: str = "float32") -> Params:
        """Parameters as those of the rate network, with hidden biases of 0.3."""
        params = self.rates.init(rng, dtype)
        return params | {f"{name}.b": np.full_like(params[f"{name}.b"], FIRST_BIAS) for name in self.rates.active}

    def network(self, params: Params, backend: str = "auto") -> SpikingNetwork:
        """The network with parameters, simulated by ``backend``."""
        return SpikingNetwork(self, params, backend)

    def gradient(self, params: Params, batch: Batch, loss: Any) -> Params:
        """The negative gradient of ``loss`` of the rate network."""
        return self.rates.gradient(params, replace(batch, x=batch.x.reshape(len(batch.x), -1)), loss)


class Drive(Protocol):
    """How the readout is driven: toward the target for ``drive`` ms, and away from it as well if ``centred``.

    Before that, slow traces (time constant ``tau_s``) replace the fast ones for ``base`` ms, until the transient has
    decayed.
    """

    @property
    def beta(self) -> float:
        """The strength of the drive."""

    @property
    def centred(self) -> bool:
        """Whether there is a second drive away from the target."""

    @property
    def tau_s(self) -> float:
        """The time constant of slow traces in ms."""

    @property
    def base(self) -> float:
        """The time from the switch to slow traces to the drive in ms."""

    @property
    def drive(self) -> float:
        """The duration of the drive in ms."""


@dataclass(frozen=True)
class Driven:
    """Changes accumulated during a drive, summed over samples: ``weights`` and ``biases`` by group.

    ``scores`` (n, n_classes) are those before the drive.
    """

    weights: dict[str, npt.NDArray[Any]]
    biases: dict[str, npt.NDArray[Any]]
    scores: npt.NDArray[Any]


@dataclass
class SpikingNetwork:
    """A `SpikingStack` with its parameters, which training changes in place."""

    spec: SpikingStack
    params: Params
    backend: str = "auto"
    _learners: dict[int, Simulation] = field(default_factory=dict)  # by batch

    @property
    def interval(self) -> float:
        """The interval between spikes of a unit at its largest rate, in ms."""
        return INTERVAL

    def learn(
        self,
        rule: SynapticRule,
        feedback: Mapping[str, Array],
        batch: Batch,
        how: Drive,
    ) -> Driven:
        """Settle and drive; what synapses accumulated in the variable `change` of ``rule`` while plasticity was open.

        ``feedback`` holds the feedback weights (n_out, n_in) of each group but the first.
        """
        size, groups = len(batch.x), self.spec.rates.aligned
        if size not in self._learners:
            self._learners[size] = self.compile(size, rule)
        sim = self._learners[size]
        self.settle(sim, feedback, batch.x, how)
        before, scores = self._counts(sim), sim.get("output", "u")
        self._meter(sim, batch.meter, "settling", before, how.base)
        sim.set("output", "target", np.asarray(batch.targets))
        start, settled = sim.snapshot(), sim.time
        weights = {name: np.zeros_like(self.params[f"{name}.w"], np.float64) for name in groups}
        biases = {name: np.zeros_like(self.params[f"{name}.b"], np.float64) for name in groups}
        for sign in (1.0, -1.0) if how.centred else (1.0,):
            if sim.time > settled:
                sim.restore(start)
            self.drive(sim, sign, how)
            for name in groups:
                weights[name] += sim.get(f"to_{name}", "change").reshape(weights[name].shape)
                biases[name] += sim.get(name, "z").sum(axis=0)
            fired = {name: count - before[name] for name, count in self._counts(sim).items()}
            self._meter(sim, batch.meter, "feedback", fired, how.drive)
        return Driven(weights, biases, scores)

    def settle(self, sim: Simulation, feedback: Mapping[str, Array], samples: Array, how: Drive) -> None:
        """Present ``samples`` (n, ...) until slow traces drive the network and the transient has decayed.

        ``feedback`` is as in `learn`.
        """
        sim.reset()
        for name in self.spec.rates.aligned:
            sim.set(name, "bias", self.params[f"{name}.b"])
            sim.set(f"to_{name}", "w", self.params[f"{name}.w"].ravel())
        for name, weights in feedback.items():
            sim.set(f"from_{name}", "w", np.asarray(weights).ravel())
        sim.set("input", "x", self._flat(samples))
        _signal(sim, slow=QUICK, slow_in=QUICK)
        sim.run(self.spec.options.settle)
        _signal(sim, slow_in=how.tau_s, drive=1.0)
        sim.run(how.base)

    def drive(self, sim: Simulation, sign: float, how: Drive) -> None:
        """Drive the settled network toward the state "target" of its readout or, if ``sign`` is -1, away from it."""
        _signal(sim, slow=how.tau_s, pull=how.beta * sign, open=sign)
        sim.run(how.drive)

    def respond(self, samples: Array, meter: Meter = UNMETERED) -> Array:
        """Scores (n, n_classes) of samples, simulated as one batch; nothing is learned."""
        sim = self.compile(len(samples))
        self._present(sim, samples)
        self._meter(sim, meter, "forward", self._counts(sim))
        for name, size in self.spec.spiking.items():
            meter.spikes(name, self._counts(sim)[name], round(sim.time / DT) * size * len(samples))
        return np.asarray(sim.get("output", "m") / self._half).astype(samples.dtype)

    def spikes(self, population: str, samples: Array) -> tuple[Array, Array, Array]:
        """Times in ms, neurons and trials of the spikes of a population, from the onset of each sample."""
        sim = self.compile(len(samples))
        self._present(sim, samples)
        spikes = sim.spikes(population)
        return spikes.times, spikes.neurons, spikes.samples

    @property
    def _half(self) -> int:
        """The time over which scores are averaged, in ms."""
        return math.ceil(self.spec.options.settle / 2)

    def _present(self, sim: Simulation, samples: Array) -> None:
        sim.set("input", "x", self._flat(samples))
        _signal(sim, slow=QUICK, slow_in=QUICK)
        sim.run(self.spec.options.settle - self._half)
        _signal(sim, open=1.0)
        sim.run(self._half)

    def _flat(self, samples: Array) -> npt.NDArray[Any]:
        return np.asarray(samples).reshape(len(samples), -1)

    def _counts(self, sim: Simulation) -> dict[str, int]:
        """The spikes so far, by population."""
        return {name: int(sim.get(name, "n").sum()) for name in self.spec.spiking}

    def _meter(
        self, sim: Simulation, meter: Meter, purpose: Purpose, counts: dict[str, int], graded: float = 0
    ) -> None:
        """Report operations: spikes times fan-out, and products of the readout's feedback during ``graded`` ms.

        In the drive (purpose "feedback") each spike also changes the weights of its synapses.
        """
        groups, below = self.spec.rates.aligned, list(self.spec.spiking)
        fan_out = {name: self.params[f"{group}.w"].shape[1] for name, group in zip(below, groups, strict=True)}
        up = sum(counts[name] * fan_out[name] for name in below)
        steps = round(sim.time / DT) * sim.batch
        dense = sum(self.params[f"{group}.w"].size for group in groups) * steps
        if graded:
            meter.events("feedback", macs=round(graded / DT) * sim.batch * self.params["output.w"].size)
        if purpose != "feedback":
            meter.events(purpose, acs=up, dense=dense)
            return
        hidden = zip(below[2:], below[1:], strict=False)
        down = sum(counts[name] * self.spec.spiking[lower] for name, lower in hidden)
        meter.events("settling", acs=up)
        meter.events("feedback", acs=down)
        meter.events("plasticity", acs=up)

    def compile(self, batch: int, rule: SynapticRule | None = None, copies: str = "shared") -> Simulation:
        """The network for ``batch`` samples, with fixed weights or with a ``rule`` and feedback.

        ``copies`` says whether learning synapses are "shared" by all samples, whose changes add up, or held once per
        "sample". Spikes are recorded where weights are fixed or not shared.
        """
        net, options = Network(), self.spec.options
        for name in SIGNALS:
            net.signal(name)
        trace: dict[str, Any] = {
            "tau_f": options.tau_f,
            "unit": INTERVAL * -math.expm1(-DT / options.tau_f),
        }  # 1 at the largest rate
        readout = NeuronModel(READOUT, name="SpikingReadout", **trace)
        hidden = NeuronModel(HIDDEN, name="SpikingHidden", interval=INTERVAL, **trace)
        groups, below = self.spec.rates.aligned, list(self.spec.spiking)
        phase = {"v": Uniform(0.0, 1.0)}
        model = NeuronModel(INPUT, name="SpikingInput", interval=INTERVAL)
        net.population("input", self.spec.spiking["input"], model, phase)
        for name in groups:
            bias: dict[str, Any] = {"bias": self.params[f"{name}.b"]}
            model, own = (readout, {}) if name == "output" else (hidden, phase)
            net.population(name, len(bias["bias"]), model, bias | own)
        for lower, name in zip(below, groups, strict=True):
            weights = self.params[f"{name}.w"].ravel()
            kind: dict[str, Any] = {"rule": rule, "copies": copies} if rule else {}
            net.connect(lower, name, AllToAll(), to="i", weight=weights, delay=DT, name=f"to_{name}", **kind)
        for lower, name in pairwise(groups) if rule else ():
            kind = {"to": "back", "graded": Graded("q", bound=Q_MAX, w_max=W_MAX)}
            if name != "output":
                kind = {"to": "b", "rule": SEND, "copies": "shared"}
            net.connect(name, lower, AllToAll(), weight=0.0, delay=DT, name=f"from_{name}", **kind)
        if rule is None or copies == "sample":
            net.record(below, "spikes")
        return net.compile(DT, self.backend, batch=batch)


def _signal(sim: Simulation, **values: float) -> None:
    """Set signals by name, for all samples."""
    for name, value in values.items():
        sim.set(name, "value", value)
