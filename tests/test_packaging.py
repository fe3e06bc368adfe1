"""The wheel that a user installs: complete, under one name, and working away from the checkout. No network."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINKS = {"neurosim/rules": "rules", "neurosim/networks": "networks"}


def command(*arguments: str | Path, cwd: Path, **environment: str) -> str:
    """The standard output of a command; its standard error is the message where it fails."""
    run = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, env={**os.environ, **environment})
    assert run.returncode == 0, f"{' '.join(map(str, arguments))}\n{run.stdout}{run.stderr}"
    return run.stdout


def write_source(source: Path, files: dict[str, bytes], *, links: bool) -> None:
    """Write these files and add the two links, or text files in their place as on Windows."""
    setuptools = version("setuptools")
    if int(setuptools.partition(".")[0]) < 77:
        pytest.skip(f"building needs setuptools >= 77 in the environment, found {setuptools}")
    for name, content in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    for name, target in LINKS.items():
        if links:
            (source / name).symlink_to(f"../{target}")
        else:
            (source / name).write_text(f"../{target}")


def build(folder: Path, files: dict[str, bytes], *, links: bool) -> zipfile.ZipFile:
    """The wheel of these files."""
    source = folder / "source"
    write_source(source, files, links=links)
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    command(sys.executable, "-m", "pip", "wheel", *offline, "-w", folder, source, cwd=folder)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.fixture(scope="module")
def files(tracked: list[str]) -> dict[str, bytes]:
    """The tracked files, read once: an editor that saves in between changes no comparison."""
    return {name: (ROOT / name).read_bytes() for name in tracked if name not in LINKS}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> zipfile.ZipFile:
    """The wheel of this checkout."""
    return build(tmp_path_factory.mktemp("wheel"), files, links=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, wheel: zipfile.ZipFile) -> Path:
    """A folder that holds what the wheel installs."""
    folder = tmp_path_factory.mktemp("site")
    wheel.extractall(folder)
    return folder


def installed_name(tracked_name: str) -> str:
    """Where a file of the checkout lies in the wheel: rules/stdp.py -> neurosim/rules/stdp.py."""
    return tracked_name if tracked_name.startswith("neurosim/") else f"neurosim/{tracked_name}"


def test_the_wheel_holds_every_tracked_file_of_the_packages_and_nothing_else(
    wheel: zipfile.ZipFile, files: dict[str, bytes]
) -> None:
    rooms = ("neurosim/", "rules/", "networks/")
    expected = {installed_name(name) for name in files if name.startswith(rooms)}
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected
    assert {"neurosim/py.typed", "neurosim/rules/__init__.py", "neurosim/networks/__init__.py"} <= expected


def test_the_wheel_installs_one_name_and_one_command(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    (information,) = tops - {"neurosim"}
    assert information.endswith(".dist-info")
    assert "neurosim = neurosim.cli:main" in wheel.read(f"{information}/entry_points.txt").decode()
    assert f"{information}/licenses/LICENSE" in wheel.namelist()


def test_a_checkout_without_links_builds_the_same_wheel(
    tmp_path: Path, files: dict[str, bytes], wheel: zipfile.ZipFile
) -> None:
    without = build(tmp_path, files, links=False)
    assert {name: without.read(name) for name in without.namelist()} == {
        name: wheel.read(name) for name in wheel.namelist()
    }


@pytest.mark.parametrize("links", [True, False])
def test_an_editable_install_imports_beside_a_checkout_of_the_same_name(
    tmp_path: Path, files: dict[str, bytes], links: bool
) -> None:
    source, made = tmp_path / "neurosim", tmp_path / "made"
    write_source(source, files, links=links)
    hook = "import sys; from setuptools.build_meta import build_editable; build_editable(sys.argv[1])"
    made.mkdir()
    command(sys.executable, "-c", hook, made, cwd=source)
    zipfile.ZipFile(next(made.glob("*.whl"))).extractall(made)
    find = (
        "import site, sys; from importlib.util import find_spec; site.addsitedir(sys.argv[1]); "
        "print(find_spec('neurosim').origin, find_spec('neurosim.rules').origin, sep='\\n')"
    )
    printed = command(sys.executable, "-S", "-c", find, made, cwd=tmp_path)
    assert [Path(line).resolve() for line in printed.splitlines()] == [
        source / "neurosim" / "__init__.py",
        source / "rules" / "__init__.py",
    ]


def test_the_wheel_imports_from_another_folder(site: Path, tmp_path: Path) -> None:
    script = "import neurosim, neurosim.rules, neurosim.networks as n; print(neurosim.__file__, n.__file__, sep='\\n')"
    printed = command(sys.executable, "-c", script, cwd=tmp_path, PYTHONPATH=str(site))
    assert [Path(line).relative_to(site).as_posix() for line in printed.splitlines()] == [
        "neurosim/__init__.py",
        "neurosim/networks/__init__.py",
    ]


def test_the_command_line_of_the_wheel_explains_itself(site: Path, tmp_path: Path) -> None:
    printed = command(sys.executable, "-m", "neurosim", "--help", cwd=tmp_path, PYTHONPATH=str(site))
    assert "compare" in printed


def test_the_main_job_runs_from_the_wheel(site: Path, tmp_path: Path) -> None:
    job = "compare --rules backprop --network mlp --data digits --epochs 1 --seeds 1 --json cells.json"
    command(sys.executable, "-m", "neurosim", *shlex.split(job), cwd=tmp_path, PYTHONPATH=str(site))
    (cell,) = json.loads((tmp_path / "cells.json").read_text())
    assert (cell["rule"], cell["network"], cell["data"], cell["seed"]) == ("backprop", "mlp", "digits", 0)
    assert cell["status"] == "ok", cell["error"]
    assert 0.1 < cell["test_accuracy"] <= 1.0  # chance is 0.1
