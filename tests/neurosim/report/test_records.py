from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.report.records import read
from neurosim.runlog.layout import Layout
from neurosim.runlog.writer import RunLog


def test_a_study_folder_gives_its_cells_in_their_order_with_their_logs(study: Path) -> None:
    records = read([study])
    assert [(record.rule, record.cell["seed"]) for record in records[:4]] == [
        ("backprop", 0), ("backprop", 1), ("backprop", 2), ("temporal_derivative", 0),
    ]  # fmt: skip
    assert records[0].tables["epoch"]["step"].tolist() == list(range(1, 13))
    assert records[0].tables["activity"]["step"].tolist() == list(range(13))
    assert records[0].confusion is not None
    assert records[0].confusion.sum() == 450
    assert records[0].config.startswith("[study]")


def test_a_cell_without_a_log_has_no_tables(study: Path) -> None:
    failed = read([study])[-1]
    assert (failed.cell["status"], dict(failed.tables), failed.confusion) == ("failed", {}, None)


def test_a_cell_whose_log_is_gone_is_still_a_cell(study: Path, tmp_path: Path) -> None:
    shutil.copy(study / "index.json", tmp_path)
    records = read([tmp_path])
    assert [record.cell for record in records] == [record.cell for record in read([study])]
    assert not any(record.tables for record in records)


def test_folder_and_index_and_several_sources_give_the_same_cells(study: Path) -> None:
    cells = [record.cell for record in read([study])]
    assert [record.cell for record in read([study / "index.json"])] == cells
    assert [record.cell for record in read([study, study])] == cells + cells


def test_a_single_log_tells_its_own_result(study: Path) -> None:
    (record,) = read([study / "03.h5"])
    assert record.cell == read([study])[3].cell


def test_a_folder_without_index_gives_its_logs(study: Path, tmp_path: Path) -> None:
    for name in ("00.h5", "05.h5"):
        shutil.copy(study / name, tmp_path)
    assert [record.rule for record in read([tmp_path])] == ["backprop", "temporal_derivative"]


def test_a_log_that_was_cut_off_is_a_failed_cell_that_says_so(tmp_path: Path) -> None:
    attributes: dict[str, str | int] = {"rule": "stdp", "network": "mlp", "data": "digits", "seed": 4, "native": False}
    layout = Layout(attributes=attributes, tables={"metrics/epoch": {"train_accuracy": "f8"}})
    with suppress(KeyboardInterrupt), RunLog.create(tmp_path / "cut.h5", layout) as log:
        log.append("metrics/epoch", step=1, train_accuracy=0.5)
        raise KeyboardInterrupt
    (record,) = read([tmp_path / "cut.h5"])
    assert record.cell["status"] == "failed"
    assert record.cell["error"] == "the log has no result; its run is interrupted, 1 epochs done"


def test_columns_leave_out_the_step_and_what_is_nan_throughout(study: Path) -> None:
    record = read([study])[0]
    assert np.isnan(record.tables["epoch"]["validation_accuracy"]).all()
    assert record.columns("epoch") == ["loss", "train_accuracy", "rate", "synops", "wall_time"]


def test_nothing_to_read_is_an_error_that_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected at least one run, got none; name a study folder"):
        read([])
    with pytest.raises(InputError, match=r"expected a folder with index\.json or logs"):
        read([tmp_path])


def test_a_log_of_something_else_is_refused(tmp_path: Path) -> None:
    with RunLog.create(tmp_path / "bare.h5", Layout(attributes={"seed": 1})):
        pass
    with pytest.raises(InputError, match=r"expected runs of a study in .*bare\.h5, got one without 'rule'"):
        read([tmp_path / "bare.h5"])
