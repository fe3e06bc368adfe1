"""The findings in words: which rule is named, what its interval says, which runs failed, what the operations were."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from neurosim.report.findings import failures, opening, results
from neurosim.report.records import Record, read


@pytest.fixture(scope="module")
def first(study: Path) -> Record:
    """A run of backprop."""
    return read([study])[0]


def runs(first: Record, rule: str, accuracies: list[float], **cell: Any) -> list[Record]:
    """One run of ``rule`` for each accuracy, with seeds 0, 1, ..."""
    return [
        replace(first, cell={**first.cell, "rule": rule, "seed": seed, "test_accuracy": accuracy, **cell})
        for seed, accuracy in enumerate(accuracies)
    ]


def words_of(markup: str) -> str:
    """The text without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<wbr>|<svg.*?</svg>", "", markup))).split())


def lead(records: list[Record]) -> str:
    found = re.search(r'<p class="lead">(.*?)</p>', opening(records), re.DOTALL)
    assert found is not None
    return words_of(found[1])


def test_the_lead_names_the_best_rule_and_the_one_closest_to_backprop(first: Record) -> None:
    records = runs(first, "backprop", [0.9, 0.92, 0.94])
    records += runs(first, "low", [0.5, 0.52, 0.54]) + runs(first, "near", [0.89, 0.91, 0.93])
    said = lead(records)
    assert said.startswith("backprop has the highest mean test accuracy: 92.0 ± 2.0 % (3 seeds).")
    assert "Of the other rules, near scores highest: −1.0" in said


@pytest.mark.parametrize(
    ("accuracies", "judgement"),
    [
        # differences to 0.9, 0.92, 0.94 in points: (1, 2, 3) has mean 2 and half width 4.303 * 1 / sqrt(3) = 2.48
        ([0.91, 0.94, 0.97], "; the 95 % interval includes zero, so these seeds do not show a difference"),
        ([0.93, 0.96, 0.99], "; the 95 % interval excludes zero"),  # (3, 4, 5): 4 - 2.48 > 0
        ([0.87, 0.88, 0.89], "; the 95 % interval excludes zero"),  # (-3, -4, -5)
        ([0.95], " (one pair: no interval)"),
    ],
)
def test_a_difference_is_judged_by_whether_its_interval_holds_zero(
    first: Record, accuracies: list[float], judgement: str
) -> None:
    records = runs(first, "backprop", [0.9, 0.92, 0.94][: len(accuracies)]) + runs(first, "other", accuracies)
    assert lead(records).endswith(judgement + ".")


def test_the_failed_runs_are_counted_and_each_has_its_reason_or_says_that_there_is_none(first: Record) -> None:
    good = runs(first, "backprop", [0.9])
    bad = runs(first, "stdp", [0.0, 0.0], status="diverged", error=None)
    bad[0] = replace(bad[0], cell={**bad[0].cell, "error": "loss: expected a finite number"})
    text = words_of(failures(good + bad))
    assert text.startswith("2 of 3 runs have no result")
    assert "seed 0: diverged. loss: expected a finite number" in text
    assert "seed 1: diverged. No reason was recorded." in text
    assert failures(good) == ""


def row(records: list[Record]) -> str:
    """The one row of the table of results."""
    return words_of(results(records).partition("<tbody>")[2].partition("</tbody>")[0])


def test_operations_have_their_sum_kinds_and_purposes(first: Record) -> None:
    served = {"forward": 100e6, "feedback": 0.0, "settling": 0.0, "plasticity": 300e6}
    training = {"macs": 100_000_000, "acs": 300_000_000, "total": 400_000_000, "purposes": served}
    inference = {"macs": 2e6, "acs": 0.0, "dense": 8e6}
    text = row(runs(first, "backprop", [0.9], synops_training=training, synops_inference=inference))
    assert "400 M 100 M MAC, 300 M AC forward 25 %, weight updates 75 % 2.00 M all MAC dense 8.00 M" in text


def test_columns_and_notes_appear_where_they_are_needed(first: Record) -> None:
    alone = runs(first, "stdp", [0.9, 0.8], energy_pj=None)
    text = words_of(results(alone))
    assert "minus backprop" not in text
    assert "validation" not in text
    assert "Horowitz" not in text
    assert "untuned" not in text
    more = runs(first, "backprop", [0.9, 0.8]) + runs(first, "stdp", [0.9, 0.8], validation_accuracy=0.7, tuned=False)
    text = words_of(results(more))
    assert "minus backprop" in text
    assert "validation" in text
    assert "Horowitz" in text
    assert "stdp: untuned default settings" in text


def test_a_rule_on_its_own_network_says_so(first: Record) -> None:
    records = runs(first, "backprop", [0.9]) + runs(first, "stdp", [0.8], native=True, network="winner_take_all")
    text = words_of(results(records))
    assert "on its own network, winner_take_all" in text
    assert "compare with care" in text
