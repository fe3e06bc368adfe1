"""The top of the page: what was compared, the main result, failures, and the table of results."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from types import MappingProxyType

from neurosim.learning.measures import CAVEATS
from neurosim.report import words
from neurosim.report.figures import styles
from neurosim.report.records import Record
from neurosim.report.statistics import Estimate
from neurosim.report.table import ABSENT, REFERENCE, UNTUNED, Row, amount, duration, energy, percent, points
from neurosim.report.table import summary as rows_of
from neurosim.report.theme import name

_PURPOSES = MappingProxyType(
    {"forward": "forward", "feedback": "feedback", "settling": "settling", "plasticity": "weight updates"}
)


def opening(records: Sequence[Record]) -> str:
    """The headline, the result in a few sentences, the facts and the command that reproduces them."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in words.facts(records))
    facts = facts.replace("<dt>", "<div><dt>").replace("</dd>", "</dd></div>")
    return (
        f'<header><p class="kicker">neurosim · learning rules compared</p>\n<h1>{escape(words.title(records))}</h1>\n'
        f'<p class="lead">{_result(rows_of([record.cell for record in records]))}</p>\n<dl class="facts">{facts}</dl>\n'
        f"{words.reproduce(records)}</header>"
    )


def _result(rows: Sequence[Row]) -> str:
    """The first finding: the best rule, and the rule that comes closest to backprop."""
    tested = sorted((row for row in rows if row.test.n), key=lambda row: -row.test.mean)
    if not tested:
        return "No run has a test accuracy."
    best = tested[0]
    seeds = "1 seed" if best.test.n == 1 else f"{best.test.n} seeds"
    text = (
        f"<strong>{escape(best.label)}</strong> has the highest mean test accuracy: {percent(best.test)} % ({seeds})."
    )
    if len(rows) == 1:
        text = f"<strong>{escape(best.label)}</strong> reaches a test accuracy of {percent(best.test)} % ({seeds})."
    compared = [(row, row.difference) for row in tested if row.difference is not None and row.difference.n]
    if compared:
        row, difference = compared[0]
        if row is best:
            return f"{text} That is {points(difference)} percentage points from {REFERENCE}{_judgement(difference)}."
        which = "Of the other rules, " if len(compared) > 1 else ""
        text += (
            f" {which}<strong>{escape(row.label)}</strong> {'scores highest' if which else 'scores'}: "
            f"{points(difference)} percentage points against {REFERENCE}, paired by seed{_judgement(difference)}."
        )
    return text


def _judgement(difference: Estimate) -> str:
    if math.isnan(difference.low):
        return " (one pair: no interval)"
    if difference.low <= 0 <= difference.high:
        return "; the 95 % interval includes zero, so these seeds do not show a difference"
    return "; the 95 % interval excludes zero"


def failures(records: Sequence[Record]) -> str:
    """The runs that failed, each with its reason; nothing if none did."""
    bad = [record.cell for record in records if record.cell.get("status", "ok") != "ok"]
    if not bad:
        return ""
    items = "".join(
        f"<li><strong>{escape(str(cell['rule']))}</strong> on {escape(str(cell['network']))}, "
        f"{escape(str(cell['data']))}, seed {escape(str(cell['seed']))}: {escape(str(cell['status']))}. "
        f"{escape(str(cell.get('error') or 'No reason was recorded.'))}</li>"
        for cell in bad
    )
    return (
        '<section class="failures" aria-labelledby="failures">'
        f'<h2 id="failures">{len(bad)} of {len(records)} runs have no result</h2>'
        f"<ul>{items}</ul><p>They are excluded from all means below.</p></section>"
    )


def results(records: Sequence[Record]) -> str:
    """The table of results with the notes that its numbers need."""
    rows = rows_of([record.cell for record in records])
    looks = styles(records)
    several = len({(row.network, row.data) for row in rows if not row.native}) > 1
    validated = any(row.validation.n for row in rows)
    compared = any(row.difference is not None for row in rows)
    head = ["rule", "test<br>accuracy, %"]
    head += [f"minus {REFERENCE},<br>points [95 %]"] if compared else []
    head += ["training<br>accuracy, %"] + (["validation<br>accuracy, %"] if validated else [])
    head += ["zeros in<br>activity, %", "operations<br>in training", "operations<br>per inference"]
    head += ["energy per<br>inference", "locality", "training time<br>and memory"]
    body = []
    for row in rows:
        title = name(row.rule, looks[row.rule])
        title += f"<small>{escape(row.data)}, {escape(row.network)}</small>" if several else ""
        title += f"<small>on its own network, {escape(row.network)}</small>" if row.native and not several else ""
        seeds = f"{row.test.n}" if row.test.n == row.seeds else f"{row.test.n} of {row.seeds}"
        cells = [f'<td class="main">{percent(row.test)}<small>{seeds} seed{"s" * (seeds != "1")}</small></td>']
        texts = [points(row.difference)] if compared else []
        texts += [percent(row.train), *([percent(row.validation)] if validated else []), percent(row.sparsity)]
        texts += [_training(row), _inference(row), energy(row.energy_pj), _below(row.locality, ": ")]
        texts += [f"{duration(row.training_s.mean)}<small>{amount(row.memory_mb.mean * 1e6, 'B')}</small>"]
        cells += [f"<td>{text}</td>" for text in texts]
        body.append(f'<tr><th scope="row">{title}</th>{"".join(cells)}</tr>')
    notes = "".join(f'<p class="note">{note}</p>' for note in _notes(rows, compared))
    return (
        '<section aria-labelledby="results"><h2 id="results">Results</h2>\n'
        f"{words.table(head, body, 'results of each rule')}\n{notes}</section>"
    )


def _training(row: Row) -> str:
    """The operations of the training, their kinds, and the share of each purpose."""
    whole = row.training_total.mean
    parts = [(_PURPOSES[name], 100 * e.mean / whole) for name, e in row.purposes.items() if whole > 0 and e.mean > 0]
    shares = ", ".join(f"{word} {share:.0f} %" for word, share in parts)
    text = _operations(row.training_total, row.training_macs, row.training_acs)
    return text + (f"<small>{shares}</small>" if shares else "")


def _inference(row: Row) -> str:
    text = _operations(None, row.inference_macs, row.inference_acs)
    return text if not row.inference_dense.n else f"{text}<small>dense {amount(row.inference_dense.mean)}</small>"


def _operations(total: Estimate | None, macs: Estimate, acs: Estimate) -> str:
    """The sum, and below it its kinds."""
    whole = macs.mean + acs.mean if total is None else total.mean
    if math.isnan(whole):
        return ABSENT
    kinds = [(kind, e.mean) for kind, e in (("MAC", macs), ("AC", acs)) if e.mean > 0]
    below = ", ".join(f"{amount(mean)} {kind}" for kind, mean in kinds)
    if len(kinds) == 1:
        below = f"all {kinds[0][0]}"
    return f"{amount(whole)}<small>{below}</small>"


def _below(text: str, mark: str) -> str:
    """``text`` with what follows ``mark`` in small letters below."""
    first, _, rest = text.partition(mark)
    return escape(first) + (f"<small>{escape(rest)}</small>" if rest else "")


def _notes(rows: Sequence[Row], compared: bool) -> list[str]:
    notes = ["Means ± standard deviations over seeds; operations and time are means, memory is the peak of one seed."]
    if compared:
        notes.append(
            f"Minus {REFERENCE}: the difference in test accuracy seed by seed, with the 95 % interval of Student’s t "
            "over the seeds. It covers the choice of seeds, not of test samples, and is not corrected for comparing "
            "several rules."
        )
    if any(row.native for row in rows):
        notes.append(
            "A rule that cannot train the requested network was trained on its own network; compare with care."
        )
    notes += [f"{escape(row.label)}: {UNTUNED}." for row in rows if not row.tuned]
    notes.append(
        "Operations: multiplications with two non-zero operands, counted during the run. Training includes forward "
        "and feedback passes, settling and weight updates. AC (accumulate): all activities are -1, 0 or 1; "
        "MAC (multiply-accumulate): all others. Dense includes zeros. Training time is that of the training steps, "
        "counting included, without loading, measuring and logging."
    )
    if any(row.energy_pj.n for row in rows):
        notes.append(f"Energy is an estimate from the operations of one inference. {escape(CAVEATS)}")
    return notes
