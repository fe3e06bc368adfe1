"""The settings of a run of a study, and the committed defaults in settings.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from neurosim.core.validation import validated
from neurosim.learning.settings import Settings

_OPTIONS = "options"  # of a rule, within its table


def default_settings(network: str, data: str, rule: str, tuned: bool = True) -> Settings:
    """The committed settings of a run, from settings.toml; ``network`` and ``rule`` are canonical labels.

    Tables are laid over each other, the more special on top: all, the network, the network on the data set, the
    rule's name there, the rule with exactly these options there. The tables of rules were found with the committed
    options of the network; for a network with others, ask with ``tuned`` False, and every rule gets the same defaults.
    """
    table = _committed()
    name = _name(network)
    of_network = table.get(name, {})
    of_data = of_network.get(data, {})
    layers = (table["default"], of_network.get("default", {}), of_data.get("default", {}))
    special = [of_data.get(key, {}) for key in dict.fromkeys((_name(rule), rule))] if tuned else []
    merged: dict[str, Any] = {}
    for values in (*layers, *special):
        merged |= {key: value for key, value in values.items() if key != _OPTIONS}
    return validated(Settings, merged, f"settings.toml {name}.{data}.{rule}")


def default_network_options(network: str, data: str) -> dict[str, Any]:
    """The committed options of a network on a data set, for `resolve_component`.

    >>> default_network_options("mlp", "fashion-mnist")
    {'hidden': [256], 'activation': 'relu'}
    """
    options: dict[str, Any] = _committed().get(_name(network), {}).get(data, {}).get("network", {})
    return options


def default_rule_options(network: str, data: str, rule: str) -> dict[str, Any]:
    """The committed options of a rule for a network on a data set, for `resolve_component`.

    >>> default_rule_options("diehl_cook", "fashion-mnist", "diehl_cook")
    {'nu_post': 0.15}
    """
    of_rule = _committed().get(_name(network), {}).get(data, {}).get(_name(rule), {})
    options: dict[str, Any] = of_rule.get(_OPTIONS, {})
    return options


def is_tuned(network: str, data: str, rule: str) -> bool:
    """Whether settings are committed for the rule, where some are for any rule of this network on this data set.

    >>> [is_tuned("mlp", "digits", rule) for rule in ("backprop", "mine:Rule")], is_tuned("mlp", "xor", "mine:Rule")
    ([True, False], True)
    """
    rules = _committed().get(_name(network), {}).get(data, {}).keys() - {"default", "network"}
    return not rules or bool(rules & {_name(rule), rule})


def _committed() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "settings.toml").read_text(encoding="utf-8"))


def _name(label: str) -> str:
    """A label without its options: the name, or module:Class."""
    return ":".join(part for part in label.split(":") if "=" not in part)
