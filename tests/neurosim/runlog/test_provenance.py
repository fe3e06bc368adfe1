"""Provenance: what can be found out is there, and what cannot be is no error."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import numpy as np
import pytest

from neurosim.runlog import provenance
from neurosim.runlog.layout import Layout
from neurosim.runlog.provenance import collect, git_state
from neurosim.runlog.schema import image


def test_versions_machine_and_seed_are_named_and_can_be_logged() -> None:
    found = collect(5, "cpu", "the user said so")
    assert found["seed"] == 5
    assert (found["machine"]["device"], found["machine"]["device_reason"]) == ("cpu", "the user said so")
    assert found["versions"]["numpy"] == np.__version__
    assert found["versions"]["python"] == platform.python_version()
    assert found["machine"]["platform"] == platform.platform()
    assert found["command_line"]
    assert image(Layout(provenance=found))


def test_the_commit_is_that_of_the_checkout_which_tracks_the_package(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert git_state(package) == {}  # not tracked: installed inside someone else's checkout
    subprocess.run([*git, "add", "package"], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert git_state(package) == {"commit": head, "dirty": False}
    (package / "__init__.py").write_text("changed")
    assert git_state(package) == {"commit": head, "dirty": True}


def test_a_machine_without_git_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert provenance.collect(0)["git"] == {}
