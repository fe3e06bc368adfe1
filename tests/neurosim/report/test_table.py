from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from neurosim.report.records import read
from neurosim.report.statistics import Estimate
from neurosim.report.table import amount, duration, markdown, percent, render, summary


def cell(rule: str, seed: int, accuracy: float | None, **other: Any) -> dict[str, Any]:
    """The few keys of a cell that a row needs."""
    return {
        "rule": rule, "network": "mlp", "data": "digits", "seed": seed, "status": "ok", "error": None,
        "test_accuracy": accuracy, **other,
    }  # fmt: skip


def test_a_row_holds_mean_and_deviation_over_the_seeds_of_its_rule() -> None:
    (row,) = summary([cell("backprop", 0, 0.90), cell("backprop", 1, 0.92)])
    assert row.test.mean == pytest.approx(0.91)
    assert row.test.sd == pytest.approx(math.sqrt(2 * 0.01**2))
    assert (row.seeds, row.difference) == (2, None)


def test_the_difference_to_backprop_is_taken_seed_by_seed() -> None:
    cells = [cell("backprop", 0, 0.9), cell("backprop", 1, 0.5), cell("stdp", 1, 0.4), cell("stdp", 0, 0.8)]
    difference = summary(cells)[1].difference
    assert difference is not None
    assert [difference.mean, difference.sd] == pytest.approx([-0.1, 0.0], abs=1e-12)


def test_without_backprop_there_is_no_difference() -> None:
    assert [row.difference for row in summary([cell("stdp", 0, 0.8), cell("other", 0, 0.7)])] == [None, None]


def test_backprop_on_other_data_is_no_reference() -> None:
    assert summary([cell("backprop", 0, 0.9, data="mnist"), cell("stdp", 0, 0.8)])[1].difference is None


def test_the_reference_is_backprop_on_the_same_network() -> None:
    small, large = (
        [cell("backprop", 0, a, network=n), cell("stdp", 0, 0.5, network=n)] for a, n in ((0.6, "s"), (0.9, "l"))
    )
    differences = [row.difference.mean for row in summary([*small, *large]) if row.difference]
    assert differences == pytest.approx([-0.1, -0.4])


def test_a_rule_on_its_own_network_is_marked_and_still_compared() -> None:
    row = summary([cell("backprop", 0, 0.9), cell("stdp", 0, 0.8, network="winner", native=True)])[1]
    assert row.label == "stdp (on winner)"
    assert row.difference is not None
    assert row.difference.mean == pytest.approx(-0.1)


def test_a_failed_cell_counts_in_no_mean_and_is_listed_with_its_reason() -> None:
    (row,) = summary([cell("stdp", 0, 0.8), cell("stdp", 1, 0.1, status="failed", error="the loss is not finite")])
    assert (row.test.n, row.test.mean, row.seeds) == (1, 0.8, 2)
    assert row.failures == ((1, "failed", "the loss is not finite"),)


def test_an_impossible_rule_has_a_row_of_dashes() -> None:
    impossible = cell("stdp", 0, None, status="impossible", error="stdp cannot train cnn")
    text = render([impossible], colour=False)
    assert text.splitlines()[3].split() == ["stdp", "–", "–", "0", "of", "1", "–", "–", "–", "–", "–", "–"]
    assert text.endswith("stdp, seed 0: impossible: stdp cannot train cnn")


def test_the_plain_table_is_aligned_and_complete(study: Path) -> None:
    lines = render([record.cell for record in read([study])], colour=False).splitlines()
    titles, rules = lines[1], lines[3:8]
    assert [line.split()[0] for line in rules] == [
        "backprop", "temporal_derivative", "temporal_derivative:feedback=random", "feedback_alignment", "stdp",
    ]  # fmt: skip
    assert {len(line) for line in (titles, *rules)} == {len(titles)}
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_terminals_table_fits_its_width_and_keeps_accuracy(study: Path, width: int) -> None:
    from rich.text import Text

    text = Text.from_ansi(render([record.cell for record in read([study])], colour=True, width=width)).plain
    table = text[: text.index("mean ± sd")]
    assert max(map(len, table.splitlines())) <= width
    assert "test %" in table
    assert "vs backprop" in table


def test_markdown_has_equal_columns_and_harmless_cells() -> None:
    lines = markdown([cell("a|b<script>", 0, 0.5)]).splitlines()
    assert [line.replace("\\|", "").count("|") for line in lines] == [11, 11, 11]
    assert "<" not in lines[2]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.05, "0.05"), (1.0, "1.00"), (999.4, "999"), (999.6, "1.00 k"), (1e6, "1.00 M"), (3.4e17, "340 P")],
)
def test_amounts_have_three_digits_and_the_prefix_of_the_si(value: float, text: str) -> None:
    assert amount(value) == text


def test_durations_change_their_unit() -> None:
    assert [duration(s) for s in (0.04, 119.0, 120.0, 7200.0, math.nan)] == [
        "0.0 s",
        "119.0 s",
        "2.0 min",
        "2.0 h",
        "–",
    ]


def test_what_is_unknown_is_a_dash() -> None:
    assert percent(Estimate(0)) == "–"
