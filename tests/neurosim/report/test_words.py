"""Title, facts, command, locality, settings and origin of a page, each against what was run."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from neurosim.report.records import Record, read
from neurosim.report.words import facts, locality, origin, overrides, reproduce, settings, table, title


def run(rule: str, seed: int = 0, **cell: Any) -> Record:
    return Record(
        {"rule": rule, "network": "mlp", "data": "digits", "seed": seed, "epochs": 3, "device": "cpu", **cell}
    )


def cells_of(markup: str) -> list[list[str]]:
    """The rows of the body of a table, as texts."""
    rows = re.findall(r"<tr>(.*?)</tr>", markup.partition("<tbody>")[2], re.DOTALL)
    bare = [[re.sub(r"<svg.*?</svg>|<[^>]+>", "", each) for each in re.findall(r"<t[hd].*?</t[hd]>", r)] for r in rows]
    return [[unescape(each) for each in row] for row in bare]


@pytest.mark.parametrize(
    ("rules", "data", "expected"),
    [
        (["a"], ["digits"], "One learning rule on digits"),
        (["a", "b"], ["digits", "xor"], "Two learning rules on digits and xor"),
        (["a"], ["digits", "mnist", "xor"], "One learning rule on digits, mnist and xor"),
        ([f"rule{i}" for i in range(11)], ["xor"], "11 learning rules on xor"),
    ],
)
def test_the_title_counts_the_rules_and_names_the_data(rules: list[str], data: list[str], expected: str) -> None:
    assert title([run(rule, data=each) for rule in rules for each in data]) == expected


def test_the_facts_are_those_of_the_runs_each_once_and_without_empty_ones() -> None:
    provenance = {"git": {"commit": "0123456789abcdef", "dirty": True}, "machine": {"cpu": "Z80"}}
    records = [replace(run("a", seed), provenance=provenance, created="2024-05-06T07:08:09+00:00") for seed in (0, 1)]
    assert facts([*records, run("b", native=True, network="winner_take_all")]) == [
        ("Network", "mlp"),
        ("Data", "digits"),
        ("Seeds", "0, 1"),
        ("Epochs", "3"),
        ("Device", "cpu"),
        ("Processor", "Z80"),
        ("Began", "2024-05-06 07:08 UTC"),
        ("Commit", "0123456789ab with changes"),
    ]


def command_of(records: list[Record]) -> list[list[str]]:
    """The commands as a shell would split them."""
    code = unescape(reproduce(records).partition("<code>")[2].partition("</code>")[0])
    return [shlex.split(line) for line in code.replace("\\\n", " ").splitlines()]


@pytest.mark.parametrize(("seeds", "told"), [([0, 1, 2], "3"), ([4], "5"), ([2, 5], "2,5")])
def test_the_command_has_the_seeds_as_a_number_where_they_count_from_zero_or_are_one(
    seeds: list[int], told: str
) -> None:
    (words,) = command_of([run("backprop", seed) for seed in seeds])
    assert words[words.index("--seeds") + 1] == told


def test_each_network_and_data_set_has_a_command_and_native_rules_go_with_the_one_asked_for() -> None:
    records = [run("backprop"), run("backprop", network="cnn"), run("stdp", network="winner_take_all", native=True)]
    first, second = command_of([replace(each) for each in records])
    assert first[first.index("--rules") + 1] == second[second.index("--rules") + 1] == "backprop,stdp"
    assert [words[words.index("--network") + 1] for words in (first, second)] == ["mlp", "cnn"]


def test_a_command_survives_the_shell_whatever_a_rule_is_called() -> None:
    name = "my file.py:Rule:how='a b';touch x"
    (words,) = command_of([run(name, device="cuda")])
    assert words[words.index("--rules") + 1] == name
    assert words[-2:] == ["--backend", "cuda"]


def test_overrides_are_settings_that_all_runs_share_and_that_are_not_committed() -> None:
    from neurosim.learning.defaults import default_settings

    committed = default_settings("mlp", "digits", "backprop")
    options = {"rate": committed.rate, "epochs": 777, "clip_norm": None}
    runs = [run("backprop", seed, options={**options, "batch": 555 + seed}) for seed in (0, 1)]
    assert overrides(runs) == [("epochs", "777")]


def test_locality_has_a_row_for_each_rule_with_what_it_declared() -> None:
    records = [
        run("backprop", locality={"local": False, "declared": None, "leaks": None, "weight_transport": True}),
        run("mine", locality={"local": True, "declared": {"pre": ["slow", "fast"]}, "leaks": []}),
    ]
    first, second = cells_of(locality(records))
    assert (first[0], first[2:]) == ("backprop", ["–", "yes"])
    assert (second[0], second[2:]) == ("mine", ["slow, fast", "no"])
    assert first[1] != second[1]
    assert locality([run("a")]) == ""


def test_settings_that_all_rules_share_are_said_once_the_others_in_a_table() -> None:
    shared = {"batch": 32, "clip": None, "decay": {"kind": "none", "amount": 0.1 + 0.2}}
    records = [run("a", options={"rate": 0.1, **shared}), run("b", options={"rate": 1e-7, **shared})]
    markup = settings(records)
    assert "Shared by all rules: batch 32, clip none, decay.kind none, decay.amount 0.3." in markup
    assert cells_of(markup) == [["rate", "0.1", "1e-07"]]


def test_the_origin_shows_the_configuration_of_the_first_run_of_each_rule_as_it_was() -> None:
    records = [replace(run("a", seed), config=f"seed = {seed} # <&>") for seed in (3, 4)]
    markup = origin([*records, replace(run("b", 5), provenance={"git": {"dirty": False}, "wall": float("nan")})])
    assert "Configuration of a, seed 3" in markup
    assert "seed = 3 # &lt;&amp;&gt;" in markup
    assert "seed = 4" not in markup
    assert cells_of(markup) == [["git.dirty", "no"]]
    assert origin([run("a")]) == ""


def test_a_table_can_be_scrolled_by_keyboard_and_says_what_it_is() -> None:
    markup = table(["x", "y<br>z"], ["<tr><td>1</td></tr>"], "some numbers")
    assert 'tabindex="0" role="region" aria-label="some numbers"' in markup
    assert markup.count('<th scope="col">') == 2


def test_the_sections_of_a_real_study_hold_its_rules(study: Path) -> None:
    records = read([study])
    assert [row[0] for row in cells_of(locality(records))] == list(dict.fromkeys(each.rule for each in records))
