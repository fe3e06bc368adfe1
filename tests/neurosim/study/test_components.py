"""A component string becomes a rule or network, and every mistake is answered in one line."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest

import neurosim.networks
import neurosim.rules
from neurosim.core.errors import InputError
from neurosim.study.components import Kind, known, resolve_component
from tests.neurosim.study.studies import printed_by

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


@pytest.mark.parametrize(
    ("folder", "tables"),
    [
        ("rules", (neurosim.rules.STUDY, neurosim.rules.SYNAPTIC)),
        ("networks", (neurosim.networks.TRAINED, neurosim.networks.STANDALONE)),
    ],
)
def test_each_file_stands_in_one_table_with_its_classes(folder: str, tables: tuple[Any, Any]) -> None:
    files = [*tables[0], *tables[1]]
    assert sorted(files) == sorted(path.stem for path in (ROOT / folder).glob("[!_]*.py"))
    facade = sys.modules[f"neurosim.{folder}"]
    assert sorted(name for table in tables for names in table.values() for name in names) == sorted(facade.__all__)


def test_what_a_table_calls_a_rule_or_a_network_is_one() -> None:
    for names in neurosim.rules.STUDY.values():
        assert all(hasattr(getattr(neurosim.rules, name), "direction") for name in names)
    for name in (name for names in neurosim.rules.SYNAPTIC.values() for name in names):
        made = getattr(neurosim.rules, name)
        assert isinstance(made, type) or inspect.signature(made).return_annotation == "SynapticRule", name
        assert not hasattr(made, "direction")
    for table, seeded in ((neurosim.networks.TRAINED, False), (neurosim.networks.STANDALONE, True)):
        for network in table.values():
            build = getattr(neurosim.networks, *network).build
            assert ("seed" in inspect.signature(build).parameters) == seeded


def test_known_names_cost_no_import_of_a_rule_or_network(tmp_path: Path) -> None:
    script = """
import json, sys
from neurosim.study.components import known
found = known("rules") + known("networks") + known("spiking_networks")
assert "backprop" in found and "cuba" in found
print(json.dumps([name for name in sys.modules if name.startswith(("neurosim.rules.", "neurosim.networks."))]))
"""
    assert printed_by(script, tmp_path) == []


@pytest.mark.parametrize(
    ("kind", "folder"), [("rules", "rules"), ("networks", "networks"), ("spiking_networks", "networks")]
)
def test_every_known_name_resolves_to_a_class_of_its_file(kind: Kind, folder: str) -> None:
    for name in known(kind):
        label, built = resolve_component(kind, name)
        assert (label, type(built).__module__) == (name, f"neurosim.{folder}.{name}")


def test_a_component_of_another_kind_is_refused_with_its_use() -> None:
    text = refusal(resolve_component, "networks", "cuba:scale=0.5")
    assert text.startswith("networks: expected one of cnn, diehl_cook, mlp")
    assert text.endswith(
        "got 'cuba', a standalone spiking network, which no study trains; "
        "run it by neurosim.networks.Cuba().build(seed).run(ms)"
    )
    assert "got 'mlp', which a study trains" in refusal(resolve_component, "spiking_networks", "mlp")
    assert "got 'pair_stdp', a synaptic rule, not a rule of a study" in refusal(resolve_component, "rules", "pair_stdp")


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
