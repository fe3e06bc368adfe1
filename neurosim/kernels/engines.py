"""Which engine runs a spiking network."""

from __future__ import annotations

from collections.abc import Callable, Collection

from neurosim.errors import one_of
from neurosim.kernels.reference import ReferenceEngine
from neurosim.kernels.table import Engine
from neurosim.plan import NetworkPlan

BACKENDS = ("auto", "cpu", "reference")

Maker = Callable[[NetworkPlan, Collection[int]], Engine]


def choose_engine(backend: str, threads: int | None) -> tuple[str, Maker]:
    """The name of the backend that is meant by ``backend``, and what makes its engine from a plan.

    Raises:
        InputError: an unknown name.
    """
    if backend not in BACKENDS:
        raise one_of("backend", backend, BACKENDS)
    if backend == "reference":
        return "reference", ReferenceEngine
    from neurosim.kernels.cpu.engine import CpuEngine

    return "cpu", lambda plan, recorded: CpuEngine(plan, recorded, threads)
