"""Means over seeds, with their deviation and a 95 % interval by Student's t.

Source: Student (1908), Biometrika 6:1; paired differences because rules share seeds, hence initial weights
and minibatch order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """``n`` finite values: their ``mean``, sample deviation ``sd`` and the t interval [``low``, ``high``].

    Undefined values are NaN: all but n for n = 0; sd, low and high for n = 1.
    """

    n: int
    mean: float = math.nan
    sd: float = math.nan
    low: float = math.nan
    high: float = math.nan


def estimate(values: Sequence[float | None], level: float = LEVEL) -> Estimate:
    """The `Estimate` of ``values``; None and NaN count as absent.

    >>> e = estimate([1.0, 2.0, 3.0, float("nan")])
    >>> e.n, e.mean, e.sd, round(e.high - e.mean, 3)  # t(0.975, 2) = 4.303, times 1 / sqrt 3
    (3, 2.0, 1.0, 2.484)
    """
    finite = [float(v) for v in values if v is not None and math.isfinite(v)]
    n = len(finite)
    if n == 0:
        return Estimate(0)
    mean = math.fsum(finite) / n
    if n == 1:
        return Estimate(1, mean)
    sd = math.sqrt(math.fsum((v - mean) ** 2 for v in finite) / (n - 1))
    half = t_quantile((1 + level) / 2, n - 1) * sd / math.sqrt(n)
    return Estimate(n, mean, sd, mean - half, mean + half)


def paired(values: Mapping[int, float | None], reference: Mapping[int, float | None], level: float = LEVEL) -> Estimate:
    """The `Estimate` of value - reference over the seeds (keys) at which both are known.

    >>> paired({0: 0.9, 1: 0.8, 2: 0.7}, {0: 1.0, 1: 0.9, 7: 0.5}).n
    2
    """
    differences = []
    for seed, value in values.items():
        other = reference.get(seed)
        if value is not None and other is not None:
            differences.append(value - other)
    return estimate(differences, level)


def t_quantile(p: float, degrees: int) -> float:
    """The quantile ``p`` of Student's t distribution with ``degrees`` degrees of freedom."""
    from scipy.special import stdtrit  # a tenth of the import time of scipy.stats

    return float(stdtrit(degrees, p))
