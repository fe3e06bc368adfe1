"""A device of the tests' own in the place of CuPy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.neurosim.engines.cuda.fake_cupy import Host


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what was compiled."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def install(compiled: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Host], Host]:
    """What puts a host in the place of the module cupy."""

    def install(host: Host) -> Host:
        monkeypatch.setenv("NEUROSIM_CACHE", str(compiled))
        monkeypatch.setitem(sys.modules, "cupy", host.module())
        return host

    return install
