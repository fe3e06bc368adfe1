"""Networks that spike, in a study on the GPU's kernels: the weights of the reference, every bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import neurosim as ns
from neurosim.datasets import load
from tests.neurosim.engines.cuda.fake_cupy import Host


@pytest.mark.parametrize(
    ("network", "rule", "kernels"),
    [
        ("spiking_mlp:hidden=9x7:settle=12", "temporal_derivative_spiking:base=6:drive=6",
         {"deliver", "receive", "on_pre_phase", "share", "update", "on_post_phase", "retire_spikes", "note"}),
        ("winner_take_all:cells=8:duration=20:strength=60", "stdp",
         {"deliver", "on_pre_phase", "update", "on_post_phase", "retire_spikes"}),
    ],
)  # fmt: skip
def test_it_learns_what_the_reference_learns(
    install: Callable[[Host], Host], network: str, rule: str, kernels: set[str], tmp_path: Path
) -> None:
    host = install(Host("seeded"))
    cells: list[dict[str, Any]] = []
    for backend in ("reference", "cuda"):
        study = ns.compare(rule, network, load("digits", limit=4), 1, 1, backend=backend, log=tmp_path / backend)
        cells += study.cells
    reference, cuda = cells
    assert (cuda["status"], cuda["device"], reference["device"]) == ("ok", "cuda", "reference"), cuda["error"]
    assert kernels <= set(host.ran)
    assert cuda["synops_training"]["acs"] > 0
    for key in ("weights_sha256", "test_accuracy", "synops_inference", "synops_training", "alignment"):
        assert cuda[key] == reference[key]
