"""Templates of printed modules: Python in blocks headed ``#: name``, to fill in lines ``#= hole`` and words ``$word``.

A template has no conditions: who fills it takes the blocks that a network needs, as functions or for holes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from string import Template
from textwrap import indent

_HERE = Path(__file__).parent


def read_blocks(name: str) -> dict[str, str]:
    """The blocks of the template ``name`` in their order; that before the first heading is called head."""
    head, *rest = re.split(r"^#: (\w+)\n", (_HERE / f"{name}.tmpl").read_text("utf-8"), flags=re.MULTILINE)
    return {"head": head.strip()} | dict(zip(rest[::2], map(str.strip, rest[1::2]), strict=True))


def fill(text: str, holes: Mapping[str, str | Iterable[str]], **words: object) -> str:
    """``text`` with words, and holes filled by blocks or lines, which may have holes themselves, at their indentation.

    >>> fill("if $found:\\n    #= act", {"act": ["go()", "#= rest"], "rest": "stay()"}, found="x > 0").splitlines()
    ['if x > 0:', '    go()', '    stay()']
    """
    return Template(_filled(text, holes)).substitute(words)


def _filled(text: str, holes: Mapping[str, str | Iterable[str]]) -> str:
    lines = []
    for line in text.splitlines():
        margin, mark, name = line.partition("#= ")
        if not mark:
            lines.append(line)
        elif filling := holes[name]:
            block = filling if isinstance(filling, str) else "\n".join(filling)
            lines.append(indent(_filled(block, holes) if "#= " in block else block, margin))
    return "\n".join(lines)


@cache
def sources_digest() -> str:
    """A hash of the files that printed modules import or come from: Numba sees changes of a module's own file only."""
    engines = _HERE.parent
    folders = ((engines.parent / "core", "*.py"), (engines / "layout", "*.py"), (_HERE, "*.py"), (_HERE, "*.tmpl"))
    files = sorted(file for folder, names in folders for file in folder.glob(names))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:32]
