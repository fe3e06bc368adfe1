"""Every product of activities and weights passes through a meter, so that cost is measured.

`Meter` only computes; `CountingMeter` also counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np

from neurosim.core.arrays import Array, Params

Purpose: TypeAlias = Literal["forward", "feedback", "settling", "plasticity"]
"""What a product serves: inference, feedback, settling to a fixed point, or weight updates."""
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)


@dataclass(eq=False)
class Meter:
    """Computes products in one `way` and counts nothing; base of the counting meter."""

    way: Way = "dense"

    def matmul(self, purpose: Purpose, a: Array, b: Array) -> Array:
        """``a @ b``. Plasticity: (n, batch) by (batch, m); else (batch, n) by weights (n, m)."""
        return product(a, b, self.way)

    def activity(self, layer: str, values: Array) -> None:
        """Receive the activities (batch, ...) that ``layer`` passes on."""

    def events(self, purpose: Purpose, macs: int = 0, acs: int = 0, dense: int = 0) -> None:
        """Receive operations counted elsewhere by events, and how many a dense computation would need."""

    def spikes(self, layer: str, count: int, places: int) -> None:
        """Receive a ``count`` of spikes, of ``places`` possible ones (neurons times steps)."""


UNMETERED: Final = Meter()


Way: TypeAlias = Literal["dense", "events", "auto"]
"""How products are computed: all factors, the non-zeros alone, or whichever is expected to be faster."""


CROSSING = 0.1  # fraction of non-zeros below which events win, for a hundred samples; runs/bench/sparsity.py


def product(a: Array, b: Array, way: Way = "dense") -> Array:
    """``a @ b`` for matrices (n, k) and (k, m); both ways agree to rounding, sums being taken in another order.

    Events need NumPy arrays; "auto" takes them where at most `CROSSING` of ``a`` is non-zero and the rows of ``b`` are
    contiguous. Without events the product is dense.

    >>> product(np.array([[0.0, 2.0]]), np.array([[1.0, 5.0], [3.0, 4.0]]), "events")
    array([[6., 8.]])
    """
    if way == "dense" or not isinstance(a, np.ndarray) or (way == "auto" and not _wins(a, b)):
        return a @ b
    from scipy import sparse

    by_columns = a.flags.f_contiguous and not a.flags.c_contiguous
    found: Array = (sparse.csr_array(a.T).T if by_columns else sparse.csr_array(a)) @ b
    return found


def _wins(a: Array, b: Array) -> bool:
    return bool(b.flags.c_contiguous and np.count_nonzero(a != 0) <= CROSSING * a.size)


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
        """Those with two non-zero operands."""
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
    """Computes products and counts them by purpose; notes which parameters the feedback products read.

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
        if type(a) is np.ndarray:
            effective: Any = effective_operations(a, b)
            simple = is_ternary(a) or (purpose == "plasticity" and is_ternary(b))
        else:
            effective = ((a != 0).sum(axis=0) * (b != 0).sum(axis=1)).sum()
            simple = _ternary(a) | _ternary(b) if purpose == "plasticity" else _ternary(a)
        acs = effective * simple
        self.events(purpose, effective - acs, acs, a.shape[0] * b.size)
        if purpose != "plasticity":
            self._note(purpose, b)
        return product(a, b, self.way)

    def activity(self, layer: str, values: Array) -> None:
        """Add the activities of ``layer``."""
        nonzero: Any = count_nonzero(values) if type(values) is np.ndarray else (values != 0).sum()
        self.spikes(layer, nonzero, values.size)

    def events(self, purpose: Purpose, macs: int = 0, acs: int = 0, dense: int = 0) -> None:
        """Add operations that events did elsewhere."""
        count = self._counts.setdefault(purpose, Count())
        count.macs += macs
        count.acs += acs
        count.dense += dense

    def spikes(self, layer: str, count: int, places: int) -> None:
        """Add ``count`` spikes among ``places`` to the activity of ``layer``."""
        activity = self._layers.setdefault(layer, Activity())
        activity.nonzero += count
        activity.total += places

    @property
    def total(self) -> Count:
        """The sum over all purposes."""
        return sum(self.counts.values(), Count())

    def reads_forward_weights(self, state_params: Params) -> bool:
        """Whether a feedback product read forward weights: weight transport, which a synapse cannot do."""
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
    """The number of non-zero entries on the host; NumPy counts booleans several times faster than floats."""
    return int(np.count_nonzero(x != 0))


def is_ternary(x: Array) -> bool:
    """Whether all entries are -1, 0 or 1 (looking at the first row alone where that decides)."""
    return bool(_ternary(x[:1]) and _ternary(x))


def _ternary(x: Array) -> Any:
    return (((x == 0) | (x == 1)) | (x == -1)).all()
