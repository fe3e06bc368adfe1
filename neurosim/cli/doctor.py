"""The checks of `neurosim doctor`: versions, backends, data sets, folders, and a short self-test.

A finding is "ok", "absent" (something optional) or "broken" (something without which neurosim does not work).
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

NEEDED = ("numpy", "scipy", "h5py", "numba", "pydantic", "typer", "rich", "pooch", "matplotlib")
OPTIONAL = ("cupy-cuda12x", "cupy-cuda13x")
# Known answer of Philox 4x32-10 for a counter and a key of all ones: Random123, file kat_vectors.
PHILOX_ONES = (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)
_STEPS = 300  # of the learning test; 50 are enough for the seed it uses


class Finding(NamedTuple):
    """One line of the output."""

    group: str
    name: str
    status: Literal["ok", "absent", "broken"]
    detail: str


def examine() -> list[Finding]:
    """All checks in the order of the output; nothing here raises or uses the network."""
    return [*_versions(), *_machine(), *_backends(), *_components(), *_data(), *_self_test()]


def as_text(findings: list[Finding]) -> str:
    """The findings as lines below the name of their group, and a closing line.

    >>> print(as_text([Finding("data", "digits", "ok", "embedded")]))
    data
      ok      digits          embedded
    everything needed works
    """
    lines: list[str] = []
    for i, item in enumerate(findings):
        if i == 0 or item.group != findings[i - 1].group:
            lines.append(item.group)
        lines.append(f"  {item.status:7} {item.name:15} {item.detail}")
    broken = [item.name for item in findings if item.status == "broken"]
    lines.append(f"broken: {', '.join(broken)}" if broken else "everything needed works")
    return "\n".join(lines)


def _versions() -> Iterator[Finding]:
    yield Finding("versions", "python", "ok", f"{platform.python_version()}, {sys.executable}")
    details: dict[str, Callable[[], str]] = {"numpy": _blas, "h5py": _hdf5}
    for name in (*NEEDED, *OPTIONAL):
        try:
            found = version(name)
        except PackageNotFoundError:
            wanted = name in NEEDED
            yield Finding("versions", name, "broken" if wanted else "absent", _remedy(name) if wanted else "optional")
            continue
        yield _try("versions", name, partial(_described, found, details.get(name, str)))


def _described(found: str, detail: Callable[[], str]) -> str:
    return found + detail()


def _remedy(name: str) -> str:
    return f"expected an installed package, got none; run: pip install {name}"


def _blas() -> str:
    built: Any = np.show_config(mode="dicts")
    blas = built.get("Build Dependencies", {}).get("blas", {})
    return f", BLAS {blas.get('name', 'unknown')} {blas.get('version', '')}".rstrip()


def _hdf5() -> str:
    import h5py

    return f", HDF5 {h5py.version.hdf5_version}"


def _machine() -> Iterator[Finding]:
    from neurosim.core.arrays import THREAD_VARIABLES
    from neurosim.datasets.search import cache_folder

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limits = [f"{name}={os.environ[name]}" for name in (*THREAD_VARIABLES, "NUMBA_NUM_THREADS") if name in os.environ]
    shown = f"{os.cpu_count()} processors, {allowed} allowed"
    yield Finding("machine", "system", "ok", f"{platform.system()} {platform.machine()}")
    yield Finding("machine", "threads", "ok", ", ".join([shown, *limits]))
    yield Finding("machine", "data cache", "ok", str(cache_folder("")))
    for name in ("NEUROSIM_DATA", "NEUROSIM_CACHE", "NEUROSIM_OFFLINE"):
        if name in os.environ:
            yield Finding("machine", name, "ok", os.environ[name])


def _backends() -> Iterator[Finding]:
    from neurosim.core.arrays import cuda_problem

    yield Finding("backends", "reference, cpu", "ok", "NumPy with its BLAS")
    wheels = [name for name in OPTIONAL if _installed(name)]
    if len(wheels) > 1:
        yield Finding("backends", "cuda wheel", "broken", f"expected one of {', '.join(OPTIONAL)}, got all; remove one")
    if problem := cuda_problem():
        yield Finding("backends", "cuda", "absent", problem)
        return
    for name, check in (("cuda", _gpu), ("cuda compiler", _gpu_compiler), ("cuda headers", _gpu_headers)):
        yield _try("backends", name, check)


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _gpu() -> str:
    from neurosim.core.arrays import cuda_version
    from neurosim.engines.cuda.device import gpu_facts

    facts = gpu_facts()
    size, knows = facts["memory_bytes"] / 1e9, cuda_version(facts["driver"])
    return f"{facts['name']}, {size:.0f} GB, compute capability {facts['compute_capability']}, driver of CUDA {knows}"


def _gpu_compiler() -> str:
    from neurosim.engines.cuda.device import compiles_for, gpu_facts, nvrtc_version

    found, wanted = compiles_for(), gpu_facts()["compute_capability"]
    named = f"NVRTC {'.'.join(map(str, nvrtc_version()))}"
    remedy = "install another wheel: pip install 'neurosim-lab[cuda13]' or '[cuda12]'"
    _expect(int(wanted.replace(".", "")) in found, f"compute capability {wanted} among those of {named}; {remedy}")
    return f"{named} compiles for {wanted}"


def _gpu_headers() -> str:
    """Compute with an array, for which CuPy compiles code with the headers of CUDA."""
    from neurosim.core.arrays import resolve_backend

    remedy = "install the wheel with the headers of CUDA: pip install 'neurosim-lab[cuda13]' or '[cuda12]'"
    try:
        total = int((resolve_backend("cuda").xp.arange(5) ** 2).sum())
    except Exception as error:
        raise RuntimeError(f"{_reason(error)[:300]}; {remedy}") from error
    _expect(total == 30, f"0 + 1 + 4 + 9 + 16 = 30, got {total}")
    return "CuPy computes with arrays"


def _components() -> Iterator[Finding]:
    from neurosim.study.components import known

    yield _try("components", "rules", lambda: ", ".join(known("rules")))
    yield _try("components", "networks", lambda: ", ".join(known("networks")))
    yield _try("components", "spiking", lambda: ", ".join(known("spiking_networks")))


def _data() -> Iterator[Finding]:
    from neurosim.datasets import available

    try:
        entries = available()
    except Exception as error:
        yield Finding("data", "search", "broken", _reason(error))
        return
    for entry in entries:
        yield Finding("data", entry.name, "ok" if entry.found else "absent", entry.found or entry.how_to_get)


def _self_test() -> Iterator[Finding]:
    for name, check in (("random numbers", _philox), ("HDF5", _write_and_read), ("learning", _learn_xor)):
        yield _try("self-test", name, check)


def _try(group: str, name: str, check: Callable[[], str]) -> Finding:
    """The detail that ``check`` returns, or its error: a broken installation may raise anything."""
    try:
        return Finding(group, name, "ok", check())
    except Exception as error:
        return Finding(group, name, "broken", _reason(error))


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _expect(claim: bool, text: str) -> None:
    if not claim:
        raise RuntimeError(f"expected {text}")


def _philox() -> str:
    from neurosim.core.rng import philox4x32

    words = philox4x32(np.full(4, 0xFFFFFFFF, np.uint32), (0xFFFFFFFF, 0xFFFFFFFF))
    _expect(tuple(words.tolist()) == PHILOX_ONES, f"the published words of Philox, got {words.tolist()}")
    return "Philox gives the published words"


def _write_and_read() -> str:
    import h5py

    values = np.arange(1000, dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "doctor.h5"
        with h5py.File(path, "w") as file:
            file.create_dataset("values", data=values, chunks=True, compression="gzip")
        with h5py.File(path, "r") as file:
            same = bool((file["values"][:] == values).all())
    _expect(same, "the values that were written, got others")
    return f"written and read in {tempfile.gettempdir()}"


def _learn_xor() -> str:
    """Train the reference rule on the exclusive or, which needs the whole chain from data to update."""
    from neurosim.core.rng import Stream
    from neurosim.datasets import load
    from neurosim.layers import RateNetwork
    from neurosim.layers.layer import Batch
    from neurosim.study.components import resolve_component

    data = load("xor")
    spec = resolve_component("networks", "mlp:hidden=8")[1].build(data.sample_shape, data.n_classes)
    rule: Any = resolve_component("rules", "backprop")[1]
    network = RateNetwork(spec, spec.init(Stream(0, "doctor")))
    state = rule.init(spec, Stream(0, "doctor/rule"))
    batch = Batch(data.x_train, np.eye(data.n_classes, dtype=np.float32)[data.y_train])
    for _ in range(_STEPS):
        updates, state, _ = rule.direction(network, state, batch)
        for name, change in updates.items():
            network.params[name] += change
    correct = int((rule.predict(network, state, data.x_test).argmax(axis=1) == data.y_test).sum())
    _expect(correct == len(data.y_test), f"backprop to learn XOR, got {correct} of {len(data.y_test)}")
    return "backprop learns XOR"
