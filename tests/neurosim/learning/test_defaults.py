"""The committed settings: the more special table wins, and every table names what exists."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from neurosim.core.toml import to_toml
from neurosim.datasets import names
from neurosim.learning.defaults import default_network_options, default_settings
from neurosim.study.components import known, resolve_component

ROOT = Path(__file__).resolve().parents[3]


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
