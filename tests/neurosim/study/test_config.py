"""Names become objects, files become checked studies, and every mistake is answered in one line."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.core.errors import InputError
from neurosim.core.toml import to_toml
from neurosim.datasets import names
from neurosim.learning.defaults import default_network_options, default_settings
from neurosim.learning.settings import Settings
from neurosim.study.components import Kind, known, resolve_component
from neurosim.study.config import load_config, study_config

ROOT = Path(__file__).resolve().parents[3]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample:
    """A rule with an option of every simple type, and one that text cannot set."""

    kind: Literal["slow", "fast"] = "slow"
    flag: bool = False
    count: int = 3
    strength: float = 0.5
    sizes: tuple[int, ...] = (2,)
    word: str = "plain"
    cut: float | None = None
    loss: ModuleType = sys

    def __post_init__(self) -> None:
        if self.count > 100:
            raise ValueError("count: expected at most 100")

    def direction(self) -> None:
        """A rule has this method."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a user's rule lives."""
    module: Any = ModuleType("mylab.rules")
    module.Sample = Sample
    monkeypatch.setitem(sys.modules, "mylab", ModuleType("mylab"))
    monkeypatch.setitem(sys.modules, "mylab.rules", module)
    return "mylab.rules:Sample"


def refusal(call: Any, *arguments: Any) -> str:
    """The one line with which a call is refused."""
    with pytest.raises(InputError) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_network_of_the_folder_is_of_one_kind() -> None:
    found = [*known("networks"), *known("spiking_networks")]
    assert sorted(found) == sorted(path.stem for path in (ROOT / "networks").glob("[!_]*.py"))


def test_every_rule_of_the_folder_is_of_a_study_or_synaptic() -> None:
    for name in {path.stem for path in (ROOT / "rules").glob("[!_]*.py")} - set(known("rules")):
        made = [
            value
            for value in vars(importlib.import_module(f"neurosim.rules.{name}")).values()
            if inspect.isfunction(value)
        ]
        assert [each for each in made if inspect.signature(each).return_annotation == "SynapticRule"], name


@pytest.mark.parametrize(
    ("kind", "room"), [("rules", "rules"), ("networks", "networks"), ("spiking_networks", "networks")]
)
def test_every_known_name_resolves_to_a_class_of_its_file(kind: Kind, room: str) -> None:
    for name in known(kind):
        label, built = resolve_component(kind, name)
        assert (label, type(built).__module__) == (name, f"neurosim.{room}.{name}")


def test_a_component_of_another_kind_is_refused_with_its_use() -> None:
    text = refusal(resolve_component, "networks", "cuba:scale=0.5")
    assert text.startswith("networks: expected one of cnn, diehl_cook, mlp")
    assert text.endswith(
        "got 'cuba', a spiking network that no study trains; run it by neurosim.networks.Cuba().build(seed).run(ms)"
    )
    assert "got 'mlp', which a study trains" in refusal(resolve_component, "spiking_networks", "mlp")
    assert "got 'pair_stdp', a synaptic rule, no rule of a study" in refusal(resolve_component, "rules", "pair_stdp")


def test_what_a_network_is_built_from_decides_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    class Spiking:
        def build(self, seed: int) -> None:
            """From a seed alone."""

    class Trained:
        def build(self, sample_shape: tuple[int, ...], n_classes: int) -> None:
            """For data, of spikes or not."""

    module: Any = ModuleType("mylab_networks")
    module.Spiking, module.Trained = Spiking, Trained
    monkeypatch.setitem(sys.modules, "mylab_networks", module)
    assert "expected one of Trained, got 'Spiking'" in refusal(resolve_component, "networks", "mylab_networks:Spiking")
    assert resolve_component("spiking_networks", "mylab_networks:Spiking")[0] == "mylab_networks:Spiking"


@pytest.mark.parametrize("written", ["sparse_fa.py:Mine:count=4", "./sparse_fa.py:Mine:count=4"])
def test_a_file_of_the_current_folder_is_the_module_of_that_name(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("sparse_fa")
    module.Mine = Sample
    monkeypatch.setitem(sys.modules, "sparse_fa", module)
    label, built = resolve_component("rules", written)
    assert label == "sparse_fa:Mine:count=4"
    assert built.count == 4


def test_a_file_with_the_name_of_another_module_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "code.py").write_text("class MyRule: pass")
    with pytest.raises(InputError, match=r"^rules: expected code\.py to be found, got .*code\.py of the same name"):
        resolve_component("rules", "code.py:MyRule")


@pytest.mark.parametrize("written", ["lab/mine.py:MyRule:count=4", "lab/mine:MyRule", "/lab/mine.py:MyRule"])
def test_a_file_of_another_folder_is_answered_with_what_to_do(written: str) -> None:
    told = refusal(resolve_component, "rules", written)
    path, folder = written.partition(":")[0], written.rpartition("/")[0]
    assert told == (
        f"rules: expected a module or a file of the current folder, got {path!r}; run from {folder}, or put that "
        "folder on PYTHONPATH, and write mine:MyRule"
    )


def test_a_file_without_its_class_is_refused() -> None:
    for written in ("mine.py", "mine.py:count=4"):
        told = refusal(resolve_component, "rules", written)
        assert told == f"rules: expected a file and its class as mine.py:MyClass, got {written!r}; name the class"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("kind=fast", "fast"),
        ("flag=true", True),
        ("count=-7", -7),
        ("strength=1e-3", 0.001),
        ("sizes=256x128", (256, 128)),
        ("sizes=64", (64,)),
        ("sizes=", ()),
        ("word=a b", "a b"),
        ("cut=2", 2.0),
    ],
)
def test_text_becomes_a_value_of_the_field_s_type(address: str, option: str, value: object) -> None:
    _, built = resolve_component("rules", f"{address}:{option}")
    got = getattr(built, option.partition("=")[0])
    assert (got, type(got)) == (value, type(value))


def test_the_label_names_what_differs_from_the_defaults_in_the_order_of_the_fields(address: str) -> None:
    label, _ = resolve_component("rules", f"{address}:sizes=8x4:strength=0.50:cut=none:flag=true")
    assert label == f"{address}:flag=true:sizes=8x4"


def test_a_label_resolves_to_itself(address: str) -> None:
    label, built = resolve_component("rules", f"{address}:cut=1e-05:count=12:kind=fast")
    assert resolve_component("rules", label) == (label, built)


def test_written_options_win_over_the_committed_ones() -> None:
    label, built = resolve_component("networks", "mlp:hidden=64", {"hidden": [256], "activation": "relu"})
    assert label == "mlp:hidden=64:activation=relu"
    assert (built.hidden, built.activation) == ((64,), "relu")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("kind=fsat", ["Sample.kind: expected one of fast, slow, got 'fsat'", "did you mean 'fast'"]),
        ("flag=1", ["Sample.flag: expected true or false, got '1'"]),
        ("count=1.5", ["Sample.count: expected a whole number, got '1.5'"]),
        ("strength=nan", ["Sample.strength: expected a finite number, got 'nan'"]),
        ("strength=inf", ["expected a finite number"]),
        ("sizes=0x3", ["Sample.sizes: expected sizes >= 1", "got '0x3'"]),
        ("sizes=a", ["Sample.sizes: expected sizes >= 1", "got 'a'"]),
        ("cuont=1", ["expected one of", "count", "got 'cuont'", "did you mean 'count'"]),
        ("loss=x", ["expected one of", "got 'loss'"]),
        ("flag", ["expected key=value after each colon, got 'flag'", "known options: kind, flag, count"]),
        ("count=1:count=2", ["Sample.count: expected one value"]),
        ("count=101", ["expected at most 100"]),
    ],
)
def test_a_wrong_option_is_refused_with_what_is_allowed(address: str, option: str, words: list[str]) -> None:
    text = refusal(resolve_component, "rules", f"{address}:{option}")
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bakprop", ["rules: expected one of backprop", "did you mean 'backprop'?"]),
        ("", ["rules: expected one of backprop", "got ''"]),
        ("backprop:rate=1", ["rules.backprop: expected no options, got 'rate'"]),
        ("nowhere.rules:Mine", ["expected a module that can be imported, got 'nowhere.rules'", "No module named"]),
        ("mylab.rules:Smaple", ["expected one of Sample, got 'Smaple'"]),
        ("neurosim.core.errors:InputError", ["got 'InputError'"]),  # a class, and no rule
    ],
)
def test_an_unknown_name_is_refused(address: str, name: str, words: list[str]) -> None:
    text = refusal(resolve_component, "rules", name)
    assert [word for word in words if word not in text] == []


def test_a_module_that_fails_is_refused_with_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_rule_module.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    text = refusal(resolve_component, "rules", "broken_rule_module:Mine")
    assert "ZeroDivisionError: division by zero" in text


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
        ('[study]\nrules = ["a"]\nseeds = [-1]', ["study.seeds.0: expected a number >= 0, got -1"]),
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
