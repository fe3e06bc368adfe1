"""The writer: what goes in comes out, wrong input is refused in one line, and the status tells how it ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.core.errors import InputError
from neurosim.runlog import writer
from neurosim.runlog.layout import Layout
from neurosim.runlog.reader import open_run
from neurosim.runlog.writer import RunLog

ROW = {"loss": 0.5, "correct": 3, "phase": "train"}


def test_rows_of_a_table_come_back_with_their_types(tmp_path: Path, layout: Layout) -> None:
    with RunLog.create(tmp_path / "deep" / "run.h5", layout) as log:
        log.append("metrics/epoch", step=1, loss=0.25, correct=2**62, phase="é")
        log.append("metrics/epoch", step=[2, 3], loss=[np.nan, 1e300], correct=[0, -1], phase=["", "12345678"])
    table = open_run(tmp_path / "deep" / "run.h5").table("metrics/epoch")
    assert list(table) == ["step", "loss", "correct", "phase"]
    assert table["step"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(table["loss"], [0.25, np.nan, 1e300])
    assert table["correct"].tolist() == [2**62, 0, -1]
    assert table["phase"].tolist() == ["é", "", "12345678"]


@settings(max_examples=25, deadline=None)
@given(
    batches=st.lists(st.tuples(st.integers(0, 600), st.booleans()), max_size=8),
    seed=st.integers(0, 2**32),
    limit=st.sampled_from([1, 2000, 2**24]),
)
def test_rows_come_back_in_order_however_they_were_batched_and_flushed(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[int, bool]], seed: int, limit: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "run.h5"
    rng = np.random.default_rng(seed)
    total = sum(size for size, _ in batches)
    step, value = rng.integers(0, 2**63 - 1, total), rng.normal(size=total)
    done = 0
    with pytest.MonkeyPatch.context() as patch, RunLog.create(path, Layout(tables={"t": {"value": "f8"}})) as log:
        patch.setattr(writer, "BUFFER_BYTES", limit)
        for size, flush in batches:
            log.append("t", step=step[done : done + size], value=value[done : done + size])
            done += size
            if flush:
                log.flush()
                assert len(open_run(path).table("t")["step"]) == done
    table = open_run(path).table("t")
    np.testing.assert_array_equal(table["step"], step)
    np.testing.assert_array_equal(table["value"], value)


def test_rows_are_taken_as_they_were_when_given(tmp_path: Path, layout: Layout) -> None:
    w = np.ones((4, 3), np.float32)
    with RunLog.create(tmp_path / "run.h5", layout) as log:
        log.snapshot("output", step=0, w=w)
        w[:] = 2.0
        log.snapshot("output", step=5, w=w)
    run = open_run(tmp_path / "run.h5")
    assert run.weight_steps("output").tolist() == [0, 5]
    assert (run.weights("output", step=0) == 1.0).all()
    assert (run.weights("output") == 2.0).all()


def test_snapshots_of_a_sparse_projection_keep_their_synapses(tmp_path: Path, layout: Layout) -> None:
    with RunLog.create(tmp_path / "run.h5", layout) as log:
        log.snapshot("recurrent", step=3, w=[1, 2, 3], delay=[0.1, 0.2, 0.3])
    run = open_run(tmp_path / "run.h5")
    assert run.weights("recurrent", "delay", step=3).tolist() == [0.1, 0.2, 0.3]
    assert [ids.tolist() for ids in run.synapses("recurrent")] == [[0, 0, 2], [1, 1, 0], [0, 1, 0]]


def test_an_array_reads_as_it_was_written_last(tmp_path: Path, layout: Layout) -> None:
    with RunLog.create(tmp_path / "run.h5", layout) as log:
        for value in (1, 2):
            log.write("metrics/test/confusion", np.full((2, 2), value))
            log.flush()
    assert open_run(tmp_path / "run.h5").array("metrics/test/confusion").tolist() == [[2, 2], [2, 2]]


def test_spikes_samples_and_trials_come_back(tmp_path: Path, layout: Layout) -> None:
    with RunLog.create(tmp_path / "run.h5", layout) as log:
        log.spikes("exc", [0.1, 0.2], [99, 1])
        log.flush()
        log.spikes("exc", np.array([0.2, 7.0]), np.array([3, 4], np.uint32), trial_ids=[1, 1])
        log.report("exc", [[1.0, 2.0], [3.0, 4.0]])
        log.flush()
        log.report("exc", [5.0, 6.0])
        log.trial(start=0.0, stop=0.15, sample_index=17, label=8, prediction=9, epoch=2, split="train")
    run = open_run(tmp_path / "run.h5")
    spikes = run.spikes("exc")
    assert spikes.times.tolist() == [0.1, 0.2, 0.2, 7.0]
    assert spikes.times.dtype == np.float64
    assert spikes.neurons.tolist() == [99, 1, 3, 4]
    assert spikes.trials.tolist() == [0, 0, 1, 1]
    samples = run.report("exc")
    assert samples.times.tolist() == [10.0, 10.5, 11.0]
    assert samples.neurons.tolist() == [7, 9]
    assert samples.values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert samples.units == "mV"
    assert samples[-2:] == (None, None)
    trial = {name: column.tolist() for name, column in run.trials().items()}
    shown = {"sample_index": [17], "label": [8], "prediction": [9], "epoch": [2], "split": ["train"]}
    assert trial == {"start": [0.0], "stop": [0.15]} | shown


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (ROW | {"step": -1}, "log.metrics/epoch.step: expected whole numbers >= 0 or finite times, got -1"),
        (ROW | {"step": 1.5}, "log.metrics/epoch.step: expected values that int64 can hold, got float64"),
        (ROW | {"step": 1, "correct": 2**63}, "log.metrics/epoch.correct: expected values that int64 can hold"),
        (ROW | {"step": 1, "loss": "low"}, "log.metrics/epoch.loss: expected values that float64 can hold, got str"),
        (ROW | {"step": 1, "loss": None}, "log.metrics/epoch.loss: expected values that float64 can hold, got object"),
        (ROW | {"step": 1, "phase": "validation"}, "log.metrics/epoch.phase: expected values that bytes64 can hold"),
        (ROW | {"step": 1, "loss": [[1.0]]}, "log.metrics/epoch.loss: expected rows of shape ()"),
        (ROW | {"step": [1, 2]}, "log.metrics/epoch: expected columns of one length"),
        (ROW | {"step": 1, "los": 1.0}, "log.metrics/epoch: expected one of correct, loss, phase, step, got 'los'"),
        ({"step": 1, "loss": 1.0}, "log.metrics/epoch: expected all of step, loss, correct, phase, got no correct"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_and_leaves_nothing(
    tmp_path: Path, layout: Layout, columns: dict[str, Any], message: str
) -> None:
    with RunLog.create(tmp_path / "run.h5", layout) as log, pytest.raises(InputError) as error:
        log.append("metrics/epoch", **columns)
    assert str(error.value).startswith(message)
    assert len(open_run(tmp_path / "run.h5").table("metrics/epoch")["step"]) == 0


def test_unknown_names_and_nan_times_are_refused(tmp_path: Path, layout: Layout) -> None:
    with RunLog.create(tmp_path / "run.h5", layout) as log:
        with pytest.raises(InputError, match="got 'metrics/epcoh'; did you mean 'metrics/epoch'"):
            log.append("metrics/epcoh", step=1)
        with pytest.raises(InputError, match=r"log\.array: expected one of metrics/test/confusion"):
            log.write("confusion", 1)
        with pytest.raises(InputError, match=r"log\.spikes/exc\.timestamps: expected .* finite times"):
            log.spikes("exc", [np.nan], [1])
        with pytest.raises(InputError, match=r"expected rows of shape \(4, 3\), got an array of shape \(3, 4\)"):
            log.snapshot("output", step=0, w=np.zeros((3, 4)))


@pytest.mark.parametrize(
    ("raised", "status"), [(None, "finished"), (ZeroDivisionError, "failed"), (KeyboardInterrupt, "interrupted")]
)
def test_the_status_tells_how_the_block_was_left_and_the_rows_are_there(
    tmp_path: Path, layout: Layout, raised: type[BaseException] | None, status: str
) -> None:
    def work(log: RunLog) -> None:
        log.append("metrics/epoch", step=1, **ROW)
        if raised:
            raise raised

    if raised:
        with pytest.raises(raised), RunLog.create(tmp_path / "run.h5", layout) as log:
            work(log)
    else:
        with RunLog.create(tmp_path / "run.h5", layout) as log:
            work(log)
    run = open_run(tmp_path / "run.h5")
    assert run.status == status
    assert run.provenance["wall_s"] > 0
    assert run.table("metrics/epoch")["loss"].tolist() == [0.5]


def test_a_closed_log_takes_no_rows(tmp_path: Path, layout: Layout) -> None:
    log = RunLog.create(tmp_path / "run.h5", layout)
    log.close()
    log.close()
    with pytest.raises(InputError, match="expected an open log"):
        log.append("metrics/epoch", step=1, **ROW)


@pytest.mark.parametrize("point", ["flush", "flush: rows", "flush: done"])
def test_an_interrupted_flush_is_repeated_without_doubling_rows(tmp_path: Path, layout: Layout, point: str) -> None:
    left = [point]

    def interrupt(name: str) -> None:
        if name in left:
            left.remove(name)
            raise KeyboardInterrupt

    log = RunLog.create(tmp_path / "run.h5", layout, on_point=interrupt)
    for step in range(3):
        log.append("metrics/epoch", step=step, **ROW)
        log.report("exc", [step, step])
    with pytest.raises(KeyboardInterrupt), log:
        log.flush()
    run = open_run(tmp_path / "run.h5")
    assert run.status == "interrupted"
    assert run.table("metrics/epoch")["step"].tolist() == [0, 1, 2]
    assert run.report("exc").values.tolist() == [[0, 0], [1, 1], [2, 2]]


def test_an_interrupt_while_closing_is_not_called_finished(tmp_path: Path, layout: Layout) -> None:
    def interrupt(name: str) -> None:
        if name == "flush: rows":
            raise KeyboardInterrupt

    log = RunLog.create(tmp_path / "run.h5", layout, on_point=interrupt)
    log.append("metrics/epoch", step=1, **ROW)
    with pytest.raises(KeyboardInterrupt):
        log.close()
    assert open_run(tmp_path / "run.h5").status == "interrupted"
