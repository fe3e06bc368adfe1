"""The comparison: every rule with every seed, on one network and data set, under the same conditions.

Identical initial weights and minibatch order for all rules that share a network; settings committed per rule,
network and data set (settings.toml), found on validation data by runs/tune.py; failures are shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.core.arrays import resolve_backend
from neurosim.core.errors import InputError
from neurosim.datasets import Dataset, load
from neurosim.learning.training import Epoch
from neurosim.runlog import default_name, read_index, write_index
from neurosim.runlog.disk import held, write_atomically
from neurosim.runlog.index import INDEX_NAME
from neurosim.study.components import find_component
from neurosim.study.progress import Progress, silent
from neurosim.study.resume import finished
from neurosim.study.run import run
from neurosim.study.run_plan import RunPlan, candidates, plan_run, seed_list

LOGS = Path("runs/logs")


@dataclass(frozen=True)
class Study:
    """A finished comparison: its ``cells`` (see cell.schema.json) and the ``folder`` of their logs."""

    cells: tuple[dict[str, Any], ...]
    folder: Path

    @property
    def logs(self) -> list[Path]:
        """The log of each cell that has one."""
        return [self.folder / cell["log"] for cell in self.cells if cell["log"]]

    def table(self) -> str:
        """Means and deviations over seeds as text, a line per rule."""
        from neurosim.report.table import render

        return render(self.cells)

    def report(self, path: str | Path | None = None) -> Path:
        """Write the self-contained HTML report (default: report.html beside the logs); its path."""
        from neurosim.report import build

        return build([self.folder], Path(path) if path else self.folder / "report.html")

    def json(self) -> str:
        """The cells as JSON."""
        return json.dumps(list(self.cells), indent=1, allow_nan=False)

    def write_json(self, path: str | Path) -> None:
        """Write `json` to ``path`` in one step; its folder is made."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_atomically(Path(path), (self.json() + "\n").encode())


def compare(
    rules: str | Sequence[str],
    network: str = "mlp",
    data: str | Dataset = "digits",
    epochs: int | None = None,
    seeds: int | Sequence[int] = 3,
    *,
    settings: Mapping[str, Any] | None = None,
    tune: Mapping[str, Iterable[Any]] | None = None,
    data_path: str | Path | None = None,
    limit: int | None = None,
    backend: str = "auto",
    log: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    progress: Progress | None = None,
) -> Study:
    """Train ``network`` on ``data`` by each of ``rules`` with each seed, and measure.

    ``rules`` and ``network`` are written "name:option=value"; ``seeds`` is a number (0 .. seeds - 1) or a list.
    ``settings`` replace the committed ones in every cell; ``tune`` maps settings to candidate values, from which each
    cell chooses on a validation split. ``log`` is a folder for the logs (default: a new one under runs/logs); with
    ``resume``, cells that a study which was stopped has finished there are not run again, see
    `neurosim.study.resume.finished`.

    Everything is checked before the first cell starts.

    Raises:
        InputError: an unknown name or option, a wrong value, missing data, a log folder that cannot be written.
    """
    check_resume(resume, overwrite, log)
    try:
        chosen_seeds = seed_list(seeds)
    except ValueError as error:
        raise InputError(f"seeds: {error}, got {seeds!r}") from None
    if not rules:
        raise InputError("rules: expected at least one rule, got none")
    place = resolve_backend(backend)
    found = [find_component("rules", rule) for rule in ([rules] if isinstance(rules, str) else rules)]
    found_network = find_component("networks", network)
    dataset = load(data, path=data_path, limit=limit) if isinstance(data, str) else data
    tried = {key: candidates(key, values) for key, values in (tune or {}).items()}
    changes = dict(settings or {}) | ({} if epochs is None else {"epochs": epochs})
    plans = [
        plan_run(rule, found_network, dataset, seed, changes, tried, place) for rule in found for seed in chosen_seeds
    ]
    names = [plan.name for plan in plans]
    if len(set(names)) < len(names):
        twice = next(plan.rule_label for plan in plans if names.count(plan.name) > 1)
        raise InputError(f"rules: expected different rules, got {twice} twice")
    folder = _folder(log, chosen_seeds[0])
    with held(folder):
        kept = finished(plans, folder) if resume else {}
        old = set() if resume else _claim(folder, overwrite)
        cells = _run(plans, kept, folder, overwrite or resume, progress or silent())
        for name in old - {cell["log"] for cell in cells}:  # nothing is lost before the new study stands
            (folder / name).unlink(missing_ok=True)
    return Study(tuple(cells), folder)


def check_resume(resume: bool, overwrite: bool, log: str | Path | None) -> None:
    """InputError if it is not clear which study should be resumed."""
    if resume and log is None:
        raise InputError("resume: expected the folder of the study that was stopped, got none; pass log=FOLDER (--log)")
    if resume and overwrite:
        raise InputError("resume: expected no overwrite beside it, got both; what is finished is kept, or replaced")


def _folder(log: str | Path | None, seed: int) -> Path:
    folder = LOGS / default_name("compare", seed) if log is None else Path(log)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"log: expected a folder that can be made, got {folder} ({error.strerror})") from error
    return folder


def _run(
    plans: Sequence[RunPlan], kept: Mapping[str, dict[str, Any]], folder: Path, overwrite: bool, progress: Progress
) -> list[dict[str, Any]]:
    """The results of ``plans``, of which some are ``kept``, by the name of their log."""
    cells: list[dict[str, Any]] = []
    waiting = dict(kept)

    def show(epoch: Epoch) -> None:
        if epoch.number:
            progress.epoch(epoch.number, epoch.loss, epoch.train_accuracy)

    with progress:
        progress.start(len(plans))
        for plan in plans:
            progress.run(f"{plan.rule_label}, seed {plan.seed}", plan.settings.epochs)
            name = f"{plan.name}.h5"
            cells.append(cell := waiting.pop(name, None) or run(plan, folder / name, overwrite, show))
            write_index(folder / INDEX_NAME, [*cells, *waiting.values()])
            progress.end_run(f"{outcome(cell)}{' (kept)' if name in kept else ''}")
    return cells


def _claim(folder: Path, overwrite: bool) -> set[str]:
    """Take the folder for this study by an empty index; the names of the logs of the old study that it overwrites."""
    index = folder / INDEX_NAME
    old: set[str] = set()
    if overwrite and index.exists():
        with suppress(InputError):  # of one that cannot be read, the logs stay
            old = {str(entry["log"]) for entry in read_index(index) if entry.get("log")}
    try:
        index.touch(exist_ok=overwrite)
    except FileExistsError:
        remedy = "pass another folder, overwrite=True (--overwrite), or resume=True (--resume)"
        raise InputError(f"log: expected a folder without a study, got {folder}; {remedy}") from None
    write_index(index, [])
    return old


def outcome(cell: Mapping[str, Any]) -> str:
    """How a cell ended, in a few words: its test accuracy and time, or its status and error."""
    if cell["status"] != "ok":
        return f"{cell['status']}: {cell['error']}"
    return f"test accuracy {100 * cell['test_accuracy']:.2f} %, {cell['wall_s']:.1f} s"
