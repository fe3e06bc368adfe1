"""What a log will hold: its series with their columns, and declarations that no file can hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.runlog.layout import MARKER, Column, Layout


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"config": "a = "}, "log.config: expected TOML"),
        ({"tables": {"metrics/epoch": {}}}, "log.tables.metrics/epoch: expected columns"),
        ({"tables": {"t": {"step": "f8"}}}, "log.tables.t: expected columns other than 'step'"),
        ({"tables": {"t": {"x": "O"}}}, "log.t.x: expected a NumPy type"),
        ({"tables": {"t": {"x": "float99"}}}, "log.t.x: expected a NumPy type"),
        ({"tables": {"t": {"a/b": "f8"}}}, "t: expected a name without '/'"),
        ({"tables": {"spikes/x": {"a": "f8"}}}, "log: expected a name outside config"),
        ({"tables": {"a": {"x": "f8"}, "a/b": {"x": "f8"}}}, "log: expected distinct names, none inside another"),
        ({"tables": {"a": {"x": "f8"}}, "arrays": {"a": ((1,), "f8")}}, "log: expected distinct names"),
        ({"arrays": {"a": ((0, 3), "f8")}}, "log.arrays.a: expected a shape of axes >= 1"),
        ({"arrays": {"a": ((), "f8")}}, "log.arrays.a: expected a shape of axes >= 1"),
        ({"spikes": {"": 3}}, "log: expected a name without '/'"),
    ],
)
def test_a_layout_that_cannot_be_written_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        Layout(**given)
    assert str(error.value).startswith(message)


def test_every_growing_group_is_a_series_at_its_path_with_its_marker_among_its_columns(layout: Layout) -> None:
    series = layout.series()
    assert {path: one.kind for path, one in series.items()} == {
        "metrics/epoch": "table",
        "trials": "trials",
        "spikes/exc": "spikes",
        "report/exc": "report",
        "weights/output": "weights",
        "weights/recurrent": "weights",
    }
    for one in series.values():
        assert one.kind == "report" or MARKER[one.kind] in one.columns


def test_the_columns_have_the_shapes_types_and_units_that_were_declared(layout: Layout) -> None:
    series = layout.series()
    assert series["metrics/epoch"].columns == {
        "step": Column("i8"), "loss": Column("f8", "nat"), "correct": Column("i8"), "phase": Column("S8"),
    }  # fmt: skip
    assert series["weights/output"].columns == {"step": Column("i8"), "w": Column("f4", "", (4, 3))}
    three = {"w": Column("f4", "", (3,)), "delay": Column("f8", "", (3,))}  # one value for each synapse
    assert series["weights/recurrent"].columns == {"step": Column("i8"), **three}
    assert series["report/exc"].columns == {"data": Column("f4", "mV", (2,))}


def test_the_columns_of_spikes_are_those_of_sonata(layout: Layout) -> None:
    columns = layout.series()["spikes/exc"].columns
    assert {name: np.dtype(column.dtype) for name, column in columns.items() if name != "trial_ids"} == {
        "node_ids": np.uint64,
        "timestamps": np.float64,
    }


def test_a_log_of_nothing_has_no_series() -> None:
    assert Layout().series() == {}
