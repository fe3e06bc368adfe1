"""The comparison end to end, small: what it promises about fairness, and what it refuses."""

from __future__ import annotations

import json
import signal
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

import neurosim
import neurosim as ns
from neurosim.core.errors import InputError
from neurosim.datasets import Dataset
from neurosim.rules import Backprop
from tests.neurosim.study.studies import RULES, printed_by, small

SCHEMA = Path(neurosim.__file__).with_name("study") / "cell.schema.json"


def test_a_study_loads_the_rule_and_the_network_it_trains_and_nothing_that_spikes(tmp_path: Path) -> None:
    script = """
import json, sys
import neurosim as ns
ns.compare("backprop", network="mlp", data="digits", epochs=1, seeds=1, limit=100, log="log")
print(json.dumps(sorted(name for name in sys.modules if name.startswith("neurosim."))))
"""
    loaded = printed_by(script, tmp_path)
    spiking = [f"neurosim.{package}" for package in ("equations", "neurons", "connectivity", "engines", "simulation")]
    assert [name for name in loaded if name.startswith(tuple(spiking))] == []
    components = [name for name in loaded if name.startswith(("neurosim.rules.", "neurosim.networks."))]
    assert components == ["neurosim.networks.mlp", "neurosim.rules.backprop"]


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
        ({"seeds": [1, 1]}, r"seeds: expected .* a list of different seeds in .*, got \[1, 1\]$"),
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


def test_overwriting_removes_the_logs_that_the_new_study_does_not_have(tmp_path: Path) -> None:
    small(["backprop", "feedback_alignment"], tmp_path / "twice")
    study = small("backprop", tmp_path / "twice", overwrite=True)
    assert sorted(path.name for path in (tmp_path / "twice").glob("*.h5")) == [study.cells[0]["log"]]


class Thing:
    """Can be referred to weakly."""


@dataclass(frozen=True, kw_only=True)
class Pressing(Backprop):
    """Backprop during whose steps an interrupt comes while Python calls back for an object that is freed."""

    signal: int

    def direction(self, network: Any, state: Any, batch: Any) -> Any:
        thing = Thing()
        kept = weakref.ref(thing, lambda _: signal.raise_signal(self.signal))
        del thing
        assert kept() is None
        return super().direction(network, state, batch)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_stops_a_study_at_any_moment_and_its_log_says_so(name: str, tmp_path: Path) -> None:
    rule = f"{__name__}:Pressing:signal={int(getattr(signal, name))}"
    with pytest.raises(KeyboardInterrupt):
        ns.compare(rule, network="mlp:hidden=4", data="xor", epochs=200, seeds=2, log=tmp_path / "study")
    (log,) = (tmp_path / "study").glob("*.h5")
    run = ns.open_run(log)
    assert run.status == "interrupted"


def test_results_and_pages_replace_their_kind_and_no_other_file(study: ns.Study, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("the only copy")
    (tmp_path / "data.json").write_text('{"rule": "mine"}')
    for name, write in (("results.json", study.write_json), ("page.html", study.report)):
        for _ in range(2):
            write(tmp_path / name)
        for other in ("notes.txt", "data.json", "page.html" if name == "results.json" else "results.json"):
            if (tmp_path / other).exists():
                before = (tmp_path / other).read_bytes()
                with pytest.raises(
                    InputError, match=rf"expected a new file or .* of neurosim to replace, got .*{other}"
                ):
                    write(tmp_path / other)
                assert (tmp_path / other).read_bytes() == before
