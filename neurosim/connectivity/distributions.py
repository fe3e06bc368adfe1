"""Distributions of weights and delays, each given by its quantile function.

A truncated distribution is sampled from the part of the quantile function between its bounds, which gives the
distribution of redrawing until the value fits, in one draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import check_number, shown
from neurosim.core.errors import InputError
from neurosim.core.rng import normal_quantile

Numbers = npt.NDArray[np.float64]

_MIN_MASS = 1e-6  # below it the quantile would lose digits
_PARTS, _SECTIONS = 256, 8  # a probability is found by cutting an interval into 256 parts, 8 times: to the last bit


@runtime_checkable
class Distribution(Protocol):
    """A one-dimensional distribution by its quantiles from both ends, so that both tails keep their precision.

    Weights, delays and initial states may be any object with these attributes.

    Examples
    --------
    >>> from neurosim.connectivity import OneToOne, build
    >>> class Triangular:  # the sum of two uniform numbers in [0, 1/2]
    ...     bounds = (0.0, 1.0)
    ...
    ...     def from_below(self, p):
    ...         return np.sqrt(p / 2)
    ...
    ...     def from_above(self, p):
    ...         return 1 - np.sqrt(p / 2)
    >>> weight = build(OneToOne(), 9999, 9999, weight=Triangular(), delay=1.0, dt=0.1, seed=1, name="w").weight
    >>> round(float(weight.mean()), 2)
    0.5
    """

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest possible value."""

    def from_below(self, p: Numbers) -> Numbers:
        """The values that a draw falls below with probability ``p`` in (0, 1/2]."""

    def from_above(self, p: Numbers) -> Numbers:
        """The values that a draw exceeds with probability ``p`` in (0, 1/2]."""


@dataclass(frozen=True)
class Uniform:
    """A uniform distribution.

    Parameters
    ----------
    low, high : float
        The bounds, in the unit of what is drawn.

    Raises
    ------
    InputError
        A bound that is not finite, or ``low`` above ``high``.

    Examples
    --------
    >>> Uniform(1.0, 3.0).from_below(np.array([0.25])).tolist()
    [1.5]
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_finite("Uniform", low=self.low, high=self.high)
        _check_order("Uniform", self.low, self.high)

    @property
    def bounds(self) -> tuple[float, float]:
        """``low`` and ``high``."""
        return self.low, self.high

    def from_below(self, p: Numbers) -> Numbers:
        """See `Distribution`."""
        return self.low + p * (self.high - self.low)

    def from_above(self, p: Numbers) -> Numbers:
        """See `Distribution`."""
        return self.high - p * (self.high - self.low)


@dataclass(frozen=True)
class Normal:
    """A normal distribution, truncated to ``low`` .. ``high``: a value outside is drawn again.

    Without bounds the tails end at 6.3 standard deviations, where a 32-bit random number ends.

    Parameters
    ----------
    mean, sd : float
        Mean and standard deviation, before truncation, in the unit of what is drawn.
    low, high : float
        The bounds, in that unit; by default there are none.
    clip : bool
        Whether values outside are set to the bound instead.

    Raises
    ------
    InputError
        Numbers that are not finite, ``sd`` below 0, or bounds that hold less than 1e-6 of the distribution.

    Examples
    --------
    >>> Normal(0.0, 2.0, low=0.0).from_below(np.array([0.5])).round(4).tolist()  # the half-normal's median
    [1.349]
    """

    mean: float
    sd: float
    low: float = -math.inf
    high: float = math.inf
    clip: bool = False

    def __post_init__(self) -> None:
        _check_finite("Normal", mean=self.mean, sd=self.sd)
        _check_spread("Normal.sd", self.sd)
        _check_order("Normal", self.low, self.high)
        if self.sd == 0 and not self.low <= self.mean <= self.high:
            raise InputError(f"Normal.mean: expected it between low and high when sd is 0, got {self.mean}")
        if 1.0 - sum(self._outside) < _MIN_MASS:
            raise InputError(
                f"Normal.low, .high: expected bounds that hold at least {_MIN_MASS:g} of the distribution, "
                f"got {self.low} and {self.high}; widen them or use clip=True"
            )

    @property
    def bounds(self) -> tuple[float, float]:
        """``low`` and ``high``."""
        return self.low, self.high

    def from_below(self, p: Numbers) -> Numbers:
        """See `Distribution`."""
        return self._between(p, *self._outside, side=1.0)

    def from_above(self, p: Numbers) -> Numbers:
        """See `Distribution`."""
        return self._between(p, *self._outside[::-1], side=-1.0)

    @cached_property
    def _outside(self) -> tuple[float, float]:
        """The probabilities cut off below ``low`` and above ``high``."""
        if self.clip or self.sd == 0:
            return 0.0, 0.0
        return normal_cdf((self.low - self.mean) / self.sd), normal_cdf((self.mean - self.high) / self.sd)

    def _between(self, p: Numbers, cut: float, other_cut: float, side: float) -> Numbers:
        quantile = normal_quantile(cut + p * (1.0 - cut - other_cut))
        return np.clip(self.mean + side * self.sd * quantile, self.low, self.high)


@dataclass(frozen=True)
class LogNormal:
    """A lognormal distribution, truncated to ``low`` .. ``high``: a value outside is drawn again.

    Its median is exp(mu), its mean exp(mu + sigma^2 / 2).

    Parameters
    ----------
    mu, sigma : float
        Mean and standard deviation of the logarithm, before truncation.
    low, high : float
        The bounds, >= 0, in the unit of what is drawn; by default 0 and infinity.

    Raises
    ------
    InputError
        Numbers that are not finite, ``sigma`` or ``low`` below 0, or bounds that hold less than 1e-6 of the
        distribution.

    Examples
    --------
    >>> LogNormal(0.0, 1.0).from_below(np.array([0.5])).tolist()
    [1.0]
    """

    mu: float
    sigma: float
    low: float = 0.0
    high: float = math.inf

    def __post_init__(self) -> None:
        _check_finite("LogNormal", mu=self.mu, sigma=self.sigma)
        _check_spread("LogNormal.sigma", self.sigma)
        _check_order("LogNormal", self.low, self.high)
        if self.low < 0:
            raise InputError(f"LogNormal.low: expected a number >= 0, got {self.low}")
        self._logarithm()

    @property
    def bounds(self) -> tuple[float, float]:
        """``low`` and ``high``."""
        return self.low, self.high

    def from_below(self, p: Numbers) -> Numbers:
        """See `Distribution`."""
        return self._exp(self._logarithm().from_below(p))

    def from_above(self, p: Numbers) -> Numbers:
        """See `Distribution`."""
        return self._exp(self._logarithm().from_above(p))

    def _logarithm(self) -> Normal:
        low, high = (math.log(x) if 0 < x < math.inf else (-math.inf if x == 0 else x) for x in self.bounds)
        return Normal(self.mu, self.sigma, low, high)

    def _exp(self, x: Numbers) -> Numbers:
        from neurosim.core.portable_math import exp_of

        return np.clip(exp_of(x), self.low, self.high)


def normal_cdf(z: float) -> float:
    """The probability that a standard normal number is below ``z``: the inverse of `neurosim.core.rng.normal_quantile`.

    >>> round(normal_cdf(-1.0), 6), normal_cdf(float("inf"))
    (0.158655, 1.0)
    """
    if math.isinf(z):
        return float(z > 0)
    if z > 0:
        return 1.0 - normal_cdf(-z)
    low, width = 0.0, 0.5
    for _ in range(_SECTIONS):
        width /= _PARTS
        inner = low + width * np.arange(1, _PARTS, dtype=np.float64)
        low += width * int((normal_quantile(inner) < z).sum())
    return low + width


def _check_finite(owner: str, **numbers: float) -> None:
    for name, number in numbers.items():
        check_number(f"{owner}.{name}", number)


def _check_spread(field: str, spread: float) -> None:
    if spread < 0:
        raise InputError(f"{field}: expected a number >= 0, got {spread}")


def _check_order(owner: str, low: float, high: float) -> None:
    for name, number in (("low", low), ("high", high)):
        if not isinstance(number, int | float | np.integer | np.floating):
            raise InputError(f"{owner}.{name}: expected a number, got {shown(number)}")
    if not low <= high:
        raise InputError(f"{owner}.low: expected a number <= high, got {low} > {high}")
