"""Synaptic operations and activity, counted where they happen.

An operation counts if both of its factors are non-zero. It is an accumulate (AC) if the activities that enter the
product are all -1, 0 or 1, and else a multiply-accumulate (MAC); ``dense`` counts zeros too. Biases do not count.
Names and rules for inference: NeuroBench 2.3 (Yik et al. 2025, Nature Communications 16:1545), metric
SynapticOperations; counting the way down, settling and the change of weights alike is our addition.

What was counted on a device stays there until it is read, so that no product waits for the GPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurosim.core.arrays import Array, Params, namespace
from neurosim.layers.meter import Meter, Purpose


@dataclass
class Count:
    """Operations of one purpose."""

    macs: int = 0
    acs: int = 0
    dense: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.macs + other.macs, self.acs + other.acs, self.dense + other.dense)

    @property
    def effective(self) -> int:
        """Those of two factors that are not zero."""
        return self.macs + self.acs


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
    downward: set[str] = field(default_factory=set)
    _counts: dict[Purpose, Count] = field(default_factory=dict)  # their numbers may be arrays of a device
    _layers: dict[str, Activity] = field(default_factory=dict)

    @property
    def counts(self) -> dict[Purpose, Count]:
        """The operations so far, by purpose."""
        return {purpose: Count(int(c.macs), int(c.acs), c.dense) for purpose, c in self._counts.items()}

    @property
    def layers(self) -> dict[str, Activity]:
        """The activity so far, by layer."""
        return {name: Activity(int(seen.nonzero), seen.total) for name, seen in self._layers.items()}

    def matmul(self, purpose: Purpose, a: Array, b: Array) -> Array:
        """``a @ b``, counted."""
        if namespace(a) is np:
            effective: Any = effective_operations(a, b)
            simple = is_ternary(a) or (purpose == "plasticity" and is_ternary(b))
        else:
            effective = ((a != 0).sum(axis=0) * (b != 0).sum(axis=1)).sum()
            simple = _ternary(a) | _ternary(b) if purpose == "plasticity" else _ternary(a)
        acs = effective * simple
        self.events(purpose, effective - acs, acs, a.shape[0] * b.size)
        if purpose != "plasticity":
            self._note(purpose, b)
        return super().matmul(purpose, a, b)

    def activity(self, layer: str, values: Array) -> None:
        """Add the activities of ``layer``."""
        nonzero: Any = count_nonzero(values) if namespace(values) is np else (values != 0).sum()
        self.spikes(layer, nonzero, values.size)

    def events(self, purpose: Purpose, macs: int = 0, acs: int = 0, dense: int = 0) -> None:
        """Add operations that events did elsewhere."""
        self._counts[purpose] = self._counts.get(purpose, Count()) + Count(macs, acs, dense)

    def spikes(self, layer: str, count: int, places: int) -> None:
        """Add ``count`` spikes among ``places`` to the activity of ``layer``."""
        self._layers[layer] = self._layers.get(layer, Activity()) + Activity(count, places)

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
    return bool(_ternary(x[:1])) and bool(_ternary(x))


def _ternary(x: Array) -> Any:
    return (((x == 0) | (x == 1)) | (x == -1)).all()
