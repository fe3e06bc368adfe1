"""Logarithm and exponential of compiled code against 60 digits and against the NumPy twin."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np

from neurosim.core.portable_math import exp_of, log_of
from neurosim.core.rng import Stream, portable_log


def test_the_logarithm_has_the_bits_of_the_numpy_one() -> None:
    x = np.concatenate(
        (Stream(1, "x").uniform(20000), np.ldexp(1.0 + Stream(2, "x").uniform(2000), np.arange(-1000, 1000)))
    )
    assert (log_of(x) == portable_log(x)).all()


def test_the_exponential_is_exact_to_two_units_in_the_last_place() -> None:
    x = np.concatenate((1400.0 * Stream(1, "x").uniform(1000) - 700.0, Stream(2, "x").uniform(1000) - 0.5))
    with localcontext(prec=60):
        error = [abs(Decimal(float(y)) / Decimal(float(at)).exp() - 1) for at, y in zip(x, exp_of(x), strict=True)]
    assert max(error) < 2 * 2.0**-52


def test_the_exponential_ends_quietly() -> None:
    assert exp_of(np.array([0.0, -709.0, -1e9, -np.inf])).tolist() == [1.0, 0.0, 0.0, 0.0]
