"""The comparison: every rule with every seed, on one network and data set, under the same conditions.

Initial weights and minibatch order are identical for all rules that share a network; settings are committed per rule,
network and data set (settings.toml), found on validation data by runs/tune.py; failures are reported.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.core.arrays import resolve_backend
from neurosim.core.checks import shown
from neurosim.core.errors import InputError
from neurosim.core.interrupts import lasting_interrupt
from neurosim.datasets import Dataset, load
from neurosim.learning.training import Epoch
from neurosim.runlog import default_name, read_index, write_index
from neurosim.runlog.disk import check_own, held, remove_leftovers, write_atomically
from neurosim.runlog.index import INDEX_NAME
from neurosim.study.components import find_component
from neurosim.study.progress import Progress, silent
from neurosim.study.resume import finished
from neurosim.study.run import run
from neurosim.study.run_plan import RunPlan, candidates, plan_run, seed_list

LOGS = Path("runs/logs")


@dataclass(frozen=True)
class Study:
    """A finished comparison, as `compare` returns it.

    Parameters
    ----------
    cells : tuple of dict
        The result of each run, by the keys of cell.schema.json.
    folder : Path
        The folder of the logs.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = compare("backprop", data="xor", epochs=1, seeds=2, log=f"{folder}/study")
    ...     (study.report().name, [path.name for path in study.logs])
    ('report.html', ['backprop_mlp-hidden=4_xor_seed0.h5', 'backprop_mlp-hidden=4_xor_seed1.h5'])
    >>> [(cell["rule"], cell["seed"], cell["status"]) for cell in study.cells]
    [('backprop', 0, 'ok'), ('backprop', 1, 'ok')]
    >>> study.table().splitlines()[0]
    'xor, mlp:hidden=4'
    """

    cells: tuple[dict[str, Any], ...]
    folder: Path

    @property
    def logs(self) -> list[Path]:
        """The path of each run's log, for `open_run`; a run that could not begin has none.

        Returns
        -------
        list of Path

        Examples
        --------
        >>> [path.name for path in Study(({"log": "a.h5"}, {"log": None}), Path("logs")).logs]
        ['a.h5']
        """
        return [self.folder / cell["log"] for cell in self.cells if cell["log"]]

    def table(self) -> str:
        """Means and standard deviations over seeds as text, one line per rule.

        Returns
        -------
        str
            Accuracies in per cent, operations, sparsity, locality and training time; then notes and failures.

        Examples
        --------
        >>> cell = {"rule": "backprop", "network": "mlp", "data": "digits", "seed": 0, "test_accuracy": 0.975}
        >>> print(Study((cell,), Path("logs")).table().splitlines()[3][:18])
        backprop    97.5
        """
        from neurosim.report.table import render

        return render(self.cells)

    def report(self, path: str | Path | None = None) -> Path:
        """Write the self-contained HTML report.

        Parameters
        ----------
        path : str or Path, optional
            The file; default: report.html beside the logs.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        InputError
            A log is damaged, or the file cannot be written.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     study = compare("backprop", data="xor", epochs=1, seeds=1, log=f"{folder}/study")
        ...     study.report(f"{folder}/rules.html").stat().st_size > 10_000
        True
        """
        from neurosim.report import build

        return build([self.folder], Path(path) if path else self.folder / "report.html")

    def json(self) -> str:
        """The results as JSON, a list with one object per run.

        Returns
        -------
        str
            Text that neurosim/study/cell.schema.json describes.

        Examples
        --------
        >>> print(Study(({"rule": "backprop", "seed": 0},), Path("logs")).json())
        [
         {
          "rule": "backprop",
          "seed": 0
         }
        ]
        """
        return json.dumps(list(self.cells), indent=1, allow_nan=False)

    def write_json(self, path: str | Path) -> None:
        """Write `json` to a file, atomically.

        Parameters
        ----------
        path : str or Path
            The file; its folder is created. An earlier one of this kind is replaced.

        Raises
        ------
        InputError
            Another file in its place, or one that cannot be written.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Study((), Path(folder)).write_json(f"{folder}/cells.json")
        ...     Path(f"{folder}/cells.json").read_text()
        '[]\\n'
        """
        write_atomically(check_json(path), (self.json() + "\n").encode())


def check_json(path: str | Path) -> Path:
    """The real path of results to write; InputError where something else lies there."""
    return check_own("json", path, "results", _are_results)


def _are_results(content: bytes) -> bool:
    try:
        cells = json.loads(content)
    except ValueError:
        return False
    return isinstance(cells, list) and all(isinstance(cell, dict) and "rule" in cell for cell in cells)


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
    """Train a network by each rule with each seed, and measure.

    All rules start from the same weights and see the same minibatches. All input is checked before the first run.

    Parameters
    ----------
    rules : str or sequence of str
        Rules, each written "name:option=value", or "module:Class:option=value" for a class of one's own.
    network : str
        The network, written in the same way. A rule that cannot train it takes its native network.
    data : str or Dataset
        The name of a data set, see `load`, or a data set.
    epochs : int, optional
        Passes over the training samples; default: the committed settings.
    seeds : int or sequence of int
        A number N for the seeds 0 .. N - 1, or different seeds in [0, 2**64).
    settings : mapping, optional
        Settings that replace the committed ones in every run; ``neurosim list settings`` shows them.
    tune : mapping of str to iterable, optional
        Settings with candidate values, from which each run chooses on a validation split.
    data_path : str or Path, optional
        The folder that holds the files of the data set; default: they are searched for.
    limit : int, optional
        Use the first so many training samples.
    backend : {"auto", "reference", "cpu", "cuda"}
        Where arrays and spiking networks are computed.
    log : str or Path, optional
        The folder for the logs; default: a new one under runs/logs.
    overwrite : bool
        Replace the study in ``log``.
    resume : bool
        Keep the finished runs of an interrupted study in ``log``.
    progress : Progress, optional
        A display of `neurosim.study.progress`; default: none.

    Returns
    -------
    Study
        The result of each run, in the order of the rules, then of the seeds.

    Raises
    ------
    InputError
        An unknown name or option, a wrong value, missing data, a log folder that cannot be written, or a study to
        resume that differs in settings, data, versions or source.
    DeviceError
        The GPU failed; results so far are kept.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = compare(["backprop", "feedback_alignment"], data="xor", epochs=1, seeds=1, log=f"{folder}/study")
    >>> [(cell["rule"], cell["network"], cell["status"]) for cell in study.cells]
    [('backprop', 'mlp:hidden=4', 'ok'), ('feedback_alignment', 'mlp:hidden=4', 'ok')]
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
        remove_leftovers(folder)
        kept = finished(plans, folder) if resume else {}
        old = set() if resume else _claim(folder, overwrite)
        cells = _run(plans, kept, folder, overwrite or resume, progress or silent())
        for name in old - {cell["log"] for cell in cells}:  # removed only after the new study is complete
            (folder / name).unlink(missing_ok=True)
    return Study(tuple(cells), folder)


def check_resume(resume: bool, overwrite: bool, log: str | Path | None) -> None:
    """InputError unless it is clear which study to resume."""
    if resume and log is None:
        raise InputError("resume: expected the folder of the interrupted study, got none; pass log=FOLDER (--log)")
    if resume and overwrite:
        raise InputError("resume: expected resume or overwrite, got both; finished runs are either kept or replaced")


def _folder(log: str | Path | None, seed: int) -> Path:
    folder = LOGS / default_name("compare", seed) if log is None else Path(log)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"log: expected a folder that can be created, got {shown(str(folder))} ({reason})") from error
    return folder


def _run(
    plans: Sequence[RunPlan], kept: Mapping[str, dict[str, Any]], folder: Path, overwrite: bool, progress: Progress
) -> list[dict[str, Any]]:
    """The results of ``plans``; ``kept`` has those that need not be repeated, by the name of their log."""
    cells: list[dict[str, Any]] = []
    waiting = dict(kept)

    def show(epoch: Epoch) -> None:
        check_interrupt()
        if epoch.number:
            progress.epoch(epoch.number, epoch.loss, epoch.train_accuracy)

    with lasting_interrupt() as check_interrupt, progress:
        progress.start(len(plans))
        for plan in plans:
            progress.run(f"{plan.rule_label}, seed {plan.seed}", plan.settings.epochs)
            name = f"{plan.name}.h5"
            cells.append(cell := waiting.pop(name, None) or run(plan, folder / name, overwrite, show))
            write_index(folder / INDEX_NAME, [*cells, *waiting.values()])
            check_interrupt()
            progress.end_run(f"{outcome(cell)}{' (kept)' if name in kept else ''}")
    return cells


def _claim(folder: Path, overwrite: bool) -> set[str]:
    """Reserve the folder by an empty index; the names of the logs of the study that is overwritten."""
    index = folder / INDEX_NAME
    old: set[str] = set()
    if overwrite and index.exists():
        with suppress(InputError):  # the logs of an unreadable index stay
            old = {str(entry["log"]) for entry in read_index(index) if entry.get("log")}
    try:
        index.touch(exist_ok=overwrite)
    except FileExistsError:
        remedy = "pass another folder, overwrite=True (--overwrite), or resume=True (--resume)"
        raise InputError(f"log: expected a folder without a study, got {folder}; {remedy}") from None
    write_index(index, [])
    return old


def outcome(cell: Mapping[str, Any]) -> str:
    """The outcome of a run in a few words: its test accuracy and time, or its status and error."""
    if cell["status"] != "ok":
        return f"{cell['status']}: {cell['error']}"
    return f"test accuracy {100 * cell['test_accuracy']:.2f} %, {cell['wall_s']:.1f} s"
