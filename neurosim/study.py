"""The comparison: every rule with every seed, on one network and data set, under the same conditions.

Identical initial weights and minibatch order for all rules that share a network; settings committed per rule,
network and data set (settings.toml), found on validation data by runs/tune.py; failures are shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.arrays import Backend, resolve_backend
from neurosim.cell import Plan, run_cell
from neurosim.config import known, resolve_component
from neurosim.datasets import Dataset, load
from neurosim.errors import InputError, one_of
from neurosim.layers import Stack
from neurosim.progress import Progress, silent
from neurosim.rng import Stream
from neurosim.runlog import default_name, write_index
from neurosim.runlog.index import INDEX_NAME
from neurosim.settings import Settings, default_network_options, default_settings
from neurosim.training import Epoch

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
        """Write `json` to ``path``."""
        Path(path).write_text(self.json() + "\n", encoding="utf-8")


def compare(
    rules: Sequence[str],
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
    progress: Progress | None = None,
) -> Study:
    """Train ``network`` on ``data`` by each of ``rules`` with each seed, and measure.

    ``rules`` and ``network`` are written "name:option=value"; ``seeds`` is a number (0 .. seeds - 1) or a list.
    ``settings`` replace the committed ones in every cell; ``tune`` maps settings to candidate values, from which each
    cell chooses on a validation split. ``log`` is a folder for the logs (default: a new one under runs/logs).

    Everything is checked before the first cell starts.

    Raises:
        InputError: an unknown name or option, a wrong value, missing data, a log folder that cannot be written.
    """
    chosen_seeds = _seeds(seeds)
    if not rules:
        raise InputError("rules: expected at least one rule, got none")
    place = resolve_backend(backend)
    labels = [resolve_component("rules", text) for text in rules]
    duplicates = sorted({label for label, _ in labels if [other for other, _ in labels].count(label) > 1})
    if duplicates:
        raise InputError(f"rules: expected different rules, got {duplicates[0]} twice")
    resolve_component("networks", network)
    dataset = load(data, path=data_path, limit=limit) if isinstance(data, str) else data
    candidates = {key: tuple(values) for key, values in (tune or {}).items()}
    changes = dict(settings or {}) | ({} if epochs is None else {"epochs": epochs})
    plans = [
        plan_cell(label, rule, network, dataset, seed, changes, candidates, place)
        for label, rule in labels
        for seed in chosen_seeds
    ]
    folder = _folder(log, chosen_seeds[0])
    return Study(tuple(_run(plans, folder, overwrite, progress or silent())), folder)


def plan_cell(
    label: str,
    rule: Any,
    network: str,
    data: Dataset,
    seed: int,
    changes: Mapping[str, Any],
    tune: Mapping[str, tuple[Any, ...]],
    backend: Backend,
) -> Plan:
    """The cell of one rule and seed; it takes the rule's native network where the asked one is not among its own."""
    asked = network.split(":")[0]
    native = asked in known("networks") and asked not in rule.networks
    text = rule.native if native and rule.native else network
    network_label, builder = resolve_component("networks", text, default_network_options(text.split(":")[0], data.name))
    stack: Stack = builder.build(data.sample_shape, data.n_classes)
    impossible = None
    if native and rule.native is None:
        impossible = f"{label} cannot train {asked}; it trains {', '.join(rule.networks)}"
    else:
        rule.init(stack, Stream(seed, "rule"))
    return Plan(
        rule_label=label,
        rule=rule,
        network_label=network_label,
        spec=stack,
        native=native,
        data=data,
        seed=seed,
        settings=_settings(network_label, data.name, label, changes, tune),
        tune=tune,
        backend=backend,
        impossible=impossible,
    )


def _settings(
    network: str, data: str, rule: str, changes: Mapping[str, Any], tune: Mapping[str, tuple[Any, ...]]
) -> Settings:
    committed = default_settings(network, data, rule)
    result = committed.override(changes)
    for key, values in tune.items():
        if key not in Settings.model_fields:
            raise one_of("tune", key, Settings.model_fields)
        if not values:
            raise InputError(f"tune.{key}: expected at least one candidate, got none")
        for value in values:
            result.override({key: value}, "tune")
    return result


def _seeds(seeds: int | Sequence[int]) -> list[int]:
    if isinstance(seeds, int):
        if seeds < 1:
            raise InputError(f"seeds: expected a number of seeds >= 1 or a list of seeds, got {seeds}")
        return list(range(seeds))
    if not seeds or any(not 0 <= seed < 2**64 for seed in seeds) or len(set(seeds)) < len(seeds):
        raise InputError(f"seeds: expected different whole numbers in [0, 2**64), got {list(seeds)}")
    return list(seeds)


def _folder(log: str | Path | None, seed: int) -> Path:
    folder = LOGS / default_name("compare", seed) if log is None else Path(log)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"log: expected a folder that can be made, got {folder} ({error.strerror})") from error
    return folder


def _run(plans: Sequence[Plan], folder: Path, overwrite: bool, progress: Progress) -> Iterable[dict[str, Any]]:
    if (folder / INDEX_NAME).exists() and not overwrite:
        raise InputError(f"log: expected a folder without a study, got {folder}; pass overwrite or another folder")
    cells: list[dict[str, Any]] = []

    def show(epoch: Epoch) -> None:
        if epoch.number:
            progress.epoch(epoch.number, epoch.loss, epoch.train_accuracy)

    with progress:
        progress.start(len(plans))
        for plan in plans:
            progress.cell(f"{plan.rule_label}, seed {plan.seed}", plan.settings.epochs)
            path = folder / f"{plan.name}.h5"
            cells.append(cell := run_cell(plan, path, overwrite, show))
            write_index(folder / INDEX_NAME, cells)
            progress.end_cell(_outcome(cell))
    return cells


def _outcome(cell: Mapping[str, Any]) -> str:
    if cell["status"] != "ok":
        return f"{cell['status']}: {cell['error']}"
    return f"test accuracy {100 * cell['test_accuracy']:.2f} %, {cell['wall_s']:.1f} s"
