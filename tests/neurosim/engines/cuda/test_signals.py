"""Neurons that read signals, by the GPU's kernels on the host, against the reference."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from neurosim.engines.cuda.engine import CudaEngine
from neurosim.engines.reference import ReferenceEngine
from tests.neurosim.engines.cuda.fake_cupy import Host
from tests.neurosim.engines.steered import steer, steered


@pytest.mark.parametrize("batch", [1, 3])
def test_signals_are_read_as_the_reference_reads_them(install: Callable[[Host], Host], batch: int) -> None:
    plan = steered(3, batch)
    wanted = steer(ReferenceEngine(plan, [2]), plan)
    assert len(wanted[0]) > 50 * batch
    install(Host("seeded"))
    assert steer(CudaEngine(plan, [2]), plan) == wanted
