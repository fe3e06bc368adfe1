"""Which engine runs a spiking network, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from neurosim.core.arrays import check_backend_name, cuda_problem
from neurosim.core.errors import InputError
from neurosim.engines.engine import Engine
from neurosim.engines.plan import NetworkPlan
from neurosim.engines.reference import ReferenceEngine

GAINING = 20_000  # neurons in all samples: below, a step on the CPU takes less than the two launches; an estimate

Maker = Callable[[NetworkPlan, Collection[int]], Engine]


class Choice(NamedTuple):
    """The name of a backend, what makes its engine from a plan, and why it was chosen."""

    backend: str
    make: Maker
    reason: str


def check_backend(backend: str) -> None:
    """InputError for an unknown name, and for ``cuda`` without a usable GPU."""
    check_backend_name("backend", backend)
    if backend == "cuda" and (problem := cuda_problem()):
        raise InputError(f"backend: expected a usable GPU for 'cuda', got none: {problem}")


def choose_engine(backend: str, threads: int | None, plan: NetworkPlan) -> Choice:
    """The engine for ``backend``, a name that `check_backend` accepts, and the network of ``plan``."""
    if backend == "reference":
        return Choice("reference", ReferenceEngine, _ASKED)
    against = against_cuda(plan) if backend == "auto" else _ASKED
    if backend == "cuda" or against is None:
        from neurosim.engines.cuda.engine import CudaEngine

        return Choice("cuda", CudaEngine, _ASKED if backend == "cuda" else "a GPU, and work for it")
    from neurosim.engines.cpu.engine import CpuEngine

    return Choice("cpu", lambda plan, recorded: CpuEngine(plan, recorded, threads), str(against))


def against_cuda(plan: NetworkPlan) -> str | None:
    """Why the network of ``plan`` should not run on a GPU; None if it should."""
    if problem := cuda_problem():
        return f"no GPU: {problem}"
    if any(projection.plastic for projection in plan.projections):
        return "synapses with a rule were never timed on a GPU"
    if any(projection.graded for projection in plan.projections):
        return "states that are sent were never timed on a GPU"
    if any(population.model and population.model.shared for population in plan.populations):
        return "variables shared by a population are summed by one thread"
    neurons = plan.batch * sum(population.size for population in plan.populations)
    if neurons < GAINING:
        return f"too small to gain from the GPU: {neurons} neurons, {GAINING} expected"
    from neurosim.engines.cuda.device import free_memory, nvrtc_version
    from neurosim.engines.cuda.image import MAX_SAMPLES, device_bytes

    if plan.batch > MAX_SAMPLES:
        return f"more samples than the GPU's grids have: {plan.batch}, {MAX_SAMPLES} at most"
    try:
        nvrtc_version()
    except InputError as error:
        return f"no compiler for the GPU: {error}"
    needed, free = device_bytes(plan), free_memory()
    return f"too large for the GPU: {needed} bytes needed, {free} free" if needed > free else None


_ASKED = "chosen by the user"
