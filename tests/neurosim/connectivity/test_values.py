"""Tables of quantiles: what a random word becomes, against scipy; delays in steps; refusals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from neurosim.connectivity.distributions import LogNormal, Normal, Uniform
from neurosim.connectivity.value_kernels import to_steps, to_weights
from neurosim.connectivity.values import (
    Constant,
    Listed,
    Table,
    delay_values,
    largest,
    possible_delays,
    root_mean_square,
    tabulate,
    weight_values,
)
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream

ENDS = np.array([0, 1, 2, 255, 256, 257, 2**31 - 1, 2**31, 2**32 - 257, 2**32 - 2, 2**32 - 1], np.uint32)
WORDS = np.concatenate((ENDS, Stream(1, "w").words(50000)))


def weights(table: Table, words: npt.NDArray[np.uint32]) -> npt.NDArray[np.float32]:
    out = np.empty(len(words), np.float32)
    to_weights(words, table.base.ravel(), table.slope.ravel(), np.float32(table.low), np.float32(table.high), out)
    return out


def steps(table: Table, words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint16]:
    out = np.empty(len(words), np.uint16)
    to_steps(words, table.base.ravel(), table.slope.ravel(), np.float32(table.low), np.float32(table.high), out)
    return out


@pytest.mark.parametrize(
    ("ours", "theirs", "error"),
    [
        (Normal(0.0, 1.0), stats.norm(), 2e-6),
        (Uniform(-1.0, 1.0), stats.uniform(-1.0, 2.0), 2e-7),
        (Normal(0.0, 1.0, low=-2.0, high=0.5), stats.truncnorm(-2.0, 0.5), 2e-6),
        (LogNormal(0.0, 0.5), stats.lognorm(0.5), 2e-5),
    ],
)
def test_a_word_becomes_its_quantile_down_to_the_last_word_of_the_tail(ours: Any, theirs: Any, error: float) -> None:
    below = WORDS < 2**31
    distance = np.where(below, WORDS, 2**32 - 1 - WORDS.astype(np.int64)) + 0.5
    expected = np.where(below, theirs.ppf(distance * 2.0**-32), theirs.isf(distance * 2.0**-32))
    assert np.abs(weights(tabulate(ours), WORDS) - expected).max() < error


def test_no_value_leaves_the_bounds() -> None:
    values = weights(tabulate(Normal(1.0, 2.0, low=0.0, high=1.5, clip=True)), WORDS)
    assert values.min() == 0.0
    assert values.max() == 1.5


def test_delays_are_quantiles_rounded_half_up() -> None:
    table = delay_values(Normal(1.5, 0.75, low=0.05), 0.1, "p", {})
    assert isinstance(table, Table)
    words = WORDS[: len(ENDS) + 20000]
    below = words < 2**31
    distance = (np.where(below, words, 2**32 - 1 - words.astype(np.int64)) + 0.5) * 2.0**-32
    exact = stats.truncnorm((0.05 - 1.5) / 0.75, np.inf, 1.5, 0.75)
    x = np.where(below, exact.ppf(distance), exact.isf(distance)) / 0.1 + 0.5
    clear = np.abs(x - np.rint(x)) > 1e-4  # not on the edge between two steps
    assert clear.mean() > 0.99
    assert (steps(table, words)[clear] == np.floor(x[clear])).all()


@pytest.mark.parametrize(
    ("delay", "dt", "expected"),
    [
        (1.5, 0.1, 15),
        (0.15, 0.1, 2),
        (0.1, 0.1, 1),
        (0.3 - 0.2, 0.1, 1),
        (0.25, 0.1, 3),
        (6553.5, 0.1, 65535),
        (1, 1.0, 1),
    ],
)
def test_a_delay_becomes_whole_steps_half_up(delay: float, dt: float, expected: int) -> None:
    assert delay_values(delay, dt, "p", {}) == Constant(expected)
    given = delay_values([delay, delay], dt, "p", {})
    assert isinstance(given, Listed)
    assert given.values.tolist() == [expected, expected]


@pytest.mark.parametrize(
    ("values", "size", "rms"),
    [
        (weight_values(-3.0, "p", {}), 3.0, 3.0),
        (weight_values([3.0, -4.0], "p", {}), 4.0, math.sqrt(12.5)),
        (weight_values(Uniform(-2.0, 1.0), "p", {}), 2.0, 1.0),
        (weight_values(Normal(1.0, 2.0), "p", {}), 1.0 + 2.0 * float(stats.norm.isf(2.0**-33)), math.sqrt(5.0)),
        (weight_values(LogNormal(0.0, 0.5, high=5.0), "p", {}), 5.0, None),
    ],
)
def test_largest_value_and_root_mean_square(values: Any, size: float, rms: float | None) -> None:
    assert largest(values) == pytest.approx(size, rel=1e-6)
    assert rms is None or root_mean_square(values) == pytest.approx(rms, rel=1e-6)


def test_the_largest_value_bounds_what_a_word_can_become() -> None:
    table = weight_values(Normal(-1.0, 0.3), "p", {})
    assert isinstance(table, Table)
    assert np.abs(weights(table, WORDS)).max() <= np.float32(largest(table))


def test_equal_distributions_share_a_table() -> None:
    tables: Any = {}
    assert weight_values(Normal(1.0, 0.1), "a", tables) is weight_values(Normal(1.0, 0.1), "b", tables)


def test_possible_delays_are_what_is_drawn() -> None:
    table = delay_values(Uniform(0.3, 0.7), 0.1, "p", {})
    assert isinstance(table, Table)
    assert possible_delays(table).tolist() == sorted(set(steps(table, WORDS).tolist())) == [3, 4, 5, 6, 7]
    assert possible_delays(delay_values([0.4, 0.2, 0.4], 0.1, "p", {})).tolist() == [2, 4]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: weight_values(math.nan, "p.weight", {}),
            "p.weight: expected 0 or a magnitude from 1e-30 to 1e+30, got nan",
        ),
        (
            lambda: weight_values([1.0, math.nan], "p.weight", {}),
            "p.weight: expected finite numbers, got nan for synapse 1",
        ),
        (
            lambda: weight_values(1e31, "p.weight", {}),
            "p.weight: expected 0 or a magnitude from 1e-30 to 1e+30, got 1e+31",
        ),
        (
            lambda: weight_values("strong", "p.weight", {}),
            "p.weight: expected a number, a distribution or one number per",
        ),
        (
            lambda: weight_values([[1.0]], "p.weight", {}),
            "p.weight: expected a number, a distribution or one number per",
        ),
        (
            lambda: delay_values(0.05, 0.1, "p.delay", {}),
            "p.delay: expected a delay from 0.1 (one step) to 6553.5 ms, got 0.05",
        ),
        (lambda: delay_values(0.0, 0.1, "p.delay", {}), "p.delay: expected a delay from 0.1 (one step)"),
        (lambda: delay_values(-1.0, 0.1, "p.delay", {}), "p.delay: expected a delay from 0.1 (one step)"),
        (lambda: delay_values(math.nan, 0.1, "p.delay", {}), "p.delay: expected a delay from 0.1 (one step)"),
        (lambda: delay_values(7000.0, 0.1, "p.delay", {}), "p.delay: expected a delay from 0.1 (one step)"),
        (
            lambda: delay_values([1.0, 0.01], 0.1, "p.delay", {}),
            "p.delay: expected a delay from 0.1 (one step) to 6553.5 ms, got 0.01",
        ),
        (
            lambda: delay_values(Normal(1.0, 1.0), 0.1, "p.delay", {}),
            "p.delay: expected delays from 0.05 (which rounds to one",
        ),
        (lambda: delay_values(LogNormal(1.0, 3.0, low=1.0), 0.1, "p.delay", {}), "p.delay: expected delays from 0.05"),
    ],
)
def test_what_cannot_be_a_weight_or_a_delay_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        make()
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)
