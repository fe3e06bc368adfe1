"""Study files become checked studies, and every mistake is answered in one line."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

import neurosim as ns
from neurosim.core.errors import InputError
from neurosim.datasets import names
from neurosim.study.components import resolve_component
from neurosim.study.config import load_config, study_config
from neurosim.study.options import OPTIONS

ROOT = Path(__file__).resolve().parents[3]


def refusal(call: Any, *arguments: Any) -> str:
    """The one line with which a call is refused."""
    with pytest.raises(InputError) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_another_name_is_not_meant_where_ours_is_unknown() -> None:
    assert "did you mean" not in refusal(study_config, {"study": {"rules": ["a"], "lr": 1}})


def write(folder: Path, text: str) -> Path:
    """A study file with this text."""
    path = folder / "study.toml"
    path.write_text(text)
    return path


def test_a_study_file_fills_in_the_defaults(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, '[study]\nrules = ["backprop"]\nseeds = 2\n'))
    assert (config.study.network, config.study.data, config.study.seeds) == ("mlp", "digits", [0, 1])
    assert (config.study.backend, config.study.epochs, config.settings) == ("auto", None, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[study]\nrules = backprop", ["line 2"]),
        ("[study]\n", ["study.rules: expected a value, got none"]),
        ("[study]\nrules = []", ["study.rules: expected a list that is not empty"]),
        ('[study]\nrules = "backprop"', ["study.rules: expected a list, got 'backprop'"]),
        ('[study]\nrules = ["a"]\nepocs = 3', ["study: expected one of", "got 'epocs'; did you mean 'epochs'?"]),
        ('[study]\nrules = ["a"]\njson_path = "x"', ["expected one of", "json,"]),
        ('[study]\nrules = ["a"]\n[setings]', ["expected one of settings, study, tune", "did you mean 'settings'?"]),
        ('[stdy]\nrules = ["a"]', ["got 'stdy'; did you mean 'study'?"]),
        ('[study]\nrules = ["a"]\nepochs = 0', ["study.epochs: expected a number >= 1, got 0"]),
        ('[study]\nrules = ["a"]\nepochs = "ten"', ["study.epochs: expected a whole number, got 'ten'"]),
        ('[study]\nrules = ["a"]\nseeds = 0', ["study.seeds: expected a number of seeds >= 1"]),
        ('[study]\nrules = ["a"]\nseeds = [1, 1]', ["expected a number of seeds >= 1 or a list of different seeds"]),
        (
            '[study]\nrules = ["a"]\nseeds = [-1]',
            ["study.seeds: expected a number of seeds >= 1 or", "got [-1]"],
        ),
        ('[study]\nrules = ["a"]\noverwrite = 1', ["study.overwrite: expected true or false"]),
        ('[study]\nrules = ["a"]\nbackend = "cud"', ["study.backend: expected one of", "did you mean 'cuda'?"]),
        ('[study]\nrules = ["a"]\n[settings]\nrate = nan', ["settings.rate: expected a finite number, got nan"]),
        ('[study]\nrules = ["a"]\n[tune]\nrate = 0.1', ["tune.rate: expected a list, got 0.1"]),
        ('[study]\nrules = ["a"]\n[tune]\nrate = []', ["tune.rate: expected at least one candidate"]),
        ('[study]\nrules = ["a"]\n[tune]\nrate = [0.1, -1.0]', ["tune.rate: expected a number > 0, got -1.0"]),
        ('[study]\nrules = ["a"]\n[tune]\nrates = [1.0]', ["did you mean 'rate'?"]),
    ],
)
def test_a_wrong_study_file_is_refused_with_its_name_and_the_field(tmp_path: Path, text: str, words: list[str]) -> None:
    path = write(tmp_path, text)
    answer = refusal(load_config, path)
    assert answer.startswith(f"{path}: ")
    assert [word for word in words if word not in answer] == []


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(load_config, tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    assert "expected a readable TOML file" in refusal(load_config, tmp_path / "binary.toml")


def test_a_resolved_study_written_as_toml_reads_back_equal(tmp_path: Path) -> None:
    tables = {
        "study": {"rules": ["a:b=c", "d"], "seeds": [3, 9], "json": "-", "overwrite": True, "epochs": 4},
        "settings": {"clip_norm": "none", "rate": 1e-5},
        "tune": {"rate": [0.1, 1.0], "schedule": ["step"]},
    }
    config = study_config(tables)
    assert load_config(write(tmp_path, config.to_toml())) == config


def test_what_is_overridden_is_checked_again() -> None:
    config = study_config({"study": {"rules": ["a"], "epochs": 4}, "settings": {"l2": 0.1}})
    changed = config.override({"seeds": 1, "json": "-"}, {"rate": 0.5})
    assert (changed.study.epochs, changed.study.seeds, changed.study.json_path) == (4, [0], "-")
    assert changed.settings == {"l2": 0.1, "rate": 0.5}
    assert refusal(config.override, {"epochs": -2}, {}) == "study.epochs: expected a number >= 1, got -2"


def test_compare_and_the_table_of_a_file_take_the_declared_options_with_their_defaults() -> None:
    parameters = inspect.signature(ns.compare).parameters
    declared = {name: option.default for name, option in OPTIONS.items() if name not in ("report", "json")}
    assert set(parameters) == {*declared, "settings", "tune", "progress"}
    table = study_config({"study": {"rules": ["a"]}}).study
    for name, default in declared.items():
        if name != "rules":
            assert parameters[name].default == default, name
            assert getattr(table, name) == ([0, 1, 2] if name == "seeds" else default), name


CONFIGS = [path for path in sorted((ROOT / "runs" / "configs").glob("*.toml")) if "[study]" in path.read_text()]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_committed_study_names_what_exists(path: Path) -> None:
    study = load_config(path).study
    assert study.data in names()
    resolve_component("networks", study.network)
    assert [resolve_component("rules", rule)[0] for rule in study.rules] == study.rules
