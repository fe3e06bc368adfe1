"""Which cells of a study that was stopped need not run again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neurosim.cell import Plan
from neurosim.errors import InputError
from neurosim.runlog import open_run, read_index
from neurosim.runlog.index import INDEX_NAME
from neurosim.runlog.provenance import collect
from neurosim.study_log import cell_config


def finished(plans: Sequence[Plan], folder: Path) -> dict[str, dict[str, Any]]:
    """The results in the index of ``folder`` that those of ``plans`` would be again, by the name of their log.

    A result counts if it is ok and its log is finished and tells of the same configuration, data, versions and commit.
    A rule of one's own is known by its name and options alone, data by their name and size. Without an index there are
    none.

    Raises:
        InputError: the index has results of other cells, which would be lost.
    """
    if not (folder / INDEX_NAME).exists():
        return {}
    entries = {str(entry["log"]): entry for entry in read_index(folder) if entry.get("log")}
    asked = {f"{plan.name}.h5": plan for plan in plans}
    if others := [name for name in entries if name not in asked]:
        raise InputError(
            f"resume: expected the study whose cells are in {folder}, got one without {others[0]}; give the same "
            "rules, network, data and seeds, or more of them, or another folder"
        )
    here = collect(0)
    return {
        name: entry
        for name, entry in entries.items()
        if entry["status"] == "ok" and _same(folder / name, asked[name], here)
    }


def _same(log: Path, plan: Plan, here: Mapping[str, Any]) -> bool:
    """Whether ``log`` is that of the plan, whole, and made by what is installed ``here``."""
    try:
        run = open_run(log)
    except InputError:  # gone, or damaged
        return False
    made = run.provenance
    data = {"source": plan.data.source, "sha256": dict(plan.data.sha256)}
    return (
        run.status == "finished"
        and run.config_text == cell_config(plan)
        and {key: made.get(key, {}) for key in ("versions", "git", "data")}
        == {"versions": here["versions"], "git": here["git"], "data": data}
    )
