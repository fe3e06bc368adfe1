"""One run of a study: a rule on a network on a data set with a seed, from the first choice to the logged result.

A run with committed settings makes no choice: it trains once on all training data, and its validation accuracy is
null. Candidates to choose from, or early stopping, cost a validation split; the winner is then trained again on
training and validation data together. The test set is used once, for the final network.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import math
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from neurosim.core.arrays import Array, Params, device_failure, to_host
from neurosim.core.errors import DeviceError, InputError
from neurosim.core.memory import peak_memory_mb, reset_peak_memory
from neurosim.datasets import one_hot, validation_split
from neurosim.layers.layer import Batch
from neurosim.layers.meter import PURPOSES, Activity, Count, CountingMeter, Purpose
from neurosim.learning.measures import accuracy, confusion, inference_energy
from neurosim.learning.rule import Locality
from neurosim.learning.settings import Settings
from neurosim.learning.training import Epoch, Samples, Training, TrainingError
from neurosim.runlog import RunLog, RunLogError
from neurosim.runlog.provenance import collect
from neurosim.study.log import log_epoch, log_weights, run_layout
from neurosim.study.run_plan import RunPlan

SCHEMA = "neurosim-cell-1"
Spent: TypeAlias = tuple[dict[Purpose, Count], float]
"""Operations of a training by purpose, and its seconds."""
SHOWN = 10  # test samples whose spikes are logged
REASON_LENGTH = 2000  # characters of an error message in the log


def run(plan: RunPlan, log_path: Path, overwrite: bool, on_epoch: Callable[[Epoch], None]) -> dict[str, Any]:
    """Train, measure and log; the result, by the keys of cell.schema.json.

    A training that fails (a loss that is not finite, a rule that raises) gives a result with status "failed" and the
    reason; a full disk or memory, or a GPU that fails, ends the study.
    """
    result = empty_result(plan)
    if plan.impossible:
        return result | {"status": "impossible", "error": plan.impossible}
    reset_peak_memory()
    start = time.perf_counter()
    layout = run_layout(plan, collect(plan.seed, plan.backend.name, plan.backend.reason))
    result["log"] = log_path.name
    with suppress(_Recorded), RunLog.create(log_path, layout, overwrite) as log:
        try:
            result |= _train(plan, log, on_epoch)
        except (OSError, MemoryError, RunLogError, DeviceError):
            raise  # the machine's fault, not the rule's
        except Exception as error:
            if failure := device_failure(error):
                raise failure from error
            logging.getLogger("neurosim").debug("%s failed", plan.name, exc_info=error)  # shown by --debug
            result |= {"status": "failed", "error": _reason(error)}
            raise _Recorded from error
        finally:
            result |= {"wall_s": time.perf_counter() - start, "peak_rss_mb": peak_memory_mb()}
            log.write("metrics/result", _text(result))
    return result


class _Recorded(Exception):
    """A failure that stands in the result; it sets the log's status to failed, and is not raised further."""


def _reason(error: Exception) -> str:
    """The error in one line; with its place in the code, unless the message was written for the user."""
    if isinstance(error, TrainingError | InputError):
        return str(error)[:REASON_LENGTH]
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"[:REASON_LENGTH]


def _train(plan: RunPlan, log: RunLog, on_epoch: Callable[[Epoch], None]) -> dict[str, Any]:
    """Choose, train, measure; everything goes to the log."""
    chosen, epochs, validation_accuracy, spent = _choose(plan, log)
    data = plan.data
    train = samples_of(plan, chosen, data.x_train, data.y_train, data.x_train)
    test = samples_of(plan, chosen, data.x_test, data.y_test, data.x_train)
    training = Training(plan.rule, plan.spec, chosen, plan.seed, plan.xp, plan.backend.name)
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
    return choice | measured | _cost([*spent, (training.meter.counts, training.seconds)])


def _cost(spent: Sequence[Spent]) -> dict[str, Any]:
    """The cost of all trainings of a run: operations, in total and by purpose, and seconds."""
    total = sum((count for counts, _ in spent for count in counts.values()), Count())
    purposes = {name: sum(counts[name].effective for counts, _ in spent if name in counts) for name in PURPOSES}
    operations = {"macs": total.macs, "acs": total.acs, "total": total.effective, "purposes": purposes}
    return {"synops_training": operations, "training_s": sum(seconds for _, seconds in spent)}


def empty_result(plan: RunPlan) -> dict[str, Any]:
    """The result of a run that has not begun: its identity, and null for every measure."""
    return {
        "schema": SCHEMA,
        "rule": plan.rule_label,
        "network": plan.network_label,
        "native": plan.native,
        "data": plan.data.name,
        "seed": plan.seed,
        "epochs": plan.settings.epochs,
        "options": plan.settings.model_dump(),
        "tuned": plan.tuned,
        "status": "ok",
        "error": None,
        "train_accuracy": None,
        "validation_accuracy": None,
        "test_accuracy": None,
        "activation_sparsity": None,
        "synops_inference": None,
        "synops_training": None,
        "training_s": None,
        "alignment": None,
        "locality": None,
        "energy_pj": None,
        "wall_s": 0.0,
        "peak_rss_mb": None,
        "device": plan.backend.name,
        "log": None,
        "weights_sha256": None,
    }


def _choose(plan: RunPlan, log: RunLog) -> tuple[Settings, int, float | None, list[Spent]]:
    """The settings and the number of epochs to train with, the validation accuracy that chose them, and the cost."""
    candidates = [
        plan.settings.override(dict(zip(plan.tune, values, strict=True)))
        for values in itertools.product(*plan.tune.values())
    ]
    if len(candidates) == 1 and candidates[0].early_stopping is None:
        return candidates[0], candidates[0].epochs, None, []
    best: tuple[Settings, int, float] | None = None
    spent: list[Spent] = []
    for number, settings in enumerate(candidates):
        fit, held = validation_split(plan.data.y_train, settings.validation, plan.seed)
        x, labels = plan.data.x_train, plan.data.y_train
        held_samples = samples_of(plan, settings, x[held], labels[held], x[fit])
        training = Training(plan.rule, plan.spec, settings, plan.seed, plan.xp, plan.backend.name)
        try:
            fit_samples = samples_of(plan, settings, x[fit], labels[fit], x[fit])
            epochs = training.run(fit_samples, settings.epochs, lambda epoch: None, validation=held_samples)
        except TrainingError:
            continue
        finally:
            spent.append((training.meter.counts, training.seconds))
        reached = training.accuracy(held_samples)
        log.append("metrics/choice", step=number, validation_accuracy=reached, epochs=epochs, rate=settings.rate)
        if best is None or reached > best[2]:
            best = settings, epochs, reached
    if best is None:
        raise TrainingError(f"tune: all {len(candidates)} candidate settings diverged; try lower learning rates")
    return *best, spent


def samples_of(plan: RunPlan, settings: Settings, x: Array, labels: Array, reference: Array) -> Samples:
    """Inputs and labels as a network will see them: precision, device, standardised by the samples ``reference``."""
    xp, precision = plan.xp, settings.precision
    x, labels = x.astype(precision), xp.asarray(labels)
    if settings.standardise:
        deviation = float(reference.std(dtype="float64"))
        if deviation == 0.0:
            raise InputError(
                f"{plan.data.name}.x_train: cannot standardise, all inputs are equal; set standardise=false"
            )
        x -= float(reference.mean(dtype="float64"))
        x /= deviation
    return Samples(xp.asarray(x), one_hot(labels, plan.data.n_classes, precision), labels)


def _measure(
    plan: RunPlan, training: Training, train: Samples, test: Samples, history: list[Epoch], log: RunLog
) -> dict[str, Any]:
    """All measures of the final network; the only use of the test set."""
    meter = CountingMeter(training.settings.products)
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
    for population in training.spec.spiking:
        log.spikes(population, *training.network.spikes(population, test.x[:SHOWN]))
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
        "alignment": {name: [_or_none(epoch.alignment[name]) for epoch in history[1:]] for name in layers},
        "locality": _locality(plan.rule.locality, training, training.probe(train)),
        "energy_pj": inference_energy(inference["macs"], inference["acs"]),
        "weights_sha256": weights_hash({**params, **training.state.params}),
    }


def _locality(declared: Locality | None, training: Training, probe: Batch) -> dict[str, Any]:
    """The declared locality, the result of the audit, and whether weight transport was detected."""
    transport = training.weight_transport(probe) is not None
    if declared is None:
        return {"local": False, "declared": None, "leaks": None, "weight_transport": transport}
    leaks = training.audit(probe)
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
    """The result for the log, without the values per epoch, which its tables hold."""
    return np.array([json.dumps(dict(result) | {"alignment": None}).encode()])
