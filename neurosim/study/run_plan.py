"""The plan of a run of a study: one rule with one seed, all names resolved and checked before the first run starts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from neurosim.core.arrays import Backend
from neurosim.core.checks import N_SEEDS, is_whole
from neurosim.core.errors import InputError, one_of
from neurosim.core.rng import Stream
from neurosim.core.validation import OTHER_NAMES
from neurosim.datasets import Dataset
from neurosim.learning.defaults import default_network_options, default_rule_options, default_settings, is_tuned
from neurosim.learning.rule import Spec
from neurosim.learning.settings import Settings
from neurosim.study.components import Component, find_component, known


@dataclass(frozen=True)
class RunPlan:
    """A run with all names resolved: the rule and the network, their labels, data, seed and settings.

    ``tune`` maps settings to candidate values; ``tuned`` is False if settings were tuned for other rules but not for
    this one; ``impossible`` is the reason why the rule cannot train the network.
    """

    rule_label: str
    rule: Any
    network_label: str
    spec: Spec
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
        return np if self.spec.spiking else self.backend.xp

    @property
    def name(self) -> str:
        """A name for files: rule, network, data and seed."""
        words = f"{self.rule_label}_{self.network_label}_{self.data.name}_seed{self.seed}"
        return "".join(c if c.isalnum() or c in "-_=." else "-" for c in words)


_COPIES = 4  # of each parameter: its value, its change, and what an optimiser keeps, at most


def plan_run(
    rule: Component,
    network: Component,
    data: Dataset,
    seed: int,
    changes: Mapping[str, Any],
    tune: Mapping[str, tuple[Any, ...]],
    backend: Backend,
) -> RunPlan:
    """The run of one rule with one seed, on the rule's native network if it cannot train the requested one.

    Options that neither rule nor network was written with are the committed ones, of the network on the data set.
    """
    label, built = rule.build()
    names = known("networks")
    native = network.name in names and network.name not in built.networks
    chosen = find_component("networks", built.native) if native and built.native else network
    committed = default_network_options(chosen.name, data.name)
    network_label, builder = chosen.build(committed)
    as_committed = not chosen.written or network_label == chosen._replace(written={}).build(committed)[0]
    tuned = chosen.name in names and as_committed
    if tuned and (own := default_rule_options(chosen.name, data.name, label)):
        label, built = rule.build(own)
    spec: Spec = builder.build(data.sample_shape, data.n_classes)
    impossible = None
    if native and built.native is None:
        impossible = f"{label} cannot train {network.name}; it trains {', '.join(built.networks)}"
    else:
        built.init(spec, Stream(seed, "rule"))
    settings = _settings(default_settings(network_label, data.name, label, tuned), changes, tune)
    if backend.name == "cuda" and not spec.spiking:
        _check_memory(spec, data, settings)
    return RunPlan(
        rule_label=label,
        rule=built,
        network_label=network_label,
        spec=spec,
        native=native,
        data=data,
        seed=seed,
        settings=settings,
        tune=tune,
        backend=backend,
        tuned=bool(tune) or "rate" in changes or not tuned or is_tuned(chosen.name, data.name, label),
        impossible=impossible,
    )


def _check_memory(spec: Spec, data: Dataset, settings: Settings) -> None:
    """InputError if samples, targets, parameters and the optimiser's state need more memory than is free on the GPU."""
    from neurosim.engines.cuda.device import check_memory

    itemsize = np.dtype(settings.precision).itemsize
    samples = len(data.x_train) + len(data.x_test)
    per_sample = math.prod(data.sample_shape) + data.n_classes
    parameters = sum(value.size for value in spec.init(Stream(0, "init"), settings.precision).values())
    check_memory(itemsize * (samples * per_sample + _COPIES * parameters))


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


def candidates(key: str, values: Any) -> tuple[Any, ...]:
    """The candidate values of a setting."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(f"tune.{key}: expected a list of candidates, got {values!r}")
    return tuple(values)


def seed_list(seeds: Any) -> list[int]:
    """The seeds of a number N (0 .. N - 1), or of a list.

    >>> seed_list(3), seed_list([7, 5])
    ([0, 1, 2], [7, 5])

    Raises:
        ValueError: anything else; the text says what is expected.
    """
    listed = range(seeds) if is_whole(seeds) else seeds
    if (
        isinstance(listed, str)
        or not isinstance(listed, Iterable)
        or not (found := list(listed))
        or not all(is_whole(seed) and 0 <= seed < N_SEEDS for seed in found)
        or len(set(found)) < len(found)
    ):
        raise ValueError("expected a number of seeds >= 1 or a list of different seeds in [0, 2**64)")
    return [int(seed) for seed in found]
