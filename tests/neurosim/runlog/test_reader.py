"""Reading: live, left open, made of parts, and every kind of damage named by the check that found it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.runlog.index import write_index
from neurosim.runlog.layout import Layout, Report
from neurosim.runlog.reader import open_run
from neurosim.runlog.writer import RunLog


def made(path: Path, layout: Layout, steps: range = range(3)) -> Path:
    with RunLog.create(path, layout) as log:
        for step in steps:
            log.append("metrics/epoch", step=step, loss=step / 2, correct=step, phase="train")
            log.spikes("exc", [step, step + 10.0], [step, step])
            log.snapshot("output", step=step, w=np.full((4, 3), step))
    return path


def test_texts_attributes_and_provenance_come_back(tmp_path: Path, layout: Layout) -> None:
    run = open_run(made(tmp_path / "run.h5", layout))
    assert run.config_text == layout.config
    assert run.config == {"network": {"name": "é", "sizes": [4, 3]}}
    assert run.equations == layout.equations
    wanted = dict(layout.attributes)
    assert {name: run.attributes[name] for name in wanted} == wanted
    provenance = run.provenance
    assert provenance.pop("wall_s") > 0
    assert provenance == layout.provenance


def test_a_run_lists_its_names(tmp_path: Path, layout: Layout) -> None:
    run = open_run(made(tmp_path / "run.h5", layout))
    assert run.tables() == ["metrics/epoch"]
    assert run.arrays() == ["metrics/test/confusion"]
    assert run.populations() == run.reports() == ["exc"]
    assert run.projections() == ["output", "recurrent"]


def test_a_run_says_in_a_line_what_it_is_and_holds(tmp_path: Path, layout: Layout) -> None:
    path = made(tmp_path / "run.h5", layout)
    run = open_run(path)
    assert repr(run) == (
        f"Run({str(path)!r}, status='finished', rule='backprop', network='mlp', data='digits', seed={2**64 - 1}, "
        "populations=['exc'], reports=['exc'], projections=['output', 'recurrent'])"
    )
    path.unlink()
    assert repr(run) == f"Run({str(path)!r}, which cannot be read any more)"


def test_the_line_of_a_run_of_many_parts_and_populations_is_short(tmp_path: Path) -> None:
    for name in "ab":
        RunLog.create(tmp_path / f"{name}.h5", Layout(spikes=dict.fromkeys("0123456789", 1))).close()
    write_index(tmp_path / "index.json", [{"log": "a.h5"}, {"log": "b.h5"}])
    names = "'0', '1', '2', '3', '4', '5', '6', '7', ..."
    path = str(tmp_path / "a.h5")
    assert repr(open_run(tmp_path)) == f"Run({path!r}, parts=2, status='finished', populations=[{names}])"


def test_unknown_names_list_the_known_ones(tmp_path: Path, layout: Layout) -> None:
    run = open_run(made(tmp_path / "run.h5", layout))
    with pytest.raises(InputError, match="expected one of metrics/epoch, got 'epoch'"):
        run.table("epoch")
    with pytest.raises(InputError, match=r"log\.spikes: expected one of exc, got 'inh'"):
        run.spikes("inh")
    with pytest.raises(InputError, match="expected one of 0, 1, 2, got '7'"):
        run.weights("output", step=7)
    with pytest.raises(InputError, match="expected one of step, w, got 'v'"):
        run.weights("output", "v")
    with pytest.raises(InputError, match="expected an array that was written"):
        run.array("metrics/test/confusion")
    with pytest.raises(InputError, match=r"expected a sparse projection, .* read weights\('output'\)"):
        run.synapses("output")
    with pytest.raises(InputError, match=r"log\.synapses: expected one of recurrent, got 'recurent'"):
        run.synapses("recurent")


def test_what_no_log_of_that_kind_has_is_answered_by_what_there_is(tmp_path: Path) -> None:
    ids = np.arange(2)
    reports = {
        "p.w": Report("w", "pA", ids, 1.0, ends=(ids, ids)),
        "p.x": Report("x", "1", ids, 1.0),
        "old.w": Report("w", "pA", ids, 1.0),
    }
    path = tmp_path / "run.h5"
    RunLog.create(path, Layout(reports=reports, weights={"q": {"w": ((2, 2), "f8")}}, spikes={"exc": 2})).close()
    run = open_run(path)
    over_time = "expected a projection with snapshots of weights, got 'p', which was recorded over time"
    holds = "it holds populations=['exc'], reports=['old.w', 'p.w', 'p.x'], projections=['q']"
    for read, message in (
        (lambda: run.weights("p"), f"log.weights: {over_time}; read report('p.w') or report('p.x')"),
        (lambda: run.weight_steps("p"), f"log.weights: {over_time}; read report('p.w') or report('p.x')"),
        (lambda: run.synapses("p"), f"log.synapses: {over_time}; read pre and post of report('p.w')"),
        (
            lambda: run.synapses("old"),
            f"log.synapses: expected a log with synapses, got {path}, which has none; {holds}",
        ),
        (lambda: run.weights("none"), "log.weights: expected one of q, got 'none'"),
        (lambda: run.weights("q"), f"log.weights/q: expected weights that were stored, got none in {path}"),
        (run.trials, f"log.trials: expected a log with trials, got {path}, which has none; {holds}"),
        (lambda: run.table("t"), f"log.table: expected a log with tables, got {path}, which has none; {holds}"),
        (lambda: run.array("a"), f"log.array: expected a log with arrays, got {path}, which has none; {holds}"),
    ):
        with pytest.raises(InputError) as error:
            read()
        assert str(error.value) == message


def test_a_log_that_holds_nothing_is_said_to_hold_nothing(tmp_path: Path) -> None:
    RunLog.create(tmp_path / "run.h5", Layout()).close()
    with pytest.raises(InputError, match=r"log\.report: expected a log with reports, got .*run\.h5, which has none$"):
        open_run(tmp_path / "run.h5").report("exc.v")


def test_a_live_log_is_read_as_far_as_it_was_flushed_and_not_changed(tmp_path: Path, layout: Layout) -> None:
    path = tmp_path / "run.h5"
    with RunLog.create(path, layout) as log:
        log.append("metrics/epoch", step=[0, 1], loss=[1, 2], correct=[3, 4], phase=["a", "b"])
        log.flush()
        log.append("metrics/epoch", step=2, loss=3, correct=5, phase="c")
        before = path.read_bytes()
        run = open_run(path)
        assert run.status == "running"
        assert run.table("metrics/epoch")["loss"].tolist() == [1, 2]
        assert np.isnan(run.provenance["wall_s"])
        assert path.read_bytes() == before
        log.flush()
        assert run.table("metrics/epoch")["loss"].tolist() == [1, 2, 3]


def test_parts_of_one_run_read_as_one(tmp_path: Path, layout: Layout) -> None:
    made(tmp_path / "a.h5", layout, range(2))
    made(tmp_path / "b.h5", layout, range(2, 4))
    write_index(tmp_path / "index.json", [{"log": "a.h5"}, {"log": "b.h5"}])
    for path in (tmp_path, tmp_path / "index.json"):
        run = open_run(path)
        assert run.table("metrics/epoch")["step"].tolist() == [0, 1, 2, 3]
        assert run.spikes("exc").times.tolist() == [0, 1, 2, 3, 10, 11, 12, 13]
        assert run.spikes("exc").neurons.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
        assert [run.weights("output", step=step)[0, 0] for step in range(4)] == [0, 1, 2, 3]
        assert run.status == "finished"


def test_the_runs_of_a_study_do_not_read_as_one(tmp_path: Path, layout: Layout) -> None:
    made(tmp_path / "a.h5", layout)
    made(
        tmp_path / "b.h5",
        Layout(attributes={"rule": "stdp"}, tables=layout.tables, weights=layout.weights, spikes=layout.spikes),
    )
    write_index(tmp_path / "index.json", [{"log": "a.h5"}, {"log": "b.h5"}, {"log": None}])
    with pytest.raises(InputError, match="expected the parts of one run, got several"):
        open_run(tmp_path)


def test_damage_anywhere_is_an_input_error_or_harmless(tmp_path: Path, layout: Layout) -> None:
    path = made(tmp_path / "run.h5", layout)
    whole = path.read_bytes()
    rng = np.random.default_rng(3)
    found = []
    for at in rng.integers(0, len(whole), 60):
        path.write_bytes(whole[:at] + rng.bytes(64) + whole[at + 64 :])
        try:
            run = open_run(path)
            for read in (run.config_text, run.provenance, run.table("metrics/epoch"), run.spikes("exc")):
                assert read is not None
        except InputError as error:
            found.append(str(error))
    assert found
    assert all("check: " in line and "\n" not in line for line in found)


def test_a_changed_config_fails_its_checksum(tmp_path: Path, layout: Layout) -> None:
    path = made(tmp_path / "run.h5", layout)
    with h5py.File(path, "r") as file:
        assert file["config"].attrs["sha256"] == hashlib.sha256(layout.config.encode()).hexdigest()
    path.write_bytes(path.read_bytes().replace(b"sizes = [4, 3]", b"sizes = [4, 5]"))
    with pytest.raises(InputError, match="check: config@sha256"):
        open_run(path).config  # noqa: B018


@pytest.mark.parametrize("extra", [1, 5000])
def test_rows_that_were_made_but_never_written_do_not_count(tmp_path: Path, layout: Layout, extra: int) -> None:
    path = made(tmp_path / "run.h5", layout)
    with h5py.File(path, "r+") as file:  # as HDF5 may leave it: the datasets are long, their last rows are the fill
        for group in (file["metrics/epoch"], file["spikes/exc"]):
            for column in group.values():
                column.resize(len(column) + extra, axis=0)
    run = open_run(path)
    assert run.table("metrics/epoch")["step"].tolist() == [0, 1, 2]
    assert len(run.spikes("exc").times) == 6
