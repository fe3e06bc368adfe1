"""A plan of a run: which network, which options, which settings; all of it known before training."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import neurosim
from neurosim.core.errors import InputError
from neurosim.datasets import Dataset
from neurosim.study.run_plan import seed_list
from tests.neurosim.study.studies import planned, small

SCHEMA = Path(neurosim.__file__).with_name("study") / "cell.schema.json"


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
    locality = None

    def direction(self) -> None:
        """A rule has this method."""


def test_a_rule_without_a_native_network_is_impossible_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module: Any = ModuleType("liquids")
    module.Homeless = Homeless
    monkeypatch.setitem(sys.modules, "liquids", module)
    study = small(["liquids:Homeless", "backprop"], tmp_path / "impossible")
    assert [cell["status"] for cell in study.cells] == ["impossible", "ok"]
    assert study.cells[0]["error"] == "liquids:Homeless cannot train mlp; it trains liquid"
    assert len(study.logs) == 1


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
    x, y = np.zeros((4, 1, 4, 4), np.float32), np.array([0, 1, 0, 1])
    data = Dataset("fashion-mnist", x, y, x, y, 2, "a test", {}, "none")
    plan = planned(rule, network, data)
    assert plan.rule_label == label
    assert plan.rule.nu_post == (0.15 if "0.15" in label else 0.01)


def test_a_rule_without_settings_of_its_own_is_marked_where_others_have_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine_untuned.py").write_text("from neurosim.rules import Backprop as Base\nclass Mine(Base): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    rules, line = (
        ["backprop", "mine_untuned:Mine"],
        "mine_untuned:Mine: untuned default settings, while those of other rules",
    )
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


def test_settings_of_a_rule_hold_only_for_the_network_they_were_found_on(tmp_path: Path) -> None:
    tuned = small(["backprop"], tmp_path / "tuned").cells[0]["options"]["rate"]
    others = small(["backprop", "feedback_alignment"], tmp_path / "other", network="mlp:hidden=20").cells
    assert {cell["options"]["rate"] for cell in others} == {0.1}
    assert tuned != 0.1


@pytest.mark.parametrize("seeds", [0, -1, True, 1.0, "3", "12", [], [1, 1], [0.5], [True], [-1], [2**64], None])
def test_seeds_are_a_number_or_different_whole_numbers(seeds: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected a number of seeds >= 1 or a list of different seeds in"):
        seed_list(seeds)


def test_seeds_of_numpy_and_ranges_are_whole_numbers() -> None:
    found = seed_list(np.arange(2)), seed_list(range(3, 5)), seed_list(np.int64(2)), seed_list((2**64 - 1,))
    assert found == ([0, 1], [3, 4], [0, 1], [2**64 - 1])
    assert {type(seed) for seeds in found for seed in seeds} == {int}
