"""Training a network by any rule: minibatches, optimiser, and measurements in between.

The rule returns a direction, the trainer applies it: this loop owns the order of samples, the learning rate, and the
probe on which activity and alignment are measured. Random numbers have the counter (seed, purpose, epoch or step).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import numpy as np

from neurosim.core.arrays import Array, Params
from neurosim.core.rng import Draw, Stream
from neurosim.layers.layer import Batch
from neurosim.layers.meter import CountingMeter, Meter
from neurosim.learning import optimisers
from neurosim.learning.locality import Evidence, audit, weight_transport
from neurosim.learning.measures import alignment
from neurosim.learning.rule import Rule, RuleState, Spec, SpikingRule, check_direction, loss_of
from neurosim.learning.settings import Settings

PROBE_SAMPLES = 256
CHUNK = 1000  # samples per forward pass at inference


class TrainingError(RuntimeError):
    """A training that cannot go on, such as a loss that is no longer finite."""


@dataclass(frozen=True)
class Samples:
    """Inputs (n, ...) and one-hot targets (n, n_classes) of the run's precision, labels (n,); on the run's device."""

    x: Array
    targets: Array
    labels: Array

    def take(self, chosen: Array) -> Samples:
        """The samples with these indices, in their order."""
        return Samples(self.x[chosen], self.targets[chosen], self.labels[chosen])


@dataclass(frozen=True)
class Epoch:
    """The measurements of one epoch; epoch 0 is the untrained network, with only ``alignment`` and ``activity``."""

    number: int
    alignment: dict[str, float]
    activity: dict[str, float]
    loss: float = math.nan
    train_accuracy: float = math.nan
    validation_accuracy: float = math.nan
    rate: float = math.nan
    synops: int = 0
    purposes: Mapping[str, int] = field(default_factory=dict)  # operations so far, by purpose
    wall_time: float = 0.0


@dataclass
class Training:
    """A network in training: what an epoch changes, and the settings that stay."""

    rule: Rule[Any, Any]
    spec: Spec
    settings: Settings
    seed: int
    xp: ModuleType = np
    backend: str = "auto"  # of a spiking network
    meter: CountingMeter = field(init=False)
    _checked: bool = field(default=False, init=False)  # what the rule's direction returns
    seconds: float = field(default=0.0, init=False)  # of the steps of training, counting included

    def __post_init__(self) -> None:
        precision = self.settings.precision
        drawn = self.spec.init(Stream(self.seed, "init"), precision)
        params = {name: self.xp.asarray(value) for name, value in drawn.items()}
        self.network = self.spec.network(params, self.backend)
        self.state: RuleState = self.rule.init(self.spec, Stream(self.seed, "rule"), precision)
        self.state.params = {name: self.xp.asarray(value) for name, value in self.state.params.items()}
        self.meter = CountingMeter(self.settings.products, {**self.network.params, **self.state.params})
        own = self.settings
        self.optimiser = optimisers.by_name(own.optimiser, own.momentum, own.clip_norm, own.l2, own.decay, own.max_norm)
        self.optimiser_state: optimisers.OptimiserState = {}

    def run(
        self,
        samples: Samples,
        epochs: int,
        observe: Callable[[Epoch], None],
        validation: Samples | None = None,
    ) -> int:
        """Train for ``epochs``, or until early stopping; the number of the epoch whose parameters are kept.

        ``observe`` receives epoch 0 before training, and each epoch after it. The schedule of the rate spans
        ``settings.epochs``, also where fewer are run, so that a second training repeats the epochs of the first.

        Raises:
            TrainingError: the loss is not finite.
        """
        probe = self.probe(samples)
        observe(Epoch(0, *self._look(probe)))
        patience = self.settings.early_stopping
        stopping = None if validation is None or patience is None else optimisers.EarlyStopping(patience)
        best: tuple[Params, Params] | None = None
        for number in range(1, epochs + 1):
            loss, train_accuracy, rate = self._epoch(samples, number)
            if not math.isfinite(loss):
                raise TrainingError(f"loss: expected a finite number, got {loss} in epoch {number}; lower the rate")
            validation_accuracy = math.nan if validation is None else self.accuracy(validation)
            spent: dict[str, int] = {name: count.effective for name, count in self.meter.counts.items()}
            reached = Epoch(number, *self._look(probe), loss, train_accuracy, validation_accuracy, rate)
            observe(replace(reached, synops=sum(spent.values()), purposes=spent, wall_time=self.seconds))
            if stopping is not None:
                stopping = stopping.after(number, validation_accuracy)
                if stopping.best_epoch == number:
                    best = _copies(self.network.params), _copies(self.state.params)
                if stopping.over:
                    break
        if stopping is None or best is None:
            return epochs
        self.network.params.update(best[0])
        self.state.params.update(best[1])
        return stopping.best_epoch

    def scores(self, x: Array, meter: Meter | None = None) -> Array:
        """The scores (n, n_classes) of the network as it is; ``meter`` counts the operations of inference."""
        meter = meter or Meter(self.settings.products)
        chunks = [x[i : i + CHUNK] for i in range(0, len(x), CHUNK)]
        with np.errstate(over="ignore", invalid="ignore"):
            parts = [self.rule.predict(self.network, self.state, chunk, meter) for chunk in chunks]
        joined: Array = self.xp.concatenate(parts)
        return joined

    def accuracy(self, samples: Samples) -> float:
        """The fraction of samples whose highest score is that of their label."""
        return float((self.scores(samples.x).argmax(axis=1) == samples.labels).mean())

    def probe(self, samples: Samples) -> Batch:
        """The minibatch of training samples on which activity, alignment and locality are measured."""
        order = Stream(self.seed, "probe").permutation(len(samples.x))[:PROBE_SAMPLES]
        chosen = self.xp.asarray(order)
        return Batch(samples.x[chosen], samples.targets[chosen])

    def audit(self, probe: Batch) -> tuple[str, ...]:
        """The groups in which a split rule reads undeclared variables; see `locality.audit`.

        Empty for a rule of synapses: its text names nothing but a synapse's own neurons, or it is refused.
        """
        rule: Any = self.rule
        return () if isinstance(rule, SpikingRule) else audit(rule, self.network, self.state, probe)

    def weight_transport(self, probe: Batch) -> Evidence | None:
        """How weight transport was detected; see `locality.weight_transport`."""
        return weight_transport(self.rule, self.network, self.state, probe, self.meter)

    def _epoch(self, samples: Samples, number: int) -> tuple[float, float, float]:
        started = time.perf_counter()
        n, size = len(samples.x), self.settings.batch
        order = self.xp.asarray(Stream(self.seed, "shuffle").permutation(n, number))
        per_epoch = -(-n // size)
        loss: Any = 0.0
        correct: Any = 0
        rate = self.settings.rate
        for i in range(per_epoch):
            step = (number - 1) * per_epoch + i
            rate = self.settings.rate * optimisers.schedule(
                self.settings.schedule, step / (self.settings.epochs * per_epoch), self.settings.warmup
            )
            chosen = order[i * size : (i + 1) * size]
            draw = Draw(Stream(self.seed, "draw"), step)
            batch = Batch(samples.x[chosen], samples.targets[chosen], draw, self.meter)
            with np.errstate(over="ignore", invalid="ignore"):
                updates, self.state, stats = self._direction(self.state, batch)
                self._move(updates, rate)
            self.network.params.update(stats.assign)
            loss = loss + stats.loss * len(chosen)
            correct = correct + stats.correct
        reached = float(loss) / n, float(correct) / n, rate  # the only wait for the device
        self.seconds += time.perf_counter() - started
        return reached

    def _direction(self, state: RuleState, batch: Batch, required: tuple[str, ...] = ()) -> tuple[Params, Any, Any]:
        """What the rule returns; the first time it is checked, with the parameters that it must update."""
        answer = self.rule.direction(self.network, state, batch)
        if not self._checked:
            check_direction(self.rule, answer, {**self.network.params, **self.state.params}, required)
            self._checked = True
        return answer

    def _move(self, updates: Params, rate: float) -> None:
        optimisers.step(
            self.network.params,
            updates,
            self.optimiser_state,
            rate=rate,
            optimiser=self.optimiser,
            mirrors=self.state.mirrors,
            rule_params=self.state.params,
        )

    def _look(self, probe: Batch) -> tuple[dict[str, float], dict[str, float]]:
        """Alignment with the exact gradient, and the fraction of active units per layer, both on the probe."""
        meter = CountingMeter()
        with np.errstate(over="ignore", invalid="ignore"):
            self.rule.predict(self.network, self.state, probe.x, meter)
            angles = self._alignment(probe) if self.spec.aligned else {}
        return angles, {name: 1.0 - seen.sparsity for name, seen in meter.layers.items()}

    def _alignment(self, probe: Batch) -> dict[str, float]:
        gradient = self.spec.gradient(self.network.params, probe, loss_of(self.rule))
        weights = tuple(name for name in gradient if name.endswith(".w"))
        updates, _, _ = self._direction(deepcopy(self.state), probe, weights)  # a copy: the rule's state stays
        return alignment(updates, gradient)


def _copies(params: Params) -> Params:
    return {name: value.copy() for name, value in params.items()}
