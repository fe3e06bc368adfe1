"""Synaptic operations and activity, counted where they happen.

An operation counts if both of its factors are non-zero. It is an accumulate (AC) if the activities that enter the
product are all -1, 0 or 1, and else a multiply-accumulate (MAC); ``dense`` counts zeros too. Biases do not count.
Names and rules for inference: NeuroBench 2.3 (Yik et al. 2025, Nature Communications 16:1545), metric
SynapticOperations; counting the way down, settling and the change of weights alike is our addition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neurosim.arrays import Array, namespace
from neurosim.meter import Meter, Purpose
from neurosim.protocols import Params


@dataclass
class Count:
    """Operations of one purpose."""

    macs: int = 0
    acs: int = 0
    dense: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.macs + other.macs, self.acs + other.acs, self.dense + other.dense)


@dataclass
class Activity:
    """Non-zero and all activities of one layer."""

    nonzero: int = 0
    total: int = 0

    def __add__(self, other: Activity) -> Activity:
        return Activity(self.nonzero + other.nonzero, self.total + other.total)

    @property
    def sparsity(self) -> float:
        """The fraction of zeros."""
        return 1.0 - self.nonzero / self.total


@dataclass
class CountingMeter(Meter):
    """Computes products and counts them by purpose; notes which parameters the way down read.

    >>> import numpy as np
    >>> meter = CountingMeter()
    >>> weights = np.array([[1.0, 0, 1], [0, 1, 1], [1, 1, 0]])
    >>> _ = meter.matmul("forward", np.array([[0.0, 1.0, 1.0]]), weights)
    >>> meter.counts["forward"]
    Count(macs=0, acs=4, dense=9)
    """

    params: Mapping[str, Array] = field(default_factory=dict)
    counts: dict[Purpose, Count] = field(default_factory=dict)
    layers: dict[str, Activity] = field(default_factory=dict)
    downward: set[str] = field(default_factory=set)

    def matmul(self, purpose: Purpose, a: Array, b: Array) -> Array:
        """``a @ b``, counted."""
        effective = effective_operations(a, b)
        simple = is_ternary(a) or (purpose == "plasticity" and is_ternary(b))
        count = Count(0 if simple else effective, effective if simple else 0, a.shape[0] * b.size)
        self.counts[purpose] = self.counts.get(purpose, Count()) + count
        if purpose != "plasticity":
            self._note(purpose, b)
        return super().matmul(purpose, a, b)

    def activity(self, layer: str, values: Array) -> None:
        """Add the activities of ``layer``."""
        seen = self.layers.setdefault(layer, Activity())
        seen.nonzero += count_nonzero(values)
        seen.total += values.size

    def events(self, purpose: Purpose, macs: int = 0, acs: int = 0, dense: int = 0) -> None:
        """Add operations that events did elsewhere."""
        self.counts[purpose] = self.counts.get(purpose, Count()) + Count(macs, acs, dense)

    def spikes(self, layer: str, count: int, places: int) -> None:
        """Add ``count`` spikes among ``places`` to the activity of ``layer``."""
        self.layers[layer] = self.layers.get(layer, Activity()) + Activity(count, places)

    @property
    def total(self) -> Count:
        """The sum over all purposes."""
        return sum(self.counts.values(), Count())

    def moves_weights(self, state_params: Params) -> bool:
        """Whether the way down read forward weights: weight transport, which a synapse cannot do."""
        return bool(self.downward - set(state_params))

    def _note(self, purpose: Purpose, b: Array) -> None:
        root = b if b.base is None else b.base
        for name, value in self.params.items():
            shares = value is root or (value.base is not None and value.base is root)
            turned = b.ndim == value.ndim == 2 and b.strides == value.strides[::-1]
            if shares and (purpose == "feedback" or (purpose == "settling" and turned)):
                self.downward.add(name)


def effective_operations(a: Array, b: Array) -> int:
    """The number of products a[i, k] b[k, j] with both factors non-zero."""
    in_a, in_b = count_nonzero(a), count_nonzero(b)
    if in_a == a.size:
        return int(a.shape[0] * in_b)
    if in_b == b.size:
        return int(in_a * b.shape[1])
    return int((a != 0).sum(axis=0) @ (b != 0).sum(axis=1))


def count_nonzero(x: Array) -> int:
    """The number of non-zero entries; by way of booleans, which NumPy counts several times faster than floats."""
    return int(namespace(x).count_nonzero(x != 0))


def is_ternary(x: Array) -> bool:
    """Whether all entries are -1, 0 or 1 (looking at the first row alone where that decides)."""
    return _ternary(x[:1]) and _ternary(x)


def _ternary(x: Array) -> bool:
    return bool((((x == 0) | (x == 1)) | (x == -1)).all())
