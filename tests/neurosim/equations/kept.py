"""Where the tests keep generated modules."""

from __future__ import annotations

import pytest


@pytest.fixture
def generated_folder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Generated modules go to pytest's cache folder, so that Numba compiles them in the first run only."""
    monkeypatch.setenv("NEUROSIM_CACHE", str(request.config.cache.mkdir("neurosim")))
