"""What a run of a study will do: one rule with one seed, all names resolved and checked before the first run starts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from neurosim.core.arrays import Backend
from neurosim.core.errors import InputError, one_of
from neurosim.core.rng import Stream
from neurosim.core.validation import OTHER_NAMES
from neurosim.datasets import Dataset
from neurosim.learning.defaults import default_network_options, default_rule_options, default_settings, is_tuned
from neurosim.learning.rule import Spec
from neurosim.learning.settings import Settings
from neurosim.study.components import known, resolve_component


@dataclass(frozen=True)
class Plan:
    """What a cell will do, all names resolved: the rule and the network, their labels, data, seed and settings.

    ``tune`` maps settings to candidate values; ``tuned`` is False where settings were found for other rules but not for
    it; ``impossible`` is the reason why the rule cannot train the network.
    """

    rule_label: str
    rule: Any
    network_label: str
    spec: Spec | None
    native: bool
    data: Dataset
    seed: int
    settings: Settings
    tune: Mapping[str, tuple[Any, ...]]
    backend: Backend
    tuned: bool
    impossible: str | None = None

    @property
    def xp(self) -> ModuleType:
        """The array module of parameters and samples: NumPy where the network spikes, as engines take host arrays."""
        return np if self.spec is None or self.spec.spiking else self.backend.xp

    @property
    def name(self) -> str:
        """A name for files: rule, network, data and seed."""
        words = f"{self.rule_label}_{self.network_label}_{self.data.name}_seed{self.seed}"
        return "".join(c if c.isalnum() or c in "-_=." else "-" for c in words)


_COPIES = 4  # of each parameter: its value, its change, and what an optimiser keeps, at most


def plan_cell(
    rule_text: str,
    network: str,
    data: Dataset,
    seed: int,
    changes: Mapping[str, Any],
    tune: Mapping[str, tuple[Any, ...]],
    backend: Backend,
) -> Plan:
    """The cell of one rule and seed; it takes the rule's native network where the asked one is not among its own.

    Options that the texts of rule and network do not set are the committed ones, of the network on the data set.
    """
    label, rule = resolve_component("rules", rule_text)
    asked = network.split(":")[0]
    native = asked in known("networks") and asked not in rule.networks
    text = rule.native if native and rule.native else network
    name = text.split(":")[0]
    committed = default_network_options(name, data.name)
    network_label, builder = resolve_component("networks", text, committed)
    tuned = network_label == resolve_component("networks", name, committed)[0] if name in known("networks") else False
    if tuned:
        label, rule = resolve_component("rules", rule_text, default_rule_options(name, data.name, label))
    spec: Spec = builder.build(data.sample_shape, data.n_classes)
    impossible = None
    if native and rule.native is None:
        impossible = f"{label} cannot train {asked}; it trains {', '.join(rule.networks)}"
    else:
        rule.init(spec, Stream(seed, "rule"))
    chosen = _settings(default_settings(network_label, data.name, label, tuned), changes, tune)
    if backend.name == "cuda" and not spec.spiking:
        _check_room(spec, data, chosen)
    return Plan(
        rule_label=label,
        rule=rule,
        network_label=network_label,
        spec=spec,
        native=native,
        data=data,
        seed=seed,
        settings=chosen,
        tune=tune,
        backend=backend,
        tuned=bool(tune) or "rate" in changes or not tuned or is_tuned(name, data.name, label),
        impossible=impossible,
    )


def _check_room(spec: Spec, data: Dataset, settings: Settings) -> None:
    """InputError if samples, targets and parameters, with the optimiser's memory, are more than is free on the GPU."""
    from neurosim.engines.cuda.device import check_room

    itemsize = np.dtype(settings.precision).itemsize
    samples = len(data.x_train) + len(data.x_test)
    per_sample = math.prod(data.sample_shape) + data.n_classes
    parameters = sum(value.size for value in spec.init(Stream(0, "init"), settings.precision).values())
    check_room(itemsize * (samples * per_sample + _COPIES * parameters))


def _settings(committed: Settings, changes: Mapping[str, Any], tune: Mapping[str, tuple[Any, ...]]) -> Settings:
    result = committed.override(changes)
    for key, values in tune.items():
        if key not in Settings.model_fields:
            raise one_of("tune", key, Settings.model_fields, OTHER_NAMES.get(key.lower()))
        if not values:
            raise InputError(f"tune.{key}: expected at least one candidate, got none")
        for value in values:
            result.override({key: value}, "tune")
    return result


def _candidates(key: str, values: Any) -> tuple[Any, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(f"tune.{key}: expected a list of candidates, got {values!r}")
    return tuple(values)


def _seeds(seeds: int | Sequence[int]) -> list[int]:
    listed = [seeds] if isinstance(seeds, int | float | str) else list(seeds)
    if any(isinstance(seed, bool) or not isinstance(seed, int | np.integer) for seed in listed):
        raise InputError(f"seeds: expected a number of seeds >= 1 or a list of whole numbers, got {seeds!r}")
    if isinstance(seeds, int):
        if seeds < 1:
            raise InputError(f"seeds: expected a number of seeds >= 1 or a list of seeds, got {seeds}")
        return list(range(seeds))
    if not listed or any(not 0 <= seed < 2**64 for seed in listed) or len(set(listed)) < len(listed):
        raise InputError(f"seeds: expected different whole numbers in [0, 2**64), got {listed}")
    return [int(seed) for seed in listed]
