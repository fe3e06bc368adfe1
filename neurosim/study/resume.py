"""Which runs of an interrupted study need not be repeated."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from neurosim.core.errors import InputError
from neurosim.runlog import Run, open_run, read_index
from neurosim.runlog.index import INDEX_NAME
from neurosim.runlog.provenance import collect
from neurosim.study.log import run_config, run_origin
from neurosim.study.run_plan import RunPlan


def finished(plans: Sequence[RunPlan], folder: Path) -> dict[str, dict[str, Any]]:
    """The results in the index of ``folder`` that ``plans`` would reproduce, by the name of their log.

    These have status ok and a finished log. What the file of a rule imports is not compared.

    Raises:
        InputError: a finished log has other settings, data, versions, commit, or file of the rule than the present
            ones, or the rule has no file; results of runs that are not requested, or without an index, would be lost.
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
            f"resume: expected the study whose results are in {folder}, got one without {others[0]}; give the same "
            "rules, network, data and seeds, or more of them, or another folder"
        )
    here = collect(0)
    kept = {}
    for name, entry in entries.items():
        run = _whole(folder / name)
        if entry.get("status") != "ok" or run is None:
            continue
        plan, log = asked[name], folder / name
        origin = {"versions": here["versions"], "git": here["git"], **run_origin(plan)}
        if not all(origin["sources"].values()):
            raise InputError(
                f"resume: expected a rule and a network from files, got {plan.rule_label} on {plan.network_label}, "
                "which were typed in and may have changed; save them in a file, or run all again"
            )
        made = {"config": run.config} | {key: run.provenance.get(key, {}) for key in origin}
        for place, expected, got in _differences(made, {"config": tomllib.loads(run_config(plan)), **origin}):
            raise InputError(
                f"resume: expected {place} {expected!r} as in {log}, got {got!r}; ask for the same, or run all again: "
                "another folder, or overwrite=True (--overwrite)"
            )
        kept[name] = entry
    return kept


def _whole(log: Path) -> Run | None:
    """The log, if it is complete."""
    try:
        run = open_run(log)
        return run if run.status == "finished" else None
    except InputError:  # gone, or damaged
        return None


def _differences(there: Mapping[str, Any], here: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The differences: place, value there and value here.

    >>> list(_differences({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3, "d": 4}}))
    [('b.c', 2, 3), ('b.d', None, 4)]
    """
    for key in dict.fromkeys((*there, *here)):
        one, other = there.get(key), here.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _differences(one, other, f"{place}{key}.")
        elif one != other:
            yield f"{place}{key}", one, other
