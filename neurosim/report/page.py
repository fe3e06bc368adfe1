"""A study as one self-contained HTML file: no network access, no script; light, dark and printable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from neurosim.report import figures, findings, spiking, words
from neurosim.report.figures import styles
from neurosim.report.records import Record, read
from neurosim.report.svg import inline
from neurosim.report.theme import legend, name, style_sheet
from neurosim.runlog.disk import check_own, write_atomically

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def build(sources: Sequence[str | Path], out: str | Path) -> Path:
    """Write one HTML page that compares runs; equal logs give equal bytes.

    Parameters
    ----------
    sources : sequence of str or Path
        Folders of studies, index files, or single logs.
    out : str or Path
        The page; its folder is created.

    Returns
    -------
    Path
        The page written.

    Raises
    ------
    InputError
        No run, a damaged log, a page that cannot be written, or another file in its place.

    Examples
    --------
    >>> import tempfile
    >>> import neurosim as ns
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = ns.compare("backprop", data="xor", epochs=1, seeds=1, log=f"{folder}/study")
    ...     build([study.folder], f"{folder}/page.html").name
    'page.html'
    """
    text = html(read(sources))
    write_atomically(check_page(out), text.encode())
    return Path(out)


def check_page(out: str | Path) -> Path:
    """The real path of a page to write; InputError where something else than a page lies there."""
    return check_own("report", out, "a page", lambda content: POLICY.encode() in content[:1000])


def html(records: Sequence[Record]) -> str:
    """The page of ``records``."""
    title = words.title(records)
    sections = [
        findings.opening(records),
        findings.failures(records),
        findings.results(records),
        _learning(records),
        _by_layer(
            records,
            "activity",
            "Activity",
            "The fraction of non-zero units, on a fixed batch of training samples; epoch 0 is the "
            "untrained network. Fewer active units mean fewer operations.",
        ),
        _by_layer(
            records,
            "alignment",
            "Alignment with the gradient",
            "The cosine of the angle between the rule's update and the negative gradient of the loss, on the same "
            "batch: 1 is the same direction, 0 is orthogonal.",
        ),
        _confusions(records),
        _spiking(records),
        words.locality(records),
        words.settings(records),
        words.origin(records),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{style_sheet()}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(section for section in sections if section)
        + "\n</main>\n</body>\n</html>\n"
    )


def _learning(records: Sequence[Record]) -> str:
    """Accuracy over the epochs, and its cost."""
    drawn = []
    for column in figures.columns(records, "epoch"):
        if column in ("train_accuracy", "validation_accuracy"):
            kind = column.removesuffix("_accuracy").replace("train", "training")
            svg = inline(
                lambda ax, column=column: figures.accuracy(records, ax, column, legend=False),  # type: ignore[misc]
                f"accuracy-{kind}",
                f"{kind} accuracy per epoch for each rule",
            )
            over = "accumulated during the epoch" if kind == "training" else "after the epoch"
            drawn.append(_figure(svg, f"{kind.capitalize()} accuracy", f"{kind.capitalize()} samples, {over}."))
    if any(figures.operations_and_accuracy(record) for record in records):
        svg = inline(
            lambda ax: figures.tradeoff(records, ax, legend=False),
            "tradeoff",
            "test accuracy against operations in training",
        )
        caption = "Small: one seed. Large: the rule's mean. Dotted: the rules that no other beats in both."
        drawn.append(_figure(svg, "Accuracy and cost", caption))
    lead = "Lines are means over seeds, bands range from the lowest to the highest seed."
    return _section("learning", "Learning", lead, records, drawn)


def _by_layer(records: Sequence[Record], table: str, title: str, lead: str) -> str:
    """One figure per column of ``table``."""
    draw = figures.activity if table == "activity" else figures.alignment
    drawn = []
    for i, column in enumerate(figures.columns(records, table)):
        svg = inline(
            lambda ax, column=column: draw(records, column, ax, legend=False),  # type: ignore[misc]
            f"{table}-{i}",
            f"{title}, {column}, over the epochs for each rule",
        )
        drawn.append(_figure(svg, column, ""))
    return _section(table, title, lead, records, drawn)


def _confusions(records: Sequence[Record]) -> str:
    """One matrix per rule, data set and network: the sum over its seeds."""
    drawn = []
    looks = styles(records)
    found = figures.confusions(records)
    several = len({group[1:] for group in found}) > 1
    for i, (group, matrix) in enumerate(found.items()):
        rule, network, data = group
        svg = inline(
            lambda ax, matrix=matrix, rule=rule: figures.confusion(matrix, ax, looks[rule].colour),  # type: ignore[misc]
            f"confusion-{i}",
            f"confusion matrix of {rule}: {matrix.trace()} of {matrix.sum()} answers are right",
            width=3.2,
            height=3.2,
        )
        where = f"{network}, {data}. " if several else ""
        caption = f"{escape(where)}{matrix.trace()} of {matrix.sum()} answers are right."
        drawn.append(f"<figure><h3>{name(rule, looks[rule])}</h3>{svg}<figcaption>{caption}</figcaption></figure>")
    lead = (
        "Test samples by true class (row) and answer (column), summed over seeds. The shade of a square is the "
        "square root of its fraction of the row, so that rare confusions are visible."
    )
    return _section("confusion", "Confusions", lead, records, drawn, with_legend=False)


def _spiking(records: Sequence[Record]) -> str:
    """Receptive fields and a raster, of the first run of each rule that has them."""
    drawn = []
    looks = styles(records)
    first = {record.rule: record for record in reversed(records) if record.fields is not None}
    for i, (rule, record) in enumerate(first.items()):
        fields, spikes = record.fields, record.spikes
        assert fields is not None
        side = math.isqrt(len(fields))
        if side * side == len(fields):
            svg = inline(
                lambda ax, fields=fields, rule=rule: spiking.receptive_fields(  # type: ignore[misc]
                    fields, (math.isqrt(len(fields)),) * 2, ax, looks[rule].colour
                ),
                f"fields-{i}",
                f"receptive fields that {rule} found",
                height=2.4,
            )
            drawn.append(_figure(svg, "Receptive fields", f"Weights into single neurons, seed {record.cell['seed']}."))
        if spikes is not None:
            svg = inline(
                lambda ax, spikes=spikes, rule=rule: spiking.raster(  # type: ignore[misc]
                    spikes.times, spikes.neurons, spikes.trials, ax, looks[rule].colour
                ),
                f"raster-{i}",
                f"spikes of the neurons of {rule} for some test samples",
            )
            drawn.append(_figure(svg, "Raster", "Spikes for the first test samples, presented in sequence."))
    lead = "Receptive fields of the neurons of a spiking network, and their responses to test samples."
    return _section("spikes", "Spikes", lead, records, drawn, with_legend=False)


def _section(
    anchor: str, title: str, lead: str, records: Sequence[Record], drawn: Sequence[str], with_legend: bool = True
) -> str:
    if not drawn:
        return ""
    shown = legend(styles(records)) if with_legend else ""
    return (
        f'<section aria-labelledby="{anchor}"><h2 id="{anchor}">{title}</h2>\n<p>{lead}</p>\n{shown}\n'
        f'<div class="figures">{"".join(drawn)}</div></section>'
    )


def _figure(svg: str, title: str, caption: str) -> str:
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<figure><h3>{escape(title)}</h3>{svg}{below}</figure>\n"
