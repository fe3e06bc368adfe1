"""One cell of a study: a rule on a network on a data set with a seed, from the first choice to the logged result.

A cell with committed settings makes no choice: it trains once on all training data, and its validation accuracy is
null. Candidates to choose from, or early stopping, cost a validation split; the winner is then trained again on
training and validation data together. The test set is read once, by the final network.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.arrays import Array, Backend, to_host
from neurosim.datasets import Dataset, one_hot, validation_split
from neurosim.layers import Stack
from neurosim.metrics.accuracy import accuracy, confusion
from neurosim.metrics.counting import Activity, Count, CountingMeter
from neurosim.metrics.energy import inference_energy
from neurosim.protocols import Locality, Params
from neurosim.resources import peak_memory_mb, reset_peak_memory
from neurosim.runlog import RunLog
from neurosim.runlog.provenance import collect
from neurosim.settings import Settings
from neurosim.study_log import cell_layout, log_epoch, log_weights
from neurosim.training import Epoch, Samples, Training, TrainingError

SCHEMA = "neurosim-cell-1"


@dataclass(frozen=True)
class Plan:
    """What a cell will do, all names resolved: the rule and the stack, their labels, data, seed and settings.

    ``tune`` maps settings to candidate values; ``impossible`` is the reason why the rule cannot train the network.
    """

    rule_label: str
    rule: Any
    network_label: str
    spec: Stack | None
    native: bool
    data: Dataset
    seed: int
    settings: Settings
    tune: Mapping[str, tuple[Any, ...]]
    backend: Backend
    impossible: str | None = None

    @property
    def name(self) -> str:
        """A name for files: rule, network, data and seed."""
        words = f"{self.rule_label}_{self.network_label}_{self.data.name}_seed{self.seed}"
        return "".join(c if c.isalnum() or c in "-_=." else "-" for c in words)


def run_cell(plan: Plan, log_path: Path, overwrite: bool, on_epoch: Callable[[Epoch], None]) -> dict[str, Any]:
    """Run the cell and log it; its result by the keys of cell.schema.json.

    A training that fails (a loss that is not finite) gives a result with status "failed" and the reason.
    """
    result = empty_result(plan)
    if plan.impossible or plan.spec is None:
        return result | {"status": "impossible", "error": plan.impossible}
    reset_peak_memory()
    start = time.perf_counter()
    train = samples_of(plan, plan.data.x_train, plan.data.y_train)
    test = samples_of(plan, plan.data.x_test, plan.data.y_test)
    layout = cell_layout(plan, plan.spec, collect(plan.seed, plan.backend.name))
    result["log"] = log_path.name
    try:
        with RunLog.create(log_path, layout, overwrite) as log:
            try:
                result |= _train(plan, train, test, log, on_epoch)
            except TrainingError as error:
                result |= {"status": "failed", "error": str(error)}
                raise
            finally:
                result |= {"wall_s": time.perf_counter() - start, "peak_rss_mb": peak_memory_mb()}
                log.write("metrics/result", _text(result))
    except TrainingError:
        pass  # the log has the status failed, the result says why
    return result


def _train(plan: Plan, train: Samples, test: Samples, log: RunLog, on_epoch: Callable[[Epoch], None]) -> dict[str, Any]:
    """Choose, train, measure; everything goes to the log."""
    assert plan.spec is not None
    chosen, epochs, validation_accuracy = _choose(plan, train, log)
    training = Training(plan.rule, plan.spec, chosen, plan.seed, plan.backend.xp)
    log_weights(log, training, 0)
    history: list[Epoch] = []

    def observe(epoch: Epoch) -> None:
        history.append(epoch)
        log_epoch(log, epoch)
        on_epoch(epoch)

    training.run(train, epochs, observe)
    log_weights(log, training, epochs)
    measured = _measure(plan, training, train, test, history, log)
    choice = {"epochs": epochs, "options": chosen.model_dump(), "validation_accuracy": validation_accuracy}
    return choice | measured


def empty_result(plan: Plan) -> dict[str, Any]:
    """The result of a cell that has not run: its identity, and null for every measure."""
    return {
        "schema": SCHEMA,
        "rule": plan.rule_label,
        "network": plan.network_label,
        "native": plan.native,
        "data": plan.data.name,
        "seed": plan.seed,
        "epochs": plan.settings.epochs,
        "options": plan.settings.model_dump(),
        "status": "ok",
        "error": None,
        "train_accuracy": None,
        "validation_accuracy": None,
        "test_accuracy": None,
        "activation_sparsity": None,
        "synops_inference": None,
        "synops_training": None,
        "alignment": None,
        "locality": None,
        "energy_pj": None,
        "wall_s": 0.0,
        "peak_rss_mb": None,
        "device": plan.backend.name,
        "log": None,
        "weights_sha256": None,
    }


def _choose(plan: Plan, train: Samples, log: RunLog) -> tuple[Settings, int, float | None]:
    """The settings and the number of epochs to train with, and the validation accuracy that chose them."""
    candidates = [
        plan.settings.override(dict(zip(plan.tune, values, strict=True)))
        for values in itertools.product(*plan.tune.values())
    ]
    if len(candidates) == 1 and plan.settings.early_stopping is None:
        return candidates[0], candidates[0].epochs, None
    xp = plan.backend.xp
    fit, held = validation_split(plan.data.y_train, plan.settings.validation, plan.seed)
    parts = train.take(xp.asarray(fit)), train.take(xp.asarray(held))
    best: tuple[Settings, int, float] | None = None
    for number, settings in enumerate(candidates):
        assert plan.spec is not None
        training = Training(plan.rule, plan.spec, settings, plan.seed, xp)
        try:
            epochs = training.run(parts[0], settings.epochs, lambda epoch: None, validation=parts[1])
        except TrainingError:
            continue
        reached = training.accuracy(parts[1])
        log.append("metrics/choice", step=number, validation_accuracy=reached, epochs=epochs, rate=settings.rate)
        if best is None or reached > best[2]:
            best = settings, epochs, reached
    if best is None:
        raise TrainingError(f"tune: expected a candidate that trains, got none of {len(candidates)}; lower the rates")
    return best


def samples_of(plan: Plan, x: Array, labels: Array) -> Samples:
    """Inputs and labels as the plan's network will see them: precision, standardisation, device."""
    xp, precision = plan.backend.xp, plan.settings.precision
    x, labels = x.astype(precision), xp.asarray(labels)
    if plan.settings.standardise:
        x -= float(plan.data.x_train.mean(dtype="float64"))
        x /= float(plan.data.x_train.std(dtype="float64"))
    return Samples(xp.asarray(x), one_hot(labels, plan.data.n_classes, precision), labels)


def _measure(
    plan: Plan, training: Training, train: Samples, test: Samples, history: list[Epoch], log: RunLog
) -> dict[str, Any]:
    """Everything that is read off the final network; the one reading of the test set."""
    meter = CountingMeter()
    answers = to_host(training.scores(test.x, meter).argmax(axis=1))
    matrix = confusion(to_host(test.labels), answers, plan.data.n_classes)
    log.write("metrics/test/confusion", matrix)
    n = len(answers)
    forward = meter.counts.get("forward", Count())
    inference = {"macs": forward.macs / n, "acs": forward.acs / n, "dense": forward.dense / n}
    overall = sum(meter.layers.values(), Activity())
    sparsity = {
        "overall": overall.sparsity if overall.total else None,
        "layers": {name: seen.sparsity for name, seen in meter.layers.items()},
    }
    spent = training.meter.total
    params = training.network.params
    layers = history[-1].alignment
    log.append(
        "metrics/neurobench",
        step=0,
        ClassificationAccuracy=accuracy(matrix),
        ActivationSparsity=math.nan if not overall.total else overall.sparsity,
        Effective_MACs=inference["macs"],
        Effective_ACs=inference["acs"],
        Dense=inference["dense"],
        ParameterCount=sum(p.size for p in params.values()),
        Footprint=sum(p.nbytes for p in params.values()),
        ConnectionSparsity=_connection_sparsity(params),
    )
    return {
        "train_accuracy": training.accuracy(train),
        "test_accuracy": accuracy(matrix),
        "activation_sparsity": sparsity,
        "synops_inference": inference,
        "synops_training": {"macs": spent.macs, "acs": spent.acs, "total": spent.macs + spent.acs},
        "alignment": {name: [_or_none(epoch.alignment[name]) for epoch in history[1:]] for name in layers},
        "locality": _locality(plan.rule.locality, training),
        "energy_pj": inference_energy(inference["macs"], inference["acs"]),
        "weights_sha256": weights_hash({**params, **training.state.params}),
    }


def _locality(declared: Locality | None, training: Training) -> dict[str, Any]:
    """What the rule declared, what the audit found, and whether the way down was seen to read forward weights."""
    transport = training.meter.moves_weights(training.state.params)
    if declared is None:
        return {"local": False, "declared": None, "leaks": None, "weight_transport": transport}
    leaks = training.audit()
    record = {
        "pre": list(declared.pre),
        "post": list(declared.post),
        "feedback": list(declared.feedback),
        "signals": list(declared.signals),
        "memory": declared.memory,
    }
    return {
        "local": not leaks and not transport,
        "declared": record,
        "leaks": list(leaks),
        "weight_transport": transport,
    }


def weights_hash(params: Params) -> str:
    """The sha256 over all parameters, by name: names, types, shapes and bits."""
    digest = hashlib.sha256()
    for name in sorted(params):
        value = np.ascontiguousarray(to_host(params[name]))
        digest.update(f"{name} {value.dtype.str} {value.shape}\n".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()


def _connection_sparsity(params: Params) -> float:
    weights = [to_host(value) for name, value in params.items() if name.endswith(".w")]
    return 1.0 - sum(np.count_nonzero(w) for w in weights) / sum(w.size for w in weights)


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _text(result: Mapping[str, Any]) -> Any:
    return np.array([json.dumps(result).encode()])
