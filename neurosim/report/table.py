"""The table of a study: one row per rule, means over seeds, differences to backprop seed by seed.

The same rows make the terminal's table, the page's and the README's.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neurosim.layers.meter import PURPOSES
from neurosim.report.statistics import Estimate, estimate, paired

REFERENCE = "backprop"
ABSENT = "–"


@dataclass(frozen=True)
class Row:
    """A rule on a network and a data set: `Estimate` of each measure over its successful seeds.

    ``difference`` is test accuracy minus that of backprop, seed by seed; None without backprop, or for itself.
    ``failures`` lists (seed, status, error). Operations and energy of inference are per sample.
    """

    rule: str
    network: str
    data: str
    native: bool
    tuned: bool
    seeds: int
    test: Estimate
    train: Estimate
    validation: Estimate
    difference: Estimate | None
    sparsity: Estimate
    training_macs: Estimate
    training_acs: Estimate
    training_total: Estimate
    purposes: Mapping[str, Estimate]  # of the operations in training
    inference_macs: Estimate
    inference_acs: Estimate
    inference_dense: Estimate
    energy_pj: Estimate
    training_s: Estimate
    memory_mb: Estimate
    locality: str
    failures: tuple[tuple[int, str, str], ...]

    @property
    def label(self) -> str:
        """The rule's label, marked where it trained its native network instead of the chosen one."""
        return f"{self.rule} (on {self.network})" if self.native else self.rule


def summary(cells: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The rows of ``cells`` (one a run), in the order of the first run of each."""
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for cell in cells:
        groups.setdefault((str(cell["rule"]), str(cell["network"]), str(cell["data"])), []).append(cell)
    return [_row(key, group, _reference(key, groups)) for key, group in groups.items()]


def verdict(locality: Mapping[str, Any] | None) -> str:
    """Whether a rule is local by declaration, audit and weight transport; if not, the reason.

    >>> verdict({"local": False, "declared": {}, "leaks": ["hidden1"], "weight_transport": False})
    'no: leaks in hidden1'
    """
    if not locality:
        return ABSENT
    if locality.get("local"):
        return "yes"
    if locality.get("leaks"):
        return f"no: leaks in {', '.join(map(str, locality['leaks']))}"
    if locality.get("declared") is None:
        return "no: not split"
    return "no: weight transport" if locality.get("weight_transport") else "no"


def _row(key: tuple[str, str, str], group: list[Mapping[str, Any]], reference: list[Mapping[str, Any]] | None) -> Row:
    good = [cell for cell in group if cell.get("status", "ok") == "ok"]

    def over_seeds(*path: str) -> Estimate:
        return estimate([_number(cell, *path) for cell in good])

    return Row(
        *key,
        native=any(bool(cell.get("native")) for cell in group),
        tuned=all(bool(cell.get("tuned", True)) for cell in group),
        seeds=len(group),
        test=over_seeds("test_accuracy"),
        train=over_seeds("train_accuracy"),
        validation=over_seeds("validation_accuracy"),
        difference=None if reference is None else paired(_by_seed(good), _by_seed(reference)),
        sparsity=over_seeds("activation_sparsity", "overall"),
        training_macs=over_seeds("synops_training", "macs"),
        training_acs=over_seeds("synops_training", "acs"),
        training_total=over_seeds("synops_training", "total"),
        purposes={name: over_seeds("synops_training", "purposes", name) for name in PURPOSES},
        inference_macs=over_seeds("synops_inference", "macs"),
        inference_acs=over_seeds("synops_inference", "acs"),
        inference_dense=over_seeds("synops_inference", "dense"),
        energy_pj=over_seeds("energy_pj"),
        training_s=over_seeds("training_s"),
        memory_mb=over_seeds("peak_rss_mb"),
        locality=verdict(next((cell["locality"] for cell in good if cell.get("locality")), None)) if good else ABSENT,
        failures=tuple(
            (int(cell["seed"]), str(cell["status"]), str(cell.get("error") or "no reason was recorded"))
            for cell in group
            if cell.get("status", "ok") != "ok"
        ),
    )


def _reference(
    key: tuple[str, str, str], groups: Mapping[tuple[str, str, str], list[Mapping[str, Any]]]
) -> list[Mapping[str, Any]] | None:
    """The runs of backprop on the same data, on the same network if there are any; None for backprop itself."""
    rule, network, data = key
    found = [other for other in groups if other[0].partition(":")[0] == REFERENCE and other[2] == data]
    found.sort(key=lambda other: (other[1] != network, other[0] != REFERENCE))
    if rule.partition(":")[0] == REFERENCE or not found:
        return None
    return [cell for cell in groups[found[0]] if cell.get("status", "ok") == "ok"]


def _by_seed(cells: Sequence[Mapping[str, Any]]) -> dict[int, float | None]:
    return {int(cell["seed"]): _number(cell, "test_accuracy") for cell in cells}


def _number(cell: Mapping[str, Any], *path: str) -> float | None:
    value: Any = cell
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return None if value is None else float(value)


def percent(e: Estimate) -> str:
    """Mean and deviation in per cent.

    >>> percent(estimate([0.90, 0.92])), percent(estimate([0.9])), percent(estimate([]))
    ('91.0 ± 1.4', '90.0', '–')
    """
    if e.n == 0:
        return ABSENT
    return f"{100 * e.mean:.1f}" + ("" if math.isnan(e.sd) else f" ± {100 * e.sd:.1f}")


def points(e: Estimate | None) -> str:
    """A difference in percentage points with its interval.

    >>> points(Estimate(3, -0.012, 0.001, -0.0144, -0.0091))
    '−1.2 [−1.4, −0.9]'
    """
    if e is None or e.n == 0:
        return ABSENT
    interval = "" if math.isnan(e.low) else f" [{100 * e.low:+.1f}, {100 * e.high:+.1f}]"
    return f"{100 * e.mean:+.1f}{interval}".replace("-", "−")


def amount(value: float, unit: str = "", short: bool = False) -> str:
    """A number of three digits with the prefix of its thousands; ``short``: without zeros at its end.

    >>> amount(1234567.0), amount(999.7), amount(2.5e9, "J"), amount(2e7, short=True), amount(float("nan"))
    ('1.23 M', '1.00 k', '2.50 GJ', '20 M', '–')
    """
    if math.isnan(value):
        return ABSENT
    if value == 0:
        return f"0 {unit}".strip()
    magnitude = min(max(0, math.floor(math.log10(float(f"{abs(value):.3g}")) / 3)), 5)
    scaled = value / 1000**magnitude
    digits = max(0, 2 - max(0, math.floor(math.log10(float(f"{abs(scaled):.3g}")))))
    number = f"{scaled:.3g}" if short and scaled < 999.5 else f"{scaled:.{digits}f}"
    return f"{number} {'kMGTP'[magnitude - 1] if magnitude else ''}{unit}".strip()


def energy(e: Estimate) -> str:
    """A mean energy given in pJ, with the unit that suits it.

    >>> energy(Estimate(1, 54321.0))
    '54.3 nJ'
    """
    for factor, unit in ((1e6, "µJ"), (1e3, "nJ")):
        if e.mean >= factor:
            return amount(e.mean / factor, unit)
    return amount(e.mean, "pJ")


def duration(seconds: float) -> str:
    """Seconds in the unit that suits them.

    >>> duration(4.21), duration(754.0), duration(7200.0)
    ('4.2 s', '12.6 min', '2.0 h')
    """
    if math.isnan(seconds):
        return ABSENT
    factor, unit = (1.0, "s") if seconds < 120 else (60.0, "min") if seconds < 7200 else (3600.0, "h")
    return f"{seconds / factor:.1f} {unit}"


COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("rule", lambda row: row.label),
    ("test %", lambda row: percent(row.test)),
    ("vs backprop", lambda row: points(row.difference)),
    ("n", lambda row: f"{row.test.n}" if row.test.n == row.seeds else f"{row.test.n} of {row.seeds}"),
    ("train %", lambda row: percent(row.train)),
    ("sparsity %", lambda row: percent(row.sparsity)),
    ("training ops", lambda row: amount(row.training_total.mean)),
    ("inference ops", lambda row: amount(row.inference_macs.mean + row.inference_acs.mean)),
    ("local", lambda row: row.locality.partition(":")[0]),
    ("time", lambda row: duration(row.training_s.mean)),
)
LESS_IMPORTANT = ("local", "train %", "n", "inference ops", "sparsity %", "time", "training ops")
UNTUNED = "untuned default settings, while those of other rules were tuned; to tune: --tune rate=0.03,0.1,0.3"
NOTE = "mean ± sd over n seeds; vs backprop: paired by seed, percentage points, 95 % t interval"


def render(cells: Sequence[Mapping[str, Any]], colour: bool | None = None, width: int | None = None) -> str:
    """The table of results as text.

    Parameters
    ----------
    cells : sequence of mapping
        Results of runs, as `Study.cells` has them.
    colour : bool, optional
        With colours and fitted to the terminal; default: whether stdout is one.
    width : int, optional
        Characters of a coloured line; default: that of the terminal.

    Returns
    -------
    str
        One line per rule, then notes, failures among them.

    Examples
    --------
    >>> cell = {"rule": "backprop", "network": "mlp", "data": "digits", "seed": 0, "test_accuracy": 0.975}
    >>> print(render([cell], colour=False).splitlines()[1][:16])
    rule      test %
    """
    rows = summary(cells)
    colour = sys.stdout.isatty() if colour is None else colour
    texts = [[text(row) for _, text in COLUMNS] for row in rows]
    table = _rich(texts, width) if colour else _plain(texts)
    titles = ", ".join(dict.fromkeys(f"{row.data}, {row.network}" for row in rows if not row.native))
    failed = [f"{row.label}, seed {seed}: {status}: {error}" for row in rows for seed, status, error in row.failures]
    untuned = [f"{row.label}: {UNTUNED}" for row in rows if not row.tuned]
    return "\n".join([*([titles] if titles else []), table, NOTE, *untuned, *failed])


def markdown(cells: Sequence[Mapping[str, Any]]) -> str:
    """The table of results in GitHub's Markdown.

    Parameters
    ----------
    cells : sequence of mapping
        Results of runs, as `Study.cells` has them.

    Returns
    -------
    str

    Examples
    --------
    >>> cell = {"rule": "backprop", "network": "mlp", "data": "digits", "seed": 0, "test_accuracy": 0.975}
    >>> print(markdown([cell]).splitlines()[2][:19])
    | backprop | 97.5 |
    """
    header = [title for title, _ in COLUMNS]
    body = [[_cell_text(text(row)) for _, text in COLUMNS] for row in summary(cells)]
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [header, rule, *body])


def _cell_text(text: str) -> str:
    """``text`` with the characters escaped that Markdown or HTML would interpret."""
    for mark, harmless in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("\n", " ")):
        text = text.replace(mark, harmless)
    return text


def _plain(texts: Sequence[Sequence[str]]) -> str:
    lines = [[title for title, _ in COLUMNS], *texts]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    aligned = [
        "  ".join(text.ljust(width) if i == 0 else text.rjust(width) for i, (text, width) in enumerate(pairs)).rstrip()
        for pairs in (list(zip(line, widths, strict=True)) for line in lines)
    ]
    return "\n".join([aligned[0], "-" * len(aligned[0]), *aligned[1:]])


def _rich(texts: Sequence[Sequence[str]], width: int | None) -> str:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(force_terminal=True, width=width)
    broken = [[line[0].replace(":", "\n  :").replace(" (on ", "\n  (on "), *line[1:]] for line in texts]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    kept = _fitting(broken, console.width)
    for i in kept:
        table.add_column(COLUMNS[i][0], justify="right" if i else "left", no_wrap=i > 0, style="bold" if i == 1 else "")
    for line in broken:
        table.add_row(*(Text(line[i]) for i in kept))
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().strip("\n").splitlines())


def _fitting(texts: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns that fit a terminal of ``width`` characters, the less important ones left out."""
    widths = [
        max(len(part) for line in [[title for title, _ in COLUMNS], *texts] for part in line[i].split("\n"))
        for i, (title, _) in enumerate(COLUMNS)
    ]
    kept = list(range(len(COLUMNS)))
    for title in LESS_IMPORTANT:
        if sum(widths[i] + 3 for i in kept) <= width:
            break
        kept = [i for i in kept if COLUMNS[i][0] != title]
    return kept
