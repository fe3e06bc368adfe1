"""A small layout with one of everything, for the tests of the run log."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.runlog.layout import Column, Layout, Report, Sparse

CONFIG = '[network]\nname = "é"\nsizes = [4, 3]\n'


@pytest.fixture
def layout() -> Layout:
    """One table of three types, one array, a dense and a sparse projection, spikes, a report and trials."""
    ids = np.array([0, 0, 2]), np.array([1, 1, 0]), np.array([0, 1, 0])
    return Layout(
        attributes={"rule": "backprop", "network": "mlp", "data": "digits", "seed": 2**64 - 1},
        config=CONFIG,
        equations="dv/dt = -v / tau : mV",
        provenance={"seed": 3, "git": {"commit": "abc", "dirty": True}, "machine": {"threads": {}, "speed": 2.5}},
        tables={"metrics/epoch": {"loss": Column("f8", "nat"), "correct": "i8", "phase": "S8"}},
        arrays={"metrics/test/confusion": ((2, 2), "i8")},
        weights={"output": {"w": ((4, 3), "f4")}, "recurrent": Sparse(*ids, {"w": "f4", "delay": "f8"})},
        spikes={"exc": 100},
        reports={"exc": Report("v", "mV", np.array([7, 9]), step=0.5, start=10.0)},
        trials=True,
    )
