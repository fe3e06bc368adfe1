"""Settings of a cell of the study, and the committed defaults in settings.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from neurosim.core.validation import STRICT, validated
from neurosim.layers.products import Way


def _none_from_text(value: object) -> object:
    """TOML has no null: the word "none" switches an optional setting off."""
    return None if value == "none" else value


Off = BeforeValidator(_none_from_text)
_Positive = Annotated[float, Field(gt=0)]
_OPTIONS = "options"  # of a rule, within its table


class Settings(BaseModel):
    """How a cell is trained: budget, optimiser, schedule, regularisation and the validation split.

    >>> Settings(epochs=10, rate=0.1).schedule
    'cosine'
    """

    model_config = STRICT

    epochs: Annotated[int, Field(ge=1)]
    rate: Annotated[float, Field(gt=0, description="learning rate at the top of the schedule")]
    batch: Annotated[int, Field(ge=1)] = 100
    schedule: Literal["constant", "cosine", "step"] = "cosine"
    warmup: Annotated[float, Field(ge=0, lt=1, description="fraction of the steps in which the rate rises")] = 0.0
    optimiser: Literal["sgd", "nesterov", "adam"] = "sgd"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    clip_norm: Annotated[_Positive | None, Off, Field(description="of the whole direction")] = None
    l2: Annotated[float, Field(ge=0, description="times weights, added to the direction")] = 0.0
    decay: Annotated[float, Field(ge=0, lt=1, description="of weights, per step, apart from the direction")] = 0.0
    max_norm: Annotated[_Positive | None, Off, Field(description="of the weights into one unit")] = None
    early_stopping: Annotated[
        Annotated[int, Field(ge=1)] | None, Off, Field(description="patience in epochs; a choice, so it costs a split")
    ] = None
    validation: Annotated[float, Field(gt=0, lt=1, description="fraction held out where a choice is made")] = 1 / 6
    standardise: Annotated[bool, Field(description="inputs less the mean of all, over their deviation")] = False
    products: Annotated[Way, Field(description="all factors, non-zeros alone, or what is faster")] = "dense"
    precision: Literal["float32", "float64"] = "float32"

    def override(self, values: Mapping[str, Any], owner: str = "settings") -> Settings:
        """These settings with some replaced; InputError names ``owner`` and the field.

        >>> Settings(epochs=10, rate=0.1).override({"rate": 0.0})
        Traceback (most recent call last):
        neurosim.core.errors.InputError: settings.rate: expected a number > 0, got 0.0
        """
        return validated(Settings, self.model_dump() | dict(values), owner)


def default_settings(network: str, data: str, rule: str, tuned: bool = True) -> Settings:
    """The committed settings of a cell, from settings.toml; ``network`` and ``rule`` are canonical labels.

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
    """The committed options of a network on a data set, to be given to `resolve_component`.

    >>> default_network_options("mlp", "fashion-mnist")
    {'hidden': [256], 'activation': 'relu'}
    """
    options: dict[str, Any] = _committed().get(_name(network), {}).get(data, {}).get("network", {})
    return options


def default_rule_options(network: str, data: str, rule: str) -> dict[str, Any]:
    """The committed options of a rule for a network on a data set, to be given to `resolve_component`.

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
