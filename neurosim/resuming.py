"""Which cells of a study that was stopped need not run again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neurosim.cell import Plan
from neurosim.errors import InputError
from neurosim.runlog import Run, open_run, read_index
from neurosim.runlog.index import INDEX_NAME
from neurosim.runlog.provenance import collect
from neurosim.study_log import cell_config, cell_origin

ORIGIN = ("versions", "git", "data", "sources")  # of a log's provenance; the machine may be another


def finished(plans: Sequence[Plan], folder: Path) -> dict[str, dict[str, Any]]:
    """The results in the index of ``folder`` that those of ``plans`` would be again, by the name of their log.

    Those are the results that are ok and have a log that is finished. What the file of a rule imports is not looked at.

    Raises:
        InputError: a finished log tells of other settings, data, versions, commit, or file of the rule than today's, or
            the rule has no file; results of cells that are not asked for, or whose index is gone, would be lost.
    """
    if not (folder / INDEX_NAME).exists():
        if left := [plan.name for plan in plans if _whole(folder / f"{plan.name}.h5")]:
            raise InputError(
                f"resume: expected {INDEX_NAME} beside the finished {left[0]}.h5 in {folder}, got none; pass another "
                "folder, or overwrite=True (--overwrite)"
            )
        return {}
    entries = {str(entry["log"]): entry for entry in read_index(folder) if entry.get("log")}
    asked = {f"{plan.name}.h5": plan for plan in plans}
    if others := [name for name in entries if name not in asked]:
        raise InputError(
            f"resume: expected the study whose cells are in {folder}, got one without {others[0]}; give the same "
            "rules, network, data and seeds, or more of them, or another folder"
        )
    found, kept = collect(0), {}
    for name, entry in entries.items():
        run = _whole(folder / name)
        if entry.get("status") != "ok" or run is None:
            continue
        there = {"config": run.config} | {key: run.provenance.get(key, {}) for key in ORIGIN}
        if not cell_origin(asked[name])["sources"]["rule"]:
            raise InputError(
                f"resume: expected a rule from a file, got {asked[name].rule_label}, which was typed in and may be "
                "another now; save it in a file, or run all again"
            )
        here = {"config": tomllib.loads(cell_config(asked[name])), **found, **cell_origin(asked[name])}
        for place, expected, got in _differences(there, here):
            raise InputError(
                f"resume: expected {place} {expected!r} as in {folder / name}, got {got!r}; ask for the same, or run "
                "all again: another folder, or overwrite=True (--overwrite)"
            )
        kept[name] = entry
    return kept


def _whole(log: Path) -> Run | None:
    """The log, if it is finished."""
    try:
        run = open_run(log)
        return run if run.status == "finished" else None
    except InputError:  # gone, or damaged
        return None


def _differences(there: Mapping[str, Any], here: Mapping[str, Any], place: str = "") -> list[tuple[str, Any, Any]]:
    """Place, value there and value here of what differs, among the keys of ``there``, and those inside them.

    >>> _differences({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3, "d": 4}, "e": 5})
    [('b.c', 2, 3), ('b.d', None, 4)]
    """
    found = []
    for key in there if not place else dict.fromkeys((*there, *here)):
        one, other = there.get(key), here.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            found += _differences(one, other, f"{place}{key}.")
        elif one != other:
            found.append((f"{place}{key}", one, other))
    return found
