"""Names become objects, files become checked studies, and every mistake is answered in one line."""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import neurosim as ns
from neurosim.core.errors import InputError
from neurosim.core.toml import to_toml
from neurosim.datasets import names
from neurosim.learning.defaults import default_network_options, default_settings
from neurosim.learning.settings import Settings
from neurosim.study.components import known, resolve_component
from neurosim.study.config import load_config, study_config
from neurosim.study.options import OPTIONS

ROOT = Path(__file__).resolve().parents[3]


def refusal(call: Any, *arguments: Any) -> str:
    """The one line with which a call is refused."""
    with pytest.raises(InputError) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# -------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("epochs", 0, "a number >= 1"),
        ("epochs", 1.5, "a whole number"),
        ("epochs", True, "a whole number"),
        ("epochs", "3", "a whole number"),
        ("rate", 0.0, "a number > 0"),
        ("rate", float("nan"), "a finite number"),
        ("rate", float("inf"), "a finite number"),
        ("warmup", 1.0, "a number < 1"),
        ("momentum", -0.1, "a number >= 0"),
        ("validation", 1.0, "a number < 1"),
        ("clip_norm", 0.0, "a number > 0"),
        ("early_stopping", 0, "a number >= 1"),
        ("precision", "float16", "'float32' or 'float64'"),
    ],
)
def test_a_setting_out_of_its_range_is_refused(key: str, value: object, expected: str) -> None:
    text = refusal(Settings(epochs=1, rate=1.0).override, {key: value})
    assert text == f"settings.{key}: expected {expected}, got {value!r}"


def test_none_switches_an_optional_setting_off() -> None:
    assert Settings(epochs=1, rate=1.0, clip_norm=2.0).override({"clip_norm": "none"}).clip_norm is None


def test_an_unknown_setting_lists_the_known_ones() -> None:
    text = refusal(Settings(epochs=1, rate=1.0).override, {"rte": 0.1})
    assert "expected one of batch, " in text
    assert text.endswith("got 'rte'; did you mean 'rate'?")


@pytest.mark.parametrize(
    ("other", "ours"),
    [
        ("lr", "rate"),
        ("Learning_Rate", "rate"),
        ("optimizer", "optimiser"),
        ("batch_size", "batch"),
        ("weight_decay", "l2"),
    ],
)
def test_the_name_that_other_programs_give_a_setting_leads_to_ours(other: str, ours: str) -> None:
    text = refusal(Settings(epochs=1, rate=1.0).override, {other: 0.1})
    assert text.endswith(f"got {other!r}; did you mean {ours!r}?")


def test_another_name_is_not_meant_where_ours_is_unknown() -> None:
    assert "did you mean" not in refusal(study_config, {"study": {"rules": ["a"], "lr": 1}})


def test_the_more_special_table_of_settings_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {
        "default": {"epochs": 1, "rate": 1.0, "batch": 1, "momentum": 0.1, "l2": 0.1, "decay": 0.1},
        "mlp": {
            "default": {"rate": 2.0, "batch": 2, "momentum": 0.2, "l2": 0.2, "decay": 0.2},
            "digits": {
                "default": {"batch": 3, "momentum": 0.3, "l2": 0.3, "decay": 0.3},
                "td": {"momentum": 0.4, "l2": 0.4, "decay": 0.4},
                "td:feedback=random": {"l2": 0.5, "decay": 0.5},
                "td:beta=1.0": {"l2": 0.9},
                "network": {"hidden": [7]},
            },
        },
    }
    (tmp_path / "settings.toml").write_text(to_toml(tables))
    monkeypatch.setattr("neurosim.learning.defaults.__file__", str(tmp_path / "settings.py"))
    found = default_settings("mlp:hidden=64", "digits", "td:feedback=random")
    assert (found.epochs, found.rate, found.batch, found.momentum, found.l2) == (1, 2.0, 3, 0.4, 0.5)
    assert default_settings("mlp", "digits", "td").l2 == 0.4
    assert default_settings("mlp", "xor", "td").batch == 2
    assert default_settings("mylab.nets:Net", "digits", "td").rate == 1.0
    assert default_network_options("mlp:hidden=64", "digits") == {"hidden": [7]}
    assert default_network_options("cnn", "digits") == {}


def test_the_committed_settings_suit_every_network_data_set_and_rule() -> None:
    for network in known("networks"):
        for data in names():
            resolve_component("networks", network, default_network_options(network, data))
            for rule in known("rules"):
                assert default_settings(network, data, rule).epochs >= 1


def test_the_committed_file_names_only_what_exists() -> None:
    tables = tomllib.loads((ROOT / "neurosim" / "learning" / "settings.toml").read_text("utf-8"))
    for network in set(tables) - {"default"}:
        assert network in known("networks")
        for data in set(tables[network]) - {"default"}:
            assert data in names()
            for rule in set(tables[network][data]) - {"default", "network"}:
                assert resolve_component("rules", rule)[0] == rule  # a label that is not canonical is never found
                assert default_settings(network, data, rule)


# ------------------------------------------------------------------------------------------------ study files


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


SCALARS = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
KEYS = st.text()
TABLES = st.recursive(
    st.dictionaries(KEYS, SCALARS | st.lists(SCALARS)),
    lambda inner: st.dictionaries(KEYS, SCALARS | inner, max_size=4),
    max_leaves=8,
)


@given(TABLES)
def test_the_standard_library_reads_what_the_writer_wrote(tables: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(tables)) == tables
