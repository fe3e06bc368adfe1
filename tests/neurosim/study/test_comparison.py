"""The comparison end to end, small: what it promises about fairness, choice, failure and reproduction."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import neurosim
import neurosim as ns
from neurosim.core.errors import DeviceError, InputError
from neurosim.datasets import Dataset
from neurosim.runlog import recover
from neurosim.study.components import resolve_component as original

RULES = ("backprop", "feedback_alignment", "temporal_derivative", "temporal_derivative:feedback=kolen_pollack")
SCHEMA = Path(neurosim.__file__).with_name("study") / "cell.schema.json"


def small(rules: Any, folder: Path, **options: Any) -> ns.Study:
    given: dict[str, Any] = {"epochs": 2, "seeds": 1, "limit": 200, "log": folder} | options
    return ns.compare(rules, **given)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> ns.Study:
    return small(RULES, tmp_path_factory.mktemp("study") / "logs", seeds=2)


def test_cells_follow_the_committed_schema(study: ns.Study) -> None:
    cells = json.loads(study.json())
    jsonschema.validate(cells, json.loads(SCHEMA.read_text()))
    assert [(cell["rule"], cell["seed"]) for cell in cells] == [(rule, seed) for rule in RULES for seed in (0, 1)]
    assert {cell["status"] for cell in cells} == {"ok"}
    assert {cell["validation_accuracy"] for cell in cells} == {None}


def test_rules_start_from_identical_weights_and_seeds_do_not(study: ns.Study) -> None:
    first = [ns.open_run(path).weights("hidden1", "w", step=0) for path in study.logs]
    for rule in range(1, len(RULES)):
        assert np.array_equal(first[2 * rule], first[0])
    assert not np.array_equal(first[0], first[1])


def test_one_seed_fixes_a_run_and_another_changes_it(study: ns.Study, tmp_path: Path) -> None:
    again = small(RULES, tmp_path / "again", seeds=2)
    timed = {"wall_s", "training_s", "peak_rss_mb"}
    for one, two in zip(study.cells, again.cells, strict=True):
        assert {k: v for k, v in one.items() if k not in timed} == {k: v for k, v in two.items() if k not in timed}
    assert len({cell["weights_sha256"] for cell in study.cells}) == len(study.cells)
    for first, second in zip(study.logs, again.logs, strict=True):
        a, b = (ns.open_run(path).table("metrics/epoch") for path in (first, second))
        for name in set(a) - {"wall_time"}:
            np.testing.assert_array_equal(a[name], b[name])


def test_the_log_holds_what_the_cell_says(study: ns.Study) -> None:
    for cell, path in zip(study.cells, study.logs, strict=True):
        run = ns.open_run(path)
        epochs, confusion = run.table("metrics/epoch"), run.array("metrics/test/confusion")
        assert run.status == "finished"
        assert epochs["step"].tolist() == [1, 2]
        assert epochs["synops"][-1] == cell["synops_training"]["total"]
        assert np.all(np.diff(epochs["synops"]) > 0)
        assert confusion.sum() == 449
        assert np.trace(confusion) / 449 == cell["test_accuracy"]
        assert run.table("metrics/alignment")["step"].tolist() == [0, 1, 2]
        assert run.table("metrics/alignment")["hidden1"][1:].tolist() == cell["alignment"]["hidden1"]
        bench = run.table("metrics/neurobench")
        assert bench["ClassificationAccuracy"][0] == cell["test_accuracy"]
        assert bench["Effective_MACs"][0] == cell["synops_inference"]["macs"]
        assert bench["Dense"][0] == 64 * 128 + 128 * 10
        assert bench["ParameterCount"][0] == 64 * 128 + 128 + 128 * 10 + 10
        assert run.config["cell"]["rule"] == cell["rule"]


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


def test_a_failed_training_is_shown_and_the_others_go_on(tmp_path: Path) -> None:
    study = small(["backprop"], tmp_path / "failed", network="mlp:activation=relu", settings={"rate": 1e30}, seeds=2)
    assert [cell["status"] for cell in study.cells] == ["failed", "failed"]
    assert "loss: expected a finite number" in study.cells[0]["error"]
    assert study.cells[0]["test_accuracy"] is None
    assert ns.open_run(study.logs[0]).status == "failed"
    jsonschema.validate(json.loads(study.json()), json.loads(SCHEMA.read_text()))


def test_a_rule_that_cannot_train_the_network_takes_its_native_one_and_says_so(tmp_path: Path) -> None:
    study = small(["temporal_derivative"], tmp_path / "native", network="cnn", epochs=1)
    (cell,) = study.cells
    assert cell["native"] is True
    assert cell["network"].startswith("mlp")
    assert cell["status"] == "ok"


class Homeless:
    """A rule that trains nothing we have."""

    networks = ("liquid",)
    native = None
    final = False
    locality = None
    limit = "none"


def test_a_rule_without_a_native_network_is_impossible_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import neurosim.study.comparison

    monkeypatch.setattr(
        neurosim.study.comparison,
        "resolve_component",
        lambda kind, text, *rest: (text, Homeless()) if text == "homeless" else original(kind, text, *rest),
    )
    study = small(["homeless", "backprop"], tmp_path / "impossible")
    assert [cell["status"] for cell in study.cells] == ["impossible", "ok"]
    assert study.cells[0]["error"] == "homeless cannot train mlp; it trains liquid"
    assert len(study.logs) == 1


def test_a_finished_study_is_not_overwritten_unasked(study: ns.Study) -> None:
    before = (study.folder / "index.json").read_bytes()
    with pytest.raises(
        InputError, match=r"^log: expected a folder without a study.*\(--overwrite\), or resume=True \("
    ):
        small(["backprop"], study.folder)
    assert (study.folder / "index.json").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rules": []}, "rules: expected at least one"),
        ({"rules": ["backprop", "backprop"]}, "rules: expected different rules, got backprop twice"),
        ({"rules": ["bakprop"]}, "did you mean 'backprop'"),
        ({"seeds": 0}, "seeds: expected"),
        ({"seeds": [1, 1]}, "seeds: expected different"),
        ({"seeds": [0.5]}, "seeds: expected a number"),
        ({"seeds": True}, "seeds: expected a number"),
        ({"tune": {"rate": 0.1}}, "tune.rate: expected a list"),
        ({"rules": ["temporal_derivative:steps=0"]}, "temporal_derivative.steps: expected a whole number >= 1, got 0"),
        ({"rules": ["temporal_derivative:form=weak:loop_gain=0"]}, "temporal_derivative.loop_gain: expected"),
        ({"rules": ["temporal_derivative:dt=5"]}, "temporal_derivative.dt: expected"),
        ({"epochs": 0}, "epochs: expected"),
        ({"settings": {"learning_rate": 1}}, "learning_rate"),
        ({"tune": {"rate": []}}, "tune.rate: expected at least one"),
        ({"tune": {"rat": [1.0]}}, "tune: expected one of .* did you mean 'rate'"),
        ({"tune": {"lr": [1.0]}}, "tune: expected one of .* did you mean 'rate'"),
        ({"backend": "cudaa"}, "backend: expected one of"),
        ({"network": "cnn", "data": "xor", "limit": None}, "images"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"rules": ["backprop"], "folder": tmp_path / "none"} | options
    with pytest.raises(InputError, match=message):
        small(**given)
    assert not (tmp_path / "none").exists()


def test_nan_in_the_data_is_refused_by_name() -> None:
    x = np.zeros((4, 2), np.float32)
    x[2, 1] = np.nan
    y = np.array([0, 1, 0, 1])
    with pytest.raises(InputError, match=r"mine.train.*expected .*finite"):
        Dataset("mine", x, y, np.zeros((4, 2), np.float32), y, 2, "a test", {}, "none")


def test_standardised_inputs_have_mean_0_and_deviation_1() -> None:
    from neurosim.core.arrays import resolve_backend
    from neurosim.study.run import samples_of
    from neurosim.study.run_plan import plan_cell

    data = ns.load("digits")
    plan = plan_cell("backprop", "mlp", data, 0, {"standardise": True}, {}, resolve_backend("cpu"))
    made = samples_of(plan, plan.settings, data.x_train, data.y_train, data.x_train)
    assert made.x.dtype == np.float32
    assert float(made.x.mean(dtype="float64")) == pytest.approx(0, abs=1e-6)
    assert float(made.x.std(dtype="float64")) == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize(
    ("rule", "network", "label"),
    [
        ("diehl_cook", "diehl_cook", "diehl_cook:nu_post=0.15"),
        ("diehl_cook:nu_pre=0.001", "mlp", "diehl_cook:nu_pre=0.001:nu_post=0.15"),  # on its native network
        ("diehl_cook:nu_post=0.01", "diehl_cook", "diehl_cook"),  # said to be what it is by default
        ("diehl_cook", "diehl_cook:excitatory=100", "diehl_cook"),
    ],
)
def test_a_rule_takes_its_committed_options_of_the_committed_network(rule: str, network: str, label: str) -> None:
    from neurosim.core.arrays import resolve_backend
    from neurosim.study.run_plan import plan_cell

    x, y = np.zeros((4, 1, 4, 4), np.float32), np.array([0, 1, 0, 1])
    data = Dataset("fashion-mnist", x, y, x, y, 2, "a test", {}, "none")
    plan = plan_cell(rule, network, data, 0, {}, {}, resolve_backend("cpu"))
    assert plan.rule_label == label
    assert plan.rule.nu_post == (0.15 if "0.15" in label else 0.01)


def test_a_rule_without_settings_of_its_own_is_marked_where_others_have_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_untuned.py").write_text("from neurosim.rules import Backprop as Base\nclass Mine(Base): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    rules, line = ["backprop", "mine_untuned:Mine"], "mine_untuned:Mine: settings are defaults, those of other rules"
    options: list[dict[str, Any]] = [{}, {"settings": {"rate": 0.1}}, {"network": "mlp:hidden=9"}]
    for number, given in enumerate([*options, {"tune": {"rate": [0.1]}}]):
        study = small(rules, tmp_path / str(number), epochs=1, **given)
        assert [cell["tuned"] for cell in study.cells] == [True, bool(given)]
        assert (line in study.table()) == (not given)
        assert (line in study.report().read_text("utf-8")) == (not given)


def test_one_rule_written_in_two_ways_is_refused(tmp_path: Path) -> None:
    x, y = np.zeros((4, 1, 4, 4), np.float32), np.array([0, 1, 0, 1])
    data = Dataset("fashion-mnist", x, y, x, y, 2, "a test", {}, "none")
    with pytest.raises(InputError, match=r"rules: expected different rules, got diehl_cook:nu_post=0\.15 twice"):
        small(["diehl_cook", "diehl_cook:nu_post=0.15"], tmp_path, data=data, network="diehl_cook", limit=None)


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


def test_settings_of_a_rule_hold_only_for_the_network_they_were_found_on(tmp_path: Path) -> None:
    tuned = small(["backprop"], tmp_path / "tuned").cells[0]["options"]["rate"]
    others = small(["backprop", "feedback_alignment"], tmp_path / "other", network="mlp:hidden=20").cells
    assert {cell["options"]["rate"] for cell in others} == {0.1}
    assert tuned != 0.1


def test_a_rule_that_raises_is_shown_with_the_place_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neurosim.rules import FeedbackAlignment

    def broken(self: Any, view: Any) -> Any:
        raise KeyError("nothing")

    monkeypatch.setattr(FeedbackAlignment, "local", broken)
    study = small(["feedback_alignment", "backprop"], tmp_path / "raises")
    assert [cell["status"] for cell in study.cells] == ["failed", "ok"]
    assert study.cells[0]["error"].startswith("KeyError: 'nothing' (test_study.py:")
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
    with pytest.raises(DeviceError, match="expected the GPU to go on, got OfTheGPU: cudaErrorECCUncorrectable; what"):
        small(["backprop", "feedback_alignment"], tmp_path)
    statuses = {log.name.split("_")[0]: ns.open_run(log).status for log in tmp_path.glob("*.h5")}
    assert statuses == {"backprop": "finished", "feedback": "failed"}


def test_a_result_of_many_epochs_fits_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosim.study.log.RESULT_BYTES", 2**12)  # less than 13 bytes an epoch
    study = small(["backprop"], tmp_path / "long", data="xor", epochs=320, limit=None)
    assert study.cells[0]["status"] == "ok"
    assert len(study.cells[0]["alignment"]["output"]) == 320


def test_a_study_that_was_killed_can_be_recovered(tmp_path: Path) -> None:
    code = f"import neurosim as ns; ns.compare('backprop', epochs=100000, seeds=1, log={str(tmp_path / 'killed')!r})"
    child = subprocess.Popen([sys.executable, "-c", code])
    try:
        for _ in range(600):
            logs = list((tmp_path / "killed").glob("*.h5"))
            if logs and len(ns.open_run(logs[0]).table("metrics/epoch")["step"]) > 3:
                break
            time.sleep(0.05)
    finally:
        child.kill()
        child.wait()
    recover(logs[0])
    run = ns.open_run(logs[0])
    assert run.status == "recovered"
    assert len(run.table("metrics/epoch")["step"]) > 3


def test_what_the_operations_served_is_told_and_adds_up(tmp_path: Path) -> None:
    study = small("backprop", tmp_path, network="mlp:hidden=20:activation=tanh", settings={"batch": 50})
    (cost,) = (cell["synops_training"] for cell in study.cells)
    assert cost["total"] == cost["macs"] + cost["acs"] == sum(cost["purposes"].values())
    inputs = np.count_nonzero(ns.load("digits", limit=200).x_train)
    hidden, classes, samples = 20, 10, 200  # tanh units are never zero
    assert cost["purposes"] == {
        "forward": 2 * (inputs * hidden + samples * hidden * classes),
        "feedback": 2 * samples * hidden * classes,
        "settling": 0,
        "plasticity": 2 * (inputs * hidden + samples * hidden * classes),
    }
    table = ns.open_run(study.logs[0]).table("metrics/synops")
    assert {name: values[-1] for name, values in table.items() if name != "step"} == cost["purposes"]
    assert (2 * table["feedback"][0], table["step"].tolist()) == (table["feedback"][1], [1, 2])


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


def test_weights_that_a_rule_assigns_stand_as_they_are() -> None:
    from neurosim.learning.rule import Stats
    from neurosim.learning.settings import Settings
    from neurosim.learning.training import Samples, Training
    from neurosim.rules import Backprop

    weights = {"output.w": np.array([[1.5, 2.0], [-0.5, 0.0], [0.25, 3.0]], np.float32)}

    class Assigning(Backprop):
        def direction(self, network: Any, state: Any, batch: Any) -> Any:
            return {}, state, Stats(0.0, 0, assign=weights)

    spec = original("networks", "mlp:hidden=3")[1].build((2,), 2)
    settings = Settings(epochs=1, rate=0.1, batch=2, clip_norm=0.1, decay=0.1, max_norm=0.1)
    training = Training(Assigning(), spec, settings, seed=0)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    before = training.network.params["hidden1.w"].copy()
    training._epoch(Samples(x, np.eye(2, dtype=np.float32)[[0, 1, 1, 0]], np.array([0, 1, 1, 0])), 1)
    assert training.network.params["output.w"].tobytes() == weights["output.w"].tobytes()
    assert training.network.params["hidden1.w"].tobytes() == before.tobytes()


def test_overwriting_removes_the_logs_that_the_new_study_does_not_have(tmp_path: Path) -> None:
    small(["backprop", "feedback_alignment"], tmp_path / "twice")
    study = small("backprop", tmp_path / "twice", overwrite=True)
    assert sorted(path.name for path in (tmp_path / "twice").glob("*.h5")) == [study.cells[0]["log"]]
