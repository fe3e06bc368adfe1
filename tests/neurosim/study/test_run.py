"""One run: what is measured, how it chooses, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import neurosim
import neurosim as ns
from neurosim.core.errors import DeviceError
from neurosim.study.run import samples_of
from tests.neurosim.study.studies import planned, small

SCHEMA = Path(neurosim.__file__).with_name("study") / "cell.schema.json"


def test_the_true_gradient_is_aligned_with_itself(study: ns.Study) -> None:
    for cell in study.cells:
        if cell["rule"] == "backprop":
            assert np.concatenate(list(cell["alignment"].values())) == pytest.approx(1.0)
        else:
            assert cell["alignment"]["hidden1"][-1] < 1 - 1e-6


def test_locality_is_measured_not_taken_from_the_name(study: ns.Study) -> None:
    verdicts = {cell["rule"]: (cell["locality"]["local"], cell["locality"]["weight_transport"]) for cell in study.cells}
    assert verdicts == {
        "backprop": (False, True),
        "feedback_alignment": (True, False),
        "temporal_derivative": (False, True),
        "temporal_derivative:feedback=kolen_pollack": (True, False),
    }


def test_standardised_inputs_have_mean_0_and_deviation_1() -> None:
    data = ns.load("digits")
    plan = planned("backprop", "mlp", data, standardise=True)
    made = samples_of(plan, plan.settings, data.x_train, data.y_train, data.x_train)
    assert made.x.dtype == np.float32
    assert float(made.x.mean(dtype="float64")) == pytest.approx(0, abs=1e-6)
    assert float(made.x.std(dtype="float64")) == pytest.approx(1, rel=1e-6)


def test_candidates_are_chosen_on_validation_data_and_the_winner_is_trained_on_all(tmp_path: Path) -> None:
    study = small(["backprop"], tmp_path / "tuned", tune={"rate": [1e-6, 0.1]}, epochs=5)
    (cell,) = study.cells
    choice = ns.open_run(study.logs[0]).table("metrics/choice")
    assert cell["options"]["rate"] == 0.1
    assert cell["validation_accuracy"] == choice["validation_accuracy"].max()
    plain = small(["backprop"], tmp_path / "plain", settings={"rate": 0.1}, epochs=5).cells[0]
    assert plain["weights_sha256"] == cell["weights_sha256"]
    assert plain["validation_accuracy"] is None


def test_early_stopping_counts_as_a_choice(tmp_path: Path) -> None:
    study = small(["backprop"], tmp_path / "stopped", settings={"early_stopping": 2, "rate": 0.3}, epochs=40)
    (cell,) = study.cells
    assert cell["validation_accuracy"] is not None
    assert 1 <= cell["epochs"] < 40
    assert len(ns.open_run(study.logs[0]).table("metrics/epoch")["step"]) == cell["epochs"]


def test_every_candidate_gets_its_own_data_split_and_stopping(tmp_path: Path) -> None:
    tuned = small(["backprop"], tmp_path / "tuned", tune={"standardise": [True]}).cells[0]
    plain = small(["backprop"], tmp_path / "plain", settings={"standardise": True}).cells[0]
    assert tuned["options"]["standardise"] is True
    assert tuned["weights_sha256"] == plain["weights_sha256"]
    stopped = small(["backprop"], tmp_path / "stopped", tune={"early_stopping": [1]}, epochs=30).cells[0]
    assert stopped["validation_accuracy"] is not None
    assert stopped["epochs"] < 30
    both = small(["backprop"], tmp_path / "both", tune={"precision": ["float32", "float64"]}).cells[0]
    assert both["status"] == "ok"


def test_the_cost_of_choosing_counts_as_training(tmp_path: Path) -> None:
    one = small(["backprop"], tmp_path / "one").cells[0]["synops_training"]["total"]
    chosen = small(["backprop"], tmp_path / "three", tune={"momentum": [0.9, 0.8]}).cells[0]["synops_training"]["total"]
    assert 2.5 * one < chosen < 3 * one  # two trials on five sixths of the samples, and the training itself


def test_the_time_of_training_is_that_of_its_steps_and_of_those_of_a_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurosim.learning.training import Training
    from neurosim.rules import Backprop

    clock = [0.0]

    def taking(seconds: float, function: Any) -> Any:
        def slow(*arguments: Any) -> Any:
            clock[0] += seconds
            return function(*arguments)

        return slow

    monkeypatch.setattr("neurosim.learning.training.time.perf_counter", lambda: clock[0])
    monkeypatch.setattr(Training, "_move", taking(1.0, Training._move))
    monkeypatch.setattr(Training, "_look", taking(1e3, Training._look))
    monkeypatch.setattr(Backprop, "predict", taking(1e3, Backprop.predict))
    plain = small("backprop", tmp_path / "plain", settings={"batch": 50})
    assert plain.cells[0]["training_s"] == 2 * 4  # 2 epochs of 4 steps
    assert ns.open_run(plain.logs[0]).table("metrics/epoch")["wall_time"].tolist() == [4, 8]
    chosen = small("backprop", tmp_path / "chosen", settings={"batch": 50}, tune={"rate": [0.1, 0.2]}, epochs=1)
    assert chosen.cells[0]["training_s"] == 4 + 2 * 4  # of 167 samples in each of the two trainings


def test_a_failed_training_is_shown_and_the_others_go_on(tmp_path: Path) -> None:
    study = small(["backprop"], tmp_path / "failed", network="mlp:activation=relu", settings={"rate": 1e30}, seeds=2)
    assert [cell["status"] for cell in study.cells] == ["failed", "failed"]
    assert "loss: expected a finite number" in study.cells[0]["error"]
    assert study.cells[0]["test_accuracy"] is None
    assert ns.open_run(study.logs[0]).status == "failed"
    jsonschema.validate(json.loads(study.json()), json.loads(SCHEMA.read_text()))


def test_a_rule_that_raises_is_shown_with_the_place_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurosim.rules import FeedbackAlignment

    def broken(self: Any, view: Any) -> Any:
        raise KeyError("nothing")

    monkeypatch.setattr(FeedbackAlignment, "local", broken)
    study = small(["feedback_alignment", "backprop"], tmp_path / "raises")
    assert [cell["status"] for cell in study.cells] == ["failed", "ok"]
    assert study.cells[0]["error"].startswith("KeyError: 'nothing' (test_run.py:")
    assert ns.open_run(study.logs[0]).status == "failed"


def test_a_gpu_that_fails_ends_the_study_since_nothing_after_it_could_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurosim.rules import FeedbackAlignment

    class OfTheGPU(RuntimeError):
        __module__ = "cupy_backends.cuda.api.runtime"

    def broken(self: Any, view: Any) -> Any:
        raise OfTheGPU("cudaErrorECCUncorrectable")

    monkeypatch.setattr(FeedbackAlignment, "local", broken)
    with pytest.raises(DeviceError, match="the GPU failed: OfTheGPU: cudaErrorECCUncorrectable; results"):
        small(["backprop", "feedback_alignment"], tmp_path)
    statuses = {log.name.split("_")[0]: ns.open_run(log).status for log in tmp_path.glob("*.h5")}
    assert statuses == {"backprop": "finished", "feedback": "failed"}
