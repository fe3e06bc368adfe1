"""The stand-in for CuPy refuses what CuPy refuses, and counts what makes the host wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.device_arrays import device_module


@pytest.mark.parametrize(
    "mix",
    [
        lambda a: a + np.ones(3),
        lambda a: np.ones(3) * a,
        lambda a: np.asarray(a),
        lambda a: a[np.array([0, 1])],
        lambda a: a.__setitem__(0, np.ones(1)),
    ],
)
def test_an_array_of_the_host_is_refused(mix: Callable[[Any], Any]) -> None:
    xp, _ = device_module()
    with pytest.raises(TypeError):
        mix(xp.zeros(3))


@pytest.mark.parametrize(
    "look",
    [
        lambda a: float(a[0]),
        lambda a: int(a[0]),
        lambda a: bool(a.any()),
        lambda a: f"{a[0]:.1f}",
        lambda a: a.tolist(),
        lambda a: a.get(),
        lambda a: a[a > 0],
        lambda a: [0, 1][a.argmax()],
        lambda a: 1 if a[0] < 1 else 2,
    ],
)
def test_a_look_at_values_is_counted(look: Callable[[Any], Any]) -> None:
    xp, traffic = device_module()
    look(xp.zeros(3))
    assert traffic.down == 1


def test_what_stays_on_the_device_is_not_counted_and_is_the_same_memory() -> None:
    xp, traffic = device_module()
    a = xp.ones((2, 3), np.float32)
    view = a.T[1:]
    view += 2.0 * a[:, 1:].swapaxes(0, 1) / np.float32(2.0)
    a[a > 1.5] = -1.0
    a[xp.arange(2), xp.zeros(2, np.int64)] = xp.where(a.sum(axis=1) < 0, 5, 6)
    assert view.base is a
    assert (traffic.down, traffic.up) == (0, 0)
    assert a.tolist() == [[5.0, -1.0, -1.0], [5.0, -1.0, -1.0]]
