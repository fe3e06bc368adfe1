from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from neurosim.report import figures
from neurosim.report.records import Record, read


def record(rule: str, seed: int, values: list[float], **cell: object) -> Record:
    """A record whose training accuracy per epoch is ``values``."""
    table = {"step": np.arange(1, len(values) + 1), "train_accuracy": np.array(values)}
    return Record({"rule": rule, "network": "mlp", "data": "digits", "seed": seed, **cell}, {"epoch": table})


@pytest.fixture(scope="module")
def records(study: Path) -> list[Record]:
    return read([study])


def test_a_curve_is_the_mean_and_its_band_the_range_over_seeds() -> None:
    ax = figures.accuracy([record("a", 0, [0.2, 0.4]), record("a", 1, [0.4, 0.8])], Figure().add_subplot())
    (line,) = ax.get_lines()
    assert np.column_stack(line.get_data()).tolist() == [[1, pytest.approx(0.3)], [2, pytest.approx(0.6)]]
    vertices = {tuple(v) for v in np.asarray(ax.collections[0].get_paths()[0].vertices).tolist()}
    assert {(1.0, 0.2), (1.0, 0.4), (2.0, 0.4), (2.0, 0.8)} <= vertices


def test_a_curve_ends_where_fewer_than_half_of_the_seeds_go_on() -> None:
    curves = [(np.arange(n), np.ones(n)) for n in (2, 3, 5)]
    assert figures.over_seeds(curves)[0].tolist() == [0, 1, 2]


def test_nan_is_no_value() -> None:
    steps, mean, low, high = figures.over_seeds([(np.array([1, 2]), np.array([np.nan, 0.5]))])
    assert (steps.tolist(), mean.tolist(), low.tolist(), high.tolist()) == ([2], [0.5], [0.5], [0.5])


@pytest.mark.parametrize(
    "draw",
    [
        lambda records, ax: figures.accuracy(records, ax),
        lambda records, ax: figures.activity(records, "hidden1", ax),
        lambda records, ax: figures.alignment(records, "hidden1", ax),
        lambda records, ax: figures.tradeoff(records, ax),
    ],
    ids=["accuracy", "activity", "alignment", "tradeoff"],
)
def test_a_figure_returns_the_given_axes_with_names_on_both_sides_and_every_rule(draw, records) -> None:  # type: ignore[no-untyped-def]
    given = Figure().add_subplot()
    ax = draw(records, given)
    assert ax is given
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == list(dict.fromkeys(r.rule for r in records))


def test_without_axes_a_figure_makes_its_own(records: list[Record]) -> None:
    import matplotlib.pyplot as plt

    assert figures.accuracy(records).figure is plt.gcf()
    plt.close()


def test_tradeoff_marks_each_good_seed_and_each_mean() -> None:
    cells = [
        record("a", seed, [0.5], synops_training={"total": total}, test_accuracy=accuracy)
        for seed, (total, accuracy) in enumerate([(1e8, 0.9), (4e8, 0.8)])
    ]
    failed = record("a", 2, [0.5], status="failed", synops_training=None, test_accuracy=None)
    seeds, mean, _ = figures.tradeoff([*cells, failed], Figure().add_subplot()).get_lines()
    assert np.column_stack(seeds.get_data()).tolist() == [[1e8, 0.9], [4e8, 0.8]]
    assert np.column_stack(mean.get_data()).tolist() == [[pytest.approx(2e8), pytest.approx(0.85)]]  # geometric in cost


@pytest.mark.parametrize("seed", range(5))
def test_no_point_of_the_pareto_front_is_beaten_and_every_other_is(seed: int) -> None:
    points = [tuple(p) for p in np.random.default_rng(seed).integers(0, 6, (12, 2)).astype(float).tolist()]
    front = figures.pareto(points)

    def beaten(p: tuple[float, ...]) -> bool:
        return any(q[0] <= p[0] and q[1] >= p[1] and q != p for q in points)

    assert set(front) == {p for p in points if not beaten(p)}


def test_confusion_writes_every_count_that_is_not_zero() -> None:
    matrix = np.array([[5, 0], [2, 13]])
    ax = figures.confusion(matrix, Figure().add_subplot())
    assert {(*t.get_position(), t.get_text()) for t in ax.texts} == {(0, 0, "5"), (0, 1, "2"), (1, 1, "13")}
    assert len(ax.patches) == 3


def test_confusions_add_up_over_the_seeds(records: list[Record]) -> None:
    total = figures.confusions(records)["backprop", "mlp", "digits"]
    assert total.sum() == 3 * 450
    assert total.sum(axis=1).tolist() == [135] * 10


def test_nothing_to_draw_gives_empty_axes(records: list[Record]) -> None:
    empty = [Record({"rule": "a", "network": "n", "data": "d", "seed": 0, "status": "failed"})]
    assert not figures.accuracy(empty, Figure().add_subplot()).get_lines()
    assert figures.tradeoff(empty, Figure().add_subplot()).get_legend() is None


def test_each_rule_looks_different_in_colour_and_without_it() -> None:
    styles = list(figures.styles([record(f"rule{i}", 0, [0.5]) for i in range(20)]).values())
    assert len({(s.colour, s.marker) for s in styles}) == 20
    assert len({s.marker for s in styles[:7]}) == len({str(s.dash) for s in styles[:7]}) == 7


def test_a_rule_keeps_its_look_when_rules_after_it_are_left_out(records: list[Record]) -> None:
    every = figures.styles(records)
    assert figures.styles(records[:6]) == {rule: every[rule] for rule in ("backprop", "temporal_derivative")}


def test_a_single_cell_is_drawn_without_a_warning(tmp_path: Path) -> None:
    import neurosim as ns

    study = ns.compare("backprop", data="xor", epochs=2, seeds=1, log=tmp_path / "one")
    assert study.report().stat().st_size > 1000  # warnings are errors in the tests
