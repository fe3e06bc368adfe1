"""The examination passes here, and names what is broken elsewhere."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.cli import doctor
from neurosim.cli.doctor import Finding, as_text, examine
from neurosim.core.rng import philox4x32
from neurosim.datasets import names


def named(findings: list[Finding], name: str) -> Finding:
    """The finding of that name."""
    return next(finding for finding in findings if finding.name == name)


def test_a_sound_installation_has_nothing_broken() -> None:
    findings = examine()
    assert [finding for finding in findings if finding.status == "broken"] == []
    assert as_text(findings).endswith("everything needed works")


def test_it_shows_the_installed_versions_and_every_data_set() -> None:
    findings = examine()
    assert named(findings, "numpy").detail.startswith(f"{np.__version__}, BLAS ")
    assert "HDF5" in named(findings, "h5py").detail
    assert [finding.name for finding in findings if finding.group == "data"] == list(names())


def test_the_needed_packages_are_the_dependencies_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]
    assert [re.split("[<>=]", each)[0] for each in project["dependencies"]] == list(doctor.NEEDED)


def test_a_needed_package_that_is_missing_is_broken_and_an_optional_one_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str) -> str:
        if name in ("pooch", "cupy-cuda13x"):
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(doctor, "version", without)
    findings = examine()
    assert named(findings, "pooch").status == "broken"
    assert "pip install pooch" in named(findings, "pooch").detail
    assert named(findings, "cupy-cuda13x").status == "absent"
    assert as_text(findings).endswith("broken: pooch")


def test_a_missing_gpu_is_absent_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosim.core.arrays.cuda_problem", lambda: "no wheel; install it")
    assert named(examine(), "cuda") == Finding("backends", "cuda", "absent", "no wheel; install it")


def nine_rounds(counter: Any, key: tuple[int, int], rounds: int = 10) -> Any:
    return philox4x32(counter, key, rounds - 1)


def no_disk(*_: Any, **__: Any) -> Any:
    raise OSError(28, "No space left on device")


def no_gradient(*_: Any) -> Any:
    return {}, None, None


@pytest.mark.parametrize(
    ("place", "fault", "name", "words"),
    [
        (
            "neurosim.core.rng.philox4x32",
            nine_rounds,
            "random numbers",
            "expected the published words of Philox, got [",
        ),
        ("h5py.File", no_disk, "HDF5", "No space left on device"),
        ("neurosim.rules.backprop.Backprop.direction", no_gradient, "learning", "expected backprop to learn XOR"),
        ("neurosim.datasets.available", no_disk, "search", "No space left on device"),
    ],
)
def test_a_fault_is_found_by_the_test_for_it_alone(
    monkeypatch: pytest.MonkeyPatch, place: str, fault: Any, name: str, words: str
) -> None:
    monkeypatch.setattr(place, fault)
    broken = [finding for finding in examine() if finding.status == "broken"]
    assert [finding.name for finding in broken] == [name]
    assert words in broken[0].detail
