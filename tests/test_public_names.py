"""What a user can import: the packages, their facades, and what importing costs."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from dataclasses import make_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("neurosim", "rules", "networks")
HEAVY = ("scipy", "h5py", "numba", "matplotlib", "pydantic", "typer", "rich", "pooch", "cupy", "sympy")


def is_under(name: str, package: str) -> bool:
    """Whether a dotted name is the package or lies in it."""
    return name == package or name.startswith(f"{package}.")


def found_packages(root: Path) -> list[str]:
    """The packages that lie in the folders: neurosim/a/__init__.py -> neurosim.a, rules -> neurosim.rules."""
    folders = [
        path.parent.relative_to(root).as_posix().replace("/", ".")
        for package in PACKAGES
        for path in (root / package).rglob("__init__.py")
    ]
    return sorted(name if is_under(name, "neurosim") else f"neurosim.{name}" for name in folders)


def test_pyproject_lists_every_package() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert setuptools["packages"] == found_packages(ROOT)
    places = {"neurosim": "neurosim", "neurosim.rules": "rules", "neurosim.networks": "networks"}
    assert setuptools["package-dir"] == places


def test_every_folder_with_code_is_a_package() -> None:
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").is_file()]


def packages_with_all() -> list[ModuleType]:
    """The packages of ours that have a facade."""
    modules = [importlib.import_module(name) for name in found_packages(ROOT)]
    return [module for module in modules if hasattr(module, "__all__")]


def test_every_listed_name_resolves_and_no_other() -> None:
    facades = packages_with_all()
    missing = [
        f"{module.__name__}.{name}" for module in facades for name in module.__all__ if not hasattr(module, name)
    ]
    assert not missing
    assert not [module.__name__ for module in facades if hasattr(module, "no_such_name")]


def undocumented(module: ModuleType) -> list[str]:
    """The listed classes and functions without a docstring of their own (a dataclass writes its signature there)."""
    objects = {name: getattr(module, name) for name in module.__all__}
    return [
        f"{module.__name__}.{name}"
        for name, item in objects.items()
        if (inspect.isclass(item) or inspect.isroutine(item) or inspect.ismodule(item))
        and (not item.__doc__ or item.__doc__.startswith(f"{name}("))
    ]


def test_every_public_name_has_a_docstring() -> None:
    facades = packages_with_all()
    assert "neurosim" in [module.__name__ for module in facades]
    assert not [name for module in facades for name in undocumented(module)]


MENTIONED = re.compile(r"(?<![\w./-])neurosim(?:\.[A-Za-z_]\w*)+")
SOURCES = (".py", ".cu", ".cuh", ".tmpl")


def is_there(name: str) -> bool:
    """Whether a dotted name is a module of ours, or an attribute of one."""
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def test_every_name_of_ours_that_a_source_mentions_is_there() -> None:
    """In comments, docstrings and printed text as well, where no import fails after a move."""
    sources = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*")) if path.suffix in SOURCES]
    mentioned = {(name, path) for path in sources for name in MENTIONED.findall(path.read_text("utf-8"))}
    names = {name for name, _ in mentioned if name != "neurosim.cu"}  # what the compiler calls the text in its messages
    missing = {name for name in names if not is_there(name)}
    assert not sorted(f"{path.relative_to(ROOT)}: {name}" for name, path in mentioned if name in missing)


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter holds after the statement."""
    script = f"{statement}\nimport sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_import_neurosim_loads_nothing_heavy() -> None:
    assert not loaded_by("import neurosim") & set(HEAVY)


def test_the_engine_s_facade_loads_no_rule_and_no_network() -> None:
    loaded = loaded_by("import neurosim\nfor name in neurosim.__all__: getattr(neurosim, name)")
    assert not [name for name in loaded if is_under(name, "neurosim.rules") or is_under(name, "neurosim.networks")]


def test_a_planted_package_is_seen(tmp_path: Path) -> None:
    for folder in ("neurosim/extra", "rules/family"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "__init__.py").touch()
    assert found_packages(tmp_path) == ["neurosim.extra", "neurosim.rules.family"]


def test_a_planted_facade_without_docstrings_is_seen() -> None:
    planted: Any = ModuleType("planted")
    planted.__all__ = ["Documented", "Generated", "bare"]
    planted.Documented, planted.Generated, planted.bare = ModuleType, make_dataclass("Generated", ["n"]), lambda: None
    assert undocumented(planted) == ["planted.Generated", "planted.bare"]
