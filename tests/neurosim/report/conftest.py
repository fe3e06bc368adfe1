"""A study as the report reads it: five rules, three seeds, one failed cell, written with the real run log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from neurosim.runlog.index import write_index
from neurosim.runlog.layout import Layout
from neurosim.runlog.writer import RunLog

EPOCHS = 12
LEVELS = {  # rule: (final accuracy, alignment of the lower group, active fraction, operations of one training)
    "backprop": (0.972, 1.0, 0.46, 1.1e9),
    "temporal_derivative": (0.968, 0.97, 0.48, 3.4e10),
    "temporal_derivative:feedback=random": (0.951, 0.42, 0.61, 3.6e10),
    "feedback_alignment": (0.949, 0.38, 0.55, 1.15e9),
    "stdp": (0.842, 0.08, 0.06, 2.3e8),
}
CONFIG = '[study]\nrules = ["backprop", "stdp"]\nnetwork = "mlp"\ndata = "digits"\nseeds = [0, 1, 2]\n'


def cell(rule: str, seed: int, accuracy: float, **other: Any) -> dict[str, Any]:
    """A cell of `compare --json` as the contract has it."""
    _, cosine, active, operations = LEVELS.get(rule, LEVELS["backprop"])
    binary = rule == "stdp"
    kinds = {"macs": 0 if binary else int(operations), "acs": int(operations) if binary else 0}
    served = {"forward": operations / 4, "feedback": operations / 4, "settling": 0, "plasticity": operations / 2}
    inference = {"macs": 0.0 if binary else 9472.0, "acs": 2210.0 if binary else 0.0, "dense": 9472.0}
    return {
        "schema": "neurosim-cell-1",
        "rule": rule,
        "network": "mlp",
        "native": False,
        "data": "digits",
        "seed": seed,
        "epochs": EPOCHS,
        "options": {"rate": 0.05 if binary else 0.1, "batch": 32, "schedule": "cosine", "clip_norm": None},
        "tuned": True,
        "status": "ok",
        "error": None,
        "train_accuracy": min(1.0, accuracy + 0.02),
        "validation_accuracy": None,
        "test_accuracy": accuracy,
        "activation_sparsity": {"overall": 1 - active, "layers": {"hidden1": 1 - active}},
        "synops_inference": inference,
        "synops_training": {**kinds, "total": int(operations), "purposes": served},
        "alignment": {"hidden1": [cosine] * EPOCHS, "output": [1.0] * EPOCHS},
        "locality": locality(rule),
        "energy_pj": 43571.2,
        "training_s": 3.1,
        "wall_s": 4.2,
        "peak_rss_mb": 131.0,
        "device": "cpu",
        "log": None,
        "weights_sha256": None,
        **other,
    }


def locality(rule: str) -> dict[str, Any]:
    """What a cell says of a rule's locality."""
    if rule == "backprop":
        return {"local": False, "declared": None, "leaks": None, "weight_transport": True}
    declared = {"pre": ["slow"], "post": ["rate_change"], "feedback": [], "signals": ["amplitude"], "memory": "none"}
    carried = rule == "temporal_derivative"
    return {"local": not carried, "declared": declared, "leaks": [], "weight_transport": carried}


def write_log(path: Path, cell: dict[str, Any], noise: np.random.Generator) -> None:
    """The log of one cell: saturating curves, and a confusion matrix with the cell's accuracy."""
    _, cosine, active, operations = LEVELS.get(str(cell["rule"]), LEVELS["backprop"])
    layout = Layout(
        attributes={name: cell[name] for name in ("rule", "network", "data", "seed", "native")},
        config=CONFIG,
        provenance={"git": {"commit": "0123456789abcdef", "dirty": False}, "versions": {"neurosim": "0.1.0"}},
        tables={
            "metrics/epoch": dict.fromkeys(
                ("loss", "train_accuracy", "validation_accuracy", "rate", "synops", "wall_time"), "f8"
            ),
            "metrics/alignment": {"hidden1": "f8", "output": "f8"},
            "metrics/activity": {"hidden1": "f8"},
        },
        arrays={"metrics/test/confusion": ((10, 10), "i8"), "metrics/result": ((1,), "S65536")},
    )
    with RunLog.create(path, layout) as log:
        for epoch in range(EPOCHS + 1):
            gone = np.exp(-epoch / 2.5)
            angle = cosine * (1 - 0.3 * gone) + 0.02 * float(noise.normal())
            log.append("metrics/alignment", step=epoch, hidden1=min(1.0, angle), output=1.0)
            log.append("metrics/activity", step=epoch, hidden1=active + 0.3 * gone * (1 - active))
            if epoch:
                reached = cell["train_accuracy"] * (1 - 0.7 * gone) + 0.004 * float(noise.normal())
                log.append(
                    "metrics/epoch", step=epoch, loss=2.3 * gone + 0.05, train_accuracy=reached,
                    validation_accuracy=np.nan, rate=0.1, synops=operations * epoch / EPOCHS, wall_time=0.3 * epoch,
                )  # fmt: skip
        log.write("metrics/test/confusion", confusion_of(cell["test_accuracy"], noise))
        log.write("metrics/result", np.array([json.dumps(cell).encode()]))


def confusion_of(accuracy: float, noise: np.random.Generator, n: int = 450) -> npt.NDArray[np.int64]:
    """A matrix of ``n`` answers, of which a share of ``accuracy`` is right."""
    matrix = np.zeros((10, 10), np.int64)
    for k in range(n):
        true = k % 10
        matrix[true, true if k < accuracy * n else (true + int(noise.integers(1, 10))) % 10] += 1
    return matrix


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the study; the last cell, of stdp at seed 2, failed before its log began."""
    folder = tmp_path_factory.mktemp("study")
    noise = np.random.default_rng(7)
    entries: list[dict[str, Any]] = []
    for rule, (accuracy, *_) in LEVELS.items():
        for seed in range(3):
            name = f"{len(entries):02d}.h5"
            entry = cell(rule, seed, accuracy + 0.003 * float(noise.normal()), log=name)
            if (rule, seed) == ("stdp", 2):
                entry |= {"status": "failed", "error": "loss: expected a finite number, got nan in epoch 1"}
                entry |= dict.fromkeys(("test_accuracy", "train_accuracy", "synops_training", "log"))
            else:
                write_log(folder / name, entry, noise)
            entries.append(entry)
    write_index(folder / "index.json", entries)
    return folder
