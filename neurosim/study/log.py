"""The log of a run of a study: its layout, and the rows of an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurosim.core.arrays import Shape, to_host
from neurosim.core.rng import Stream
from neurosim.core.toml import to_toml
from neurosim.layers.meter import PURPOSES
from neurosim.learning.training import Epoch, Training
from neurosim.runlog import Layout, RunLog
from neurosim.runlog.provenance import source_digest
from neurosim.study.run_plan import RunPlan

RESULT_BYTES = 2**15  # capacity for the result as JSON; it does not grow with the epochs
EPOCH_COLUMNS = ("loss", "train_accuracy", "validation_accuracy", "rate", "synops", "wall_time")
NEUROBENCH_COLUMNS = (
    "ClassificationAccuracy",
    "ActivationSparsity",
    "Effective_MACs",
    "Effective_ACs",
    "Dense",
    "ParameterCount",
    "Footprint",
    "ConnectionSparsity",
)


def run_config(plan: RunPlan) -> str:
    """The resolved configuration of a run as TOML: what is computed, and where."""
    config = {
        "cell": {
            "rule": plan.rule_label,
            "network": plan.network_label,
            "data": plan.data.name,
            "n_train": len(plan.data.x_train),
            "seed": plan.seed,
            "backend": plan.backend.name,
        },
        "settings": {key: value for key, value in plan.settings.model_dump().items() if value is not None},
        "tune": {key: list(values) for key, values in plan.tune.items()},
    }
    return to_toml(config)


def run_origin(plan: RunPlan) -> dict[str, Any]:
    """Where data, rule and network of a run come from, for its provenance."""
    return {
        "data": {"source": plan.data.source, "sha256": dict(plan.data.digests)},
        "sources": {"rule": source_digest(type(plan.rule)), "network": source_digest(type(plan.spec))},
    }


def run_layout(plan: RunPlan, provenance: dict[str, Any]) -> Layout:
    """The layout of a run's log: metrics per epoch, measures on the test set, first and last weights."""
    classes = plan.data.n_classes
    tables: dict[str, Mapping[str, str]] = {
        "metrics/epoch": dict.fromkeys(EPOCH_COLUMNS, "f8"),
        "metrics/synops": dict.fromkeys(PURPOSES, "f8"),
        "metrics/neurobench": dict.fromkeys(NEUROBENCH_COLUMNS, "f8"),
        "metrics/choice": dict.fromkeys(("validation_accuracy", "epochs", "rate"), "f8"),
    }
    for table, columns in (("metrics/alignment", plan.spec.aligned), ("metrics/activity", plan.spec.active)):
        if columns:
            tables[table] = dict.fromkeys(columns, "f8")
    return Layout(
        attributes={
            "rule": plan.rule_label,
            "network": plan.network_label,
            "data": plan.data.name,
            "seed": plan.seed,
            "native": plan.native,
        },
        config=run_config(plan),
        provenance=provenance | run_origin(plan),
        tables=tables,
        arrays={"metrics/test/confusion": ((classes, classes), "i8"), "metrics/result": ((1,), f"S{RESULT_BYTES}")},
        weights=_weights(plan),
        spikes=plan.spec.spiking,
    )


def log_epoch(log: RunLog, epoch: Epoch) -> None:
    """Append the metrics of ``epoch`` and flush; epoch 0 has only activity and alignment."""
    for table, values in (("metrics/alignment", epoch.alignment), ("metrics/activity", epoch.activity)):
        if values:
            log.append(table, step=epoch.number, **values)
    if epoch.number:
        log.append("metrics/synops", step=epoch.number, **{name: epoch.purposes.get(name, 0) for name in PURPOSES})
        log.append("metrics/epoch", step=epoch.number, **{name: getattr(epoch, name) for name in EPOCH_COLUMNS})
    log.flush()


def log_weights(log: RunLog, training: Training, step: int) -> None:
    """Append a snapshot of all parameters, and of the rule's own."""
    for projection, names in _by_projection([*training.network.params, *training.state.params]).items():
        tree = {**training.network.params, **training.state.params}
        log.snapshot(projection, step=step, **{name: to_host(tree[f"{projection}.{name}"]) for name in names})


def _weights(plan: RunPlan) -> dict[str, dict[str, tuple[Shape, str]]]:
    precision = plan.settings.precision
    tree = plan.spec.init(Stream(plan.seed, "init"), precision)
    tree |= plan.rule.init(plan.spec, Stream(plan.seed, "rule"), precision).params
    return {
        projection: {
            name: (tree[f"{projection}.{name}"].shape, tree[f"{projection}.{name}"].dtype.str) for name in names
        }
        for projection, names in _by_projection(list(tree)).items()
    }


def _by_projection(names: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for full in names:
        projection, _, name = full.rpartition(".")
        found.setdefault(projection, []).append(name)
    return found
