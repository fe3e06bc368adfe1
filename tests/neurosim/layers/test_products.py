"""Both ways of a product against sums of whole numbers, where order does not matter; and what "auto" chooses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.layers import Linear, products
from neurosim.layers.counting import CountingMeter
from neurosim.layers.products import Way, product

RNG = np.random.default_rng(0)


def whole(rows: int, columns: int, density: float) -> Any:
    return (RNG.integers(-9, 10, (rows, columns)) * (RNG.random((rows, columns)) < density)).astype("float32")


@pytest.mark.parametrize("way", ["dense", "events", "auto"])
@pytest.mark.parametrize("density", [0.0, 0.05, 1.0])
def test_products_of_whole_numbers_are_the_sums_over_both_factors(way: Way, density: float) -> None:
    a, b, errors = whole(7, 30, density), whole(30, 5, 1.0), whole(7, 5, 1.0)
    for left, right in ((a, b), (a.T, errors), (errors, b.T), (a[:, ::2], b[::2])):
        found = product(left, right, way)
        expected = [[sum(x * y for x, y in zip(row, column, strict=True)) for column in right.T] for row in left]
        assert found.tolist() == expected
        assert found.dtype == np.float32
        assert type(found) is np.ndarray


@pytest.mark.parametrize(("active", "events"), [(0.09, True), (0.11, False)])
def test_auto_takes_events_below_the_crossing(active: float, events: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    a = np.zeros((10, 100))
    a.flat[: round(active * a.size)] = 1.5
    taken = []

    class Seen(np.ndarray):
        def __matmul__(self, other: Any) -> Any:
            taken.append("dense")
            return np.asarray(self) @ other

    product(a.view(Seen), np.ones((100, 3)), "auto")
    assert bool(taken) is not events
    assert products.CROSSING == 0.1


def test_a_layer_by_events_counts_what_the_dense_one_counts() -> None:
    x, g, layer = whole(6, 40, 0.1), whole(6, 8, 0.5), Linear(8)
    params = {"w": whole(40, 8, 1.0), "b": np.zeros(8, "float32")}
    meters = [CountingMeter(way) for way in ("dense", "events")]
    outcomes = []
    for meter in meters:
        y, cache = layer.fprop(params, x, None, meter)
        back, grads = layer.bprop(params, cache, g, meter), layer.grad(cache, g, meter)
        outcomes.append([y.tolist(), back.tolist(), grads["w"].tolist()])
    assert outcomes[0] == outcomes[1]
    assert meters[0].counts == meters[1].counts
