"""What every test gets: the array module `xp`, the precision `dtype`, strict floating point, honest closing lines."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from neurosim.core.arrays import cuda_problem, resolve_backend
from tests.device_arrays import device_module

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a job in the background, which tests of Ctrl-C are not
    signal.signal(signal.SIGINT, signal.default_int_handler)
NOT_RUN = pytest.StashKey[int]()
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(params=["numpy", "stand-in", "cupy"])
def xp(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The array module under test: NumPy, what behaves as CuPy does, and CuPy where a GPU can be used."""
    if request.param == "stand-in":
        module, _ = device_module()
        monkeypatch.setitem(sys.modules, "cupy", module)
        return module
    return resolve_backend("cuda" if request.param == "cupy" else "cpu").xp


@pytest.fixture(scope="session", params=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> np.dtype[Any]:
    """The precision under test."""
    precision: np.dtype[Any] = np.dtype(request.param)
    return precision


@pytest.fixture(autouse=True)
def strict_floating_point() -> Iterator[None]:
    """Division by zero and NaN out of nothing are errors in every test."""
    with np.errstate(divide="raise", invalid="raise"):
        yield


@pytest.fixture(scope="session")
def tracked() -> list[str]:
    """The files that git tracks and that exist, as paths from the root."""
    root = Path(__file__).resolve().parents[1]
    found = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
    if found.returncode:
        pytest.skip(f"no git checkout: {found.stderr.strip()}")
    return [name for name in found.stdout.split("\0") if name and (root / name).is_file() | (root / name).is_symlink()]


def pytest_configure(config: pytest.Config) -> None:
    """Give each of several workers machine code of its own: two may not write into one of Numba's caches at once."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ["NUMBA_CACHE_DIR"] = str(config.cache.mkdir(f"numba-{worker}"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out the tests that need a GPU where there is none, and count them."""
    on_gpu = [item for item in items if isinstance(item, pytest.Function) and _parameter(item) == "cupy"]
    if on_gpu and cuda_problem():
        config.stash[NOT_RUN] = len(on_gpu)
        getattr(config, "workeroutput", {})["not_run"] = len(on_gpu)
        config.hook.pytest_deselected(items=on_gpu)
        items[:] = [item for item in items if item not in on_gpu]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what a worker, which found all tests and ran some, could not run."""
    node.config.stash[NOT_RUN] = getattr(node, "workeroutput", {}).get("not_run", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what this run could not show."""
    problem = cuda_problem()
    if count := config.stash.get(NOT_RUN, 0):
        terminalreporter.write_line(f"not run: {count} tests on cupy ({problem})")
    absent = [
        name
        for name, found in (
            ("a usable GPU", problem is None),
            ("Fashion-MNIST (Debian: dataset-fashion-mnist)", FASHION_MNIST.is_dir()),
            ("chromium", shutil.which("chromium")),
        )
        if not found
    ]
    if absent:
        terminalreporter.write_line(f"absent on this machine: {', '.join(absent)}")


def _parameter(item: pytest.Function) -> object:
    return item.callspec.params.get("xp") if hasattr(item, "callspec") else None
