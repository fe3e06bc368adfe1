"""Index files: the list of the logs of a study, or of the parts of one run, as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from neurosim.core.errors import InputError
from neurosim.runlog.disk import write_atomically

FORMAT = "neurosim-index"
FORMAT_VERSION = "1.0"
INDEX_NAME = "index.json"


def write_index(path: str | Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Write an index in one step, in place of an old one.

    Parameters
    ----------
    path : path
        The JSON file.
    entries : iterable of mapping
        Plain data or arrays; the key "log" names a log file relative to the index, or is None or absent. Numbers that
        JSON lacks (NaN, infinities) become null.

    Raises
    ------
    InputError
        The folder cannot be written, or an entry holds something else.
    """
    content = {"format": FORMAT, "format_version": FORMAT_VERSION, "entries": [plain(entry) for entry in entries]}
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(Path(path), text.encode())


def read_index(path: str | Path) -> list[dict[str, Any]]:
    """Read an index.

    Parameters
    ----------
    path : path
        The JSON file, or the folder with it.

    Returns
    -------
    list of dict
        The entries.

    Raises
    ------
    InputError
        There is no such file, or it is not an index.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_index(f"{folder}/index.json", [{"log": "run.h5", "seed": 1}])
    ...     read_index(folder)
    [{'log': 'run.h5', 'seed': 1}]
    """
    path = Path(path)
    path = path / INDEX_NAME if path.is_dir() else path
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"index: expected a file that can be read, got {path} ({error.strerror})") from None
    except ValueError as error:
        raise InputError(f"index: expected JSON, got {path}, which does not parse ({error})") from None
    entries = content.get("entries") if isinstance(content, dict) and content.get("format") == FORMAT else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"index: expected a JSON file of format {FORMAT}, got {path}, which is another")
    if str(content.get("format_version", "")).partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise InputError(f"index: expected version {FORMAT_VERSION}, got {content.get('format_version')} in {path}")
    return [dict(entry) for entry in entries]


def log_paths(path: Path) -> list[Path]:
    """The log files of ``path``: itself, or those named by an index or by the index of a folder."""
    if not path.is_dir() and path.suffix != ".json":
        return [path]
    folder = path if path.is_dir() else path.parent
    paths = [folder / str(entry["log"]) for entry in read_index(path) if entry.get("log")]
    if not paths:
        raise InputError(f"index: expected entries that name a log, got none in {path}")
    return paths


def plain(value: Any) -> Any:
    """``value`` as JSON: arrays become lists, paths texts, NaN and infinities None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Path):
        return value.as_posix()
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    raise InputError(f"index: expected texts, numbers, lists and dictionaries, got {value!r}")
