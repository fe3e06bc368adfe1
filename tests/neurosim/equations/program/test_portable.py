"""The portable functions are accurate, defined at the edges, and have the same bits on every target."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from neurosim.equations import NeuronModel, compile_model
from neurosim.equations.print.modules import load_module
from neurosim.equations.program.portable import FUNCTIONS
from tests.neurosim.equations.alone import Alone
from tests.neurosim.equations.host import host_steps

pytestmark = pytest.mark.usefixtures("generated_folder")

BUILT = ("ceil", "exprel", "floor", "log10", "sign")  # from other operations
TEXT = "argument : 1, input\nrate = 1.0 : 1/ms\n" + "\n".join(
    f"d{name}_of/dt = ({value} - {name}_of) * rate : 1"
    for name, value in {
        **{name: f"{name}(argument)" for name in (*FUNCTIONS, *BUILT)},
        "half": "argument**1.5 + argument**-2.5",
        "power": "argument**0.3",
        "variable": "2**argument",
    }.items()
)
RANGES = {"exp": (-86.0, 88.0), "expm1": (-30.0, 88.0), "log": (1e-30, 1e30), "tanh": (-12.0, 12.0)}


def portable(name: str, dtype: Any) -> Any:
    """The function as the NumPy text defines it."""
    module = load_module(
        compile_model(NeuronModel(TEXT, integrator="euler"), 1.0, np.dtype(dtype).name).source("numpy")
    )
    return getattr(module, f"portable_{name}")


def ulps(found: npt.NDArray[Any], exact: npt.NDArray[Any]) -> float:
    """The largest error in units in the last place of the result."""
    wide = np.longdouble
    return float(
        np.max(np.abs(found.astype(wide) - exact.astype(wide)) / np.spacing(np.abs(exact.astype(found.dtype))))
    )


def arguments(name: str, dtype: Any) -> npt.NDArray[Any]:
    low, high = RANGES[name]
    rng = np.random.default_rng(1)
    if name == "log":
        return np.concatenate((np.geomspace(low, high, 40_000), rng.uniform(0.5, 2.0, 40_000))).astype(dtype)
    near = rng.choice([-1.0, 1.0], 40_000) * np.geomspace(1e-6, 1.0, 40_000)
    return np.concatenate((rng.uniform(low, high, 40_000), near)).astype(dtype)


@pytest.mark.parametrize(("name", "most"), [("exp", 1.5), ("expm1", 2.0), ("log", 2.0), ("tanh", 3.0)])
def test_the_error_is_at_most_a_few_units_in_the_last_place(name: str, most: float, dtype: np.dtype[Any]) -> None:
    if dtype == np.float64 and np.finfo(np.longdouble).nmant <= 52:
        pytest.skip("no wider format to compare with")
    x = arguments(name, dtype)
    with np.errstate(all="ignore"):
        found = portable(name, dtype)(x)
    assert found.dtype == dtype
    assert ulps(found, getattr(np, name)(x.astype(np.longdouble))) < most


@pytest.mark.parametrize(("name", "most"), [("sin", 2.5), ("cos", 2.5), ("tan", 4.5)])
def test_angles_are_accurate_to_units_of_the_value_or_one_of_the_argument(
    name: str, most: float, dtype: np.dtype[Any]
) -> None:
    if dtype == np.float64 and np.finfo(np.longdouble).nmant <= 52:
        pytest.skip("no wider format to compare with")
    rng = np.random.default_rng(3)
    quarters = np.arange(-2000, 2001) * (np.pi / 2)
    sizes = rng.choice([-1.0, 1.0], 40_000) * np.geomspace(1e-6, 1e6, 40_000)
    x = np.concatenate((rng.uniform(-np.pi, np.pi, 40_000), rng.uniform(-100, 100, 40_000), quarters, sizes)).astype(
        dtype
    )
    with np.errstate(all="ignore"):
        found = portable(name, dtype)(x)
    exact = getattr(np, name)(x.astype(np.longdouble))
    slope = 1 + exact**2 if name == "tan" else 1
    by_argument = slope * np.spacing(np.abs(x))
    allowed = np.maximum(most * np.spacing(np.abs(exact.astype(dtype))), by_argument)
    known = by_argument < 0.1 * np.maximum(1, np.abs(exact))  # elsewhere a pole of tan is as near as the next number
    assert known.mean() > 0.9
    assert (np.abs(found - exact) <= allowed)[known].all()
    near = np.abs(x) <= 100
    good = near & (np.abs(exact) > 1e-3) & (np.abs(exact) < 1e3)
    assert ulps(found[good], exact[good]) < most


@pytest.mark.parametrize(
    ("name", "x", "expected"),
    [
        ("sin", 0.0, 0.0),
        ("cos", 0.0, 1.0),
        ("tan", 0.0, 0.0),
        ("sin", math.inf, math.nan),
        ("cos", -math.inf, math.nan),
        ("tan", math.nan, math.nan),
        ("sin", 1e30, math.nan),
        ("cos", -1e30, math.nan),
        ("exp", 0.0, 1.0),
        ("exp", math.inf, math.inf),
        ("exp", -math.inf, 0.0),
        ("exp", 1e30, math.inf),
        ("exp", -1e30, 0.0),
        ("exp", math.nan, math.nan),
        ("expm1", 0.0, 0.0),
        ("expm1", math.inf, math.inf),
        ("expm1", -math.inf, -1.0),
        ("expm1", math.nan, math.nan),
        ("log", 1.0, 0.0),
        ("log", 0.0, -math.inf),
        ("log", -1.0, math.nan),
        ("log", math.inf, math.inf),
        ("log", math.nan, math.nan),
        ("tanh", math.inf, 1.0),
        ("tanh", -math.inf, -1.0),
        ("tanh", 0.0, 0.0),
        ("tanh", math.nan, math.nan),
    ],
)
def test_the_edges_are_defined(name: str, x: float, expected: float, dtype: np.dtype[Any]) -> None:
    with np.errstate(all="ignore"):
        found = portable(name, dtype)(np.array([x], dtype))
    np.testing.assert_array_equal(found, [expected])


def test_exp_goes_to_zero_and_infinity_where_the_format_ends(dtype: np.dtype[Any]) -> None:
    bias, largest = (127, 88.72) if dtype == np.float32 else (1023, 709.78)
    low = (2 - bias) * math.log(2)
    x = np.array([low * 0.9999, low * 1.0001, largest, largest + 0.01], dtype)
    with np.errstate(all="ignore"):
        found = portable("exp", dtype)(x)
    assert found[0] > 2 * np.finfo(dtype).smallest_normal
    assert found[1] == 0.0
    assert np.isfinite(found[2])
    assert np.isinf(found[3])


def edges(dtype: Any) -> npt.NDArray[Any]:
    """Numbers of every size and sign, the special ones, and those around the limits."""
    rng = np.random.default_rng(2)
    limits = np.array(
        [-86.64, -87.34, 88.37, 88.72, 88.73, 709.43, 709.78, -707.7, -708.4, -40.0, 20.0, 1.0, 0.0, -0.0]
    )
    around = (limits[:, None] * (1 + np.arange(-4, 5) * 1e-7)).ravel()
    sizes = rng.choice([-1.0, 1.0], 4000) * np.exp(rng.uniform(-80.0, 80.0, 4000))
    special = [math.inf, -math.inf, math.nan, float(np.finfo(dtype).max), float(np.finfo(dtype).smallest_normal)]
    return np.concatenate((around, sizes, rng.uniform(-100, 100, 4000), special)).astype(dtype)


def test_the_three_targets_agree_bit_for_bit(dtype: np.dtype[Any], tmp_path: Path) -> None:
    model = compile_model(NeuronModel(TEXT, integrator="euler"), 1.0, dtype.name)
    x = edges(dtype)
    populations = {target: Alone(model, len(x), target) for target in ("numpy", "numba", "cuda")}
    by_host = host_steps([model], tmp_path)
    for target, population in populations.items():
        population["argument"][:] = x
        by_host(population) if target == "cuda" else population.step()
    for target in ("numba", "cuda"):
        np.testing.assert_array_equal(populations[target].x, populations["numpy"].x)
