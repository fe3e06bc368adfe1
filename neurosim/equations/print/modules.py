"""Generated modules on disk: one file per content, named by its hash, so that Numba compiles each once for good.

The folder is NEUROSIM_CACHE, else the user's cache folder; it can be deleted at any time. Numba stores the machine
code beside the file and finds it again under the module's name, which therefore enters sys.modules first.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType


def load_module(source: str) -> ModuleType:
    """The module with this text: the one already loaded, or a new one from its file in the cache folder.

    Parameters
    ----------
    source : str
        The text of a Python module.

    Returns
    -------
    module
        The loaded module; Numba caches what it compiles beside the file.
    """
    name = f"neurosim_generated_{hashlib.sha256(source.encode()).hexdigest()[:32]}"
    if name in sys.modules:
        return sys.modules[name]
    path = _written(source, f"{name}.py")
    spec = spec_from_file_location(name, path, loader=SourceFileLoader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def cache_folder() -> Path:
    """The folder of generated modules; it need not exist."""
    given = os.environ.get("NEUROSIM_CACHE")
    if given:
        return Path(given).expanduser() / "compiled"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "neurosim" / "compiled"


def _written(source: str, name: str) -> Path:
    """The file with this text in the cache folder; in a folder of this process alone where that cannot be written."""
    try:
        return _put(source, cache_folder(), name)
    except OSError:
        return _put(source, Path(tempfile.mkdtemp(prefix="neurosim-")), name)


def _put(source: str, folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if path.is_file() and path.read_text("utf-8") == source:
        return path
    descriptor, temporary = tempfile.mkstemp(dir=folder, suffix=".tmp")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(source)
        os.replace(temporary, path)  # whole or not at all, also with several processes
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
