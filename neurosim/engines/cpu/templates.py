"""Templates of printed modules, and the hash of all sources that are compiled into them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@cache
def sources_digest() -> str:
    """A hash of the files that printed modules import or come from: Numba sees changes of a module's own file only."""
    engines = _HERE.parent
    folders = ((engines.parent / "core", "*.py"), (engines / "layout", "*.py"), (_HERE, "*.py"), (_HERE, "*.tmpl"))
    files = sorted(file for folder, names in folders for file in folder.glob(names))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:32]
