"""Where a run comes from: versions, machine, commit and command line."""

from __future__ import annotations

import hashlib
import inspect
import os
import platform
import shlex
import subprocess
import sys
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.core.arrays import THREAD_VARIABLES
from neurosim.core.version import PACKAGE, __version__

PACKAGES = ("numpy", "scipy", "h5py")


def collect(seed: int, device: str = "cpu", reason: str = "") -> dict[str, Any]:
    """The provenance of a run started now: nested dictionaries of texts and numbers, for `Layout.provenance`.

    ``device`` is where it computes, and ``reason`` why there. What cannot be found out is left out, or "" where it is a
    single text.
    """
    return {
        "seed": seed,
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command_line": shlex.join(sys.orig_argv),
        "versions": {"neurosim": __version__, "python": platform.python_version(), **_versions()},
        "git": git_state(PACKAGE),
        "machine": {
            "platform": platform.platform(),
            "cpu": _processor(),
            "cores": os.cpu_count() or 0,
            "device": device,
            "device_reason": reason,
            "blas": _blas(),
            "threads": {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ},
        },
    }


def source_digest(cls: type) -> str:
    """The sha256 of the files that hold a class and its bases; "" for a class typed in interactively, which has none.

    What these files import is not part of it.
    """
    digest = hashlib.sha256()
    for each in cls.__mro__:
        try:
            content = Path(inspect.getfile(each)).read_bytes()
        except (OSError, TypeError):  # typed in, or built in
            if each.__module__ != "builtins":
                return ""
        else:
            digest.update(f"{each.__module__}.{each.__qualname__}".encode() + content)
    return digest.hexdigest()


def git_state(folder: Path) -> dict[str, str | bool]:
    """``commit`` and ``dirty`` of the checkout that tracks the package in ``folder``; empty if there is none."""
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:  # installed, perhaps inside another checkout
        return {}
    commit, changes = _git(folder, "rev-parse", "HEAD"), _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {} if commit is None or changes is None else {"commit": commit, "dirty": bool(changes)}


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def _blas() -> str:
    """The name and version of the BLAS that NumPy was built with."""
    built: Any = np.show_config(mode="dicts")
    library = built.get("Build Dependencies", {}).get("blas", {})
    return f"{library.get('name', '')} {library.get('version', '')}".strip()
