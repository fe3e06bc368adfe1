"""The text sections of the page: title, facts, command, locality, settings and origin."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from neurosim.report.figures import styles
from neurosim.report.records import Record
from neurosim.report.table import ABSENT, verdict
from neurosim.report.theme import name as rule_name

_COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def title(records: Sequence[Record]) -> str:
    """The number of rules, and the data."""
    n = len(_distinct(records, "rule"))
    data = _distinct(records, "data")
    count = _COUNTS[n] if n < len(_COUNTS) else str(n)
    where = " and ".join([", ".join(data[:-1]), data[-1]]) if len(data) > 1 else data[0]
    return f"{count} learning rule{'s' if n > 1 else ''} on {where}"


def facts(records: Sequence[Record]) -> list[tuple[str, str]]:
    """Names and values of the main facts."""
    provenance = next((record.provenance for record in records if record.provenance), {})
    git, versions = provenance.get("git", {}), provenance.get("versions", {})
    machine = provenance.get("machine", {})
    commits = {str(r.provenance.get("git", {}).get("commit", ""))[:12] for r in records if r.provenance} - {""}
    commit = ", ".join(sorted(commits)) + (" with changes" if git.get("dirty") else "")
    known = [
        ("Network", ", ".join(_distinct([r for r in records if not r.cell.get("native")] or records, "network"))),
        ("Data", ", ".join(_distinct(records, "data"))),
        ("Seeds", ", ".join(_distinct(records, "seed"))),
        ("Epochs", ", ".join(_distinct(records, "epochs"))),
        ("Device", ", ".join(_distinct(records, "device")) or str(machine.get("device", ""))),
        ("Processor", str(machine.get("cpu", ""))),
        ("Began", _minute(min((record.created for record in records if record.created), default=""))),
        ("neurosim", str(versions.get("neurosim", ""))),
        ("Commit", commit.strip() if commits else ""),
    ]
    return [(name, value) for name, value in known if value]


def _minute(moment: str) -> str:
    """An ISO 8601 time to the minute, in readable form."""
    try:
        return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M %Z").strip()
    except ValueError:
        return moment


def reproduce(records: Sequence[Record]) -> str:
    """The command that reproduces the study, one per network and data set."""
    asked = [record for record in records if not record.cell.get("native")] or list(records)
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in asked:
        groups.setdefault((str(record.cell["network"]), str(record.cell["data"])), []).append(record)
    lines = []
    for (network, data), group in groups.items():
        natives = [record for record in records if record not in asked and record.cell["data"] == data]
        lines.append(_command(group + natives, network, data))
    commits = {str(record.provenance.get("git", {}).get("commit", "")) for record in records} - {""}
    if len(commits) == 1:
        lines.insert(0, f"git checkout {shlex.quote(commits.pop())}")
    return f'<h2>Reproduce this</h2>\n<pre class="command"><code>{escape(chr(10).join(lines))}</code></pre>'


def _command(group: Sequence[Record], network: str, data: str) -> str:
    seeds = [int(seed) for seed in _distinct(group, "seed")]
    counted = len(seeds) == 1 or sorted(seeds) == list(range(len(seeds)))
    rules = ",".join(_distinct(group, "rule"))
    options = ["--network", network, "--data", data]
    options += ["--seeds", str(1 + max(seeds)) if counted else ",".join(map(str, seeds))]
    for name, value in overrides(group):
        options += ["--epochs", value] if name == "epochs" else ["--set", f"{name}={value}"]
    devices = _distinct(group, "device")
    options += ["--backend", "cuda"] if devices == ["cuda"] else []
    return f"neurosim compare --rules {shlex.quote(rules)} \\\n  {shlex.join(options)}"


def overrides(group: Sequence[Record]) -> list[tuple[str, str]]:
    """The settings that all runs of ``group`` share and that differ from their committed ones."""
    from neurosim.learning.defaults import default_settings

    cells = [record.cell for record in group if record.cell.get("options")]
    found = []
    for name in cells[0]["options"] if cells else ():
        values = [cell["options"].get(name) for cell in cells]
        committed = [
            getattr(default_settings(str(cell["network"]), str(cell["data"]), str(cell["rule"])), name, None)
            for cell in cells
        ]
        if all(value == values[0] for value in values) and values != committed:
            found.append((name, _as_option(values[0])))
    return found


def _as_option(value: Any) -> str:
    """A setting as ``--set`` takes it."""
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def locality(records: Sequence[Record]) -> str:
    """The variables that each rule's synapses read."""
    of_rule = {record.rule: record.cell["locality"] for record in records if record.cell.get("locality")}
    if not of_rule:
        return ""
    parts = list(dict.fromkeys(name for said in of_rule.values() for name in said.get("declared") or ()))
    looks = styles(records)
    body = []
    for rule, said in of_rule.items():
        declared = said.get("declared") or {}
        texts = [verdict(said), *(", ".join(_listed(declared.get(part))) for part in parts)]
        texts += ["yes" if said.get("weight_transport") else "no"]
        cells = "".join(f"<td>{escape(text) or ABSENT}</td>" for text in texts)
        body.append(f'<tr><th scope="row">{rule_name(rule, looks[rule])}</th>{cells}</tr>')
    head = ["rule", "verdict", *map(escape, parts), "weight<br>transport"]
    lead = (
        "What one synapse reads to change its weight: variables of its own presynaptic and postsynaptic unit, of its "
        "feedback, and global signals. A rule cannot read anything that it did not declare; the audit then overwrites "
        "every undeclared array, and no update may change. A rule with weight transport, which propagates errors by "
        "the forward weights, is not local, whatever it declares: a synapse does not know the weight of another."
    )
    return (
        f'<section aria-labelledby="locality"><h2 id="locality">Locality</h2>\n<p>{lead}</p>\n'
        f"{table(head, body, 'locality of each rule', kind='words')}</section>"
    )


def settings(records: Sequence[Record]) -> str:
    """The settings that all rules share, and a table of those that differ."""
    of_rule: dict[str, Mapping[str, Any]] = {}
    for record in records:
        if record.cell.get("options"):
            of_rule.setdefault(record.rule, _flat(record.cell["options"]))
    if not of_rule:
        return ""
    names = list(dict.fromkeys(name for options in of_rule.values() for name in options))
    shared = [name for name in names if len({_shown(options.get(name)) for options in of_rule.values()}) == 1]
    looks = styles(records)
    first = next(iter(of_rule.values()))
    differing = [name for name in names if name not in shared]
    said = ", ".join(f"{escape(name)} {_shown(first[name])}" for name in shared)
    text = f"<p>Shared by all rules: {said}.</p>\n" if shared else ""
    if differing:
        head = ["setting", *(f"{rule_name(rule, looks[rule])}" for rule in of_rule)]
        body = [
            f'<tr><th scope="row">{escape(name)}</th>'
            + "".join(f"<td>{_shown(options.get(name))}</td>" for options in of_rule.values())
            + "</tr>"
            for name in differing
        ]
        text += table(head, body, "settings of each rule", kind="words")
    return f'<section aria-labelledby="settings"><h2 id="settings">Settings</h2>\n{text}</section>'


def origin(records: Sequence[Record]) -> str:
    """The configuration of each rule's first run as text, and the provenance of the first log."""
    first: dict[str, Record] = {}
    for record in records:
        if record.config:
            first.setdefault(record.rule, record)
    folds = [
        f"<details><summary>Configuration of {escape(rule)}, seed {escape(str(record.cell['seed']))}</summary>"
        f'<pre tabindex="0"><code>{escape(record.config)}</code></pre></details>'
        for rule, record in first.items()
    ]
    provenance = next((record.provenance for record in records if record.provenance), {})
    if provenance:
        rows = [
            f'<tr><th scope="row">{escape(name)}</th><td>{_shown(value)}</td></tr>'
            for name, value in _flat(provenance).items()
            if value != "" and value == value
        ]
        inner = table(["", "of the first run"], rows, "versions and machine", kind="words")
        folds.append(f"<details><summary>Versions and machine</summary>{inner}</details>")
    if not folds:
        return ""
    return f'<section aria-labelledby="origin"><h2 id="origin">Origin</h2>\n{"".join(folds)}</section>'


def table(head: Sequence[str], body: Iterable[str], label: str, kind: str = "numbers") -> str:
    """A scrollable table, called ``label`` by screen readers; ``head`` and ``body`` are HTML."""
    titles = "".join(f'<th scope="col">{title}</th>' for title in head)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table class="{kind}">'
        f"<thead><tr>{titles}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _distinct(records: Iterable[Record], name: str) -> list[str]:
    values = [record.cell.get(name) for record in records]
    return list(dict.fromkeys(str(value) for value in values if value is not None))


def _listed(value: Any) -> list[str]:
    return [] if value is None else [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _shown(value: Any) -> str:
    """A value as escaped text."""
    if value is None or value == [] or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return escape(json.dumps(value) if isinstance(value, Mapping) else str(value))
