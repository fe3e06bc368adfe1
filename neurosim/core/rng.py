"""Random numbers by counter: Philox 4x32-10, keyed by the seed, addressed by what the number is for.

A number depends on (seed, name of the stream, draw, sample, position) alone, never on what was drawn before,
so that threads, batches and restarts cannot change it. Everything below uses only integer operations and
correctly rounded +, -, *, / and sqrt: the same bits on every platform.

Sources: Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", section 3 (Philox);
Wichura (1988), Applied Statistics 37:477, algorithm AS 241 (normal quantile).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

NEURON_BLOCK = 128  # neurons that share 32 counters
_MULTIPLIER = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))  # Salmon et al., table 2
_WEYL = (0x9E3779B9, 0xBB67AE85)  # golden ratio and sqrt(3) - 1, in 32 bits
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def philox4x32(counter: npt.NDArray[np.uint32], key: tuple[int, int], rounds: int = 10) -> npt.NDArray[np.uint32]:
    """The Philox 4x32 block function: ``counter`` (..., 4) under ``key`` -> (..., 4) random words.

    >>> philox4x32(np.zeros(4, np.uint32), (0, 0)).tolist() == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    True
    """
    c0, c1, c2, c3 = (counter[..., i].astype(np.uint64) for i in range(4))
    k0, k1 = key
    for _ in range(rounds):
        p0, p1 = c0 * _MULTIPLIER[0], c2 * _MULTIPLIER[1]
        c0, c2 = (p1 >> _HALF) ^ c1 ^ np.uint64(k0), (p0 >> _HALF) ^ c3 ^ np.uint64(k1)
        c1, c3 = p1 & _LOW, p0 & _LOW
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return np.stack((c0, c1, c2, c3), axis=-1).astype(np.uint32)


def stream_id(name: str) -> int:
    """The 32-bit number of the stream called ``name`` (CRC-32 of its UTF-8 text)."""
    return zlib.crc32(name.encode())


def collision(names: Iterable[str]) -> tuple[str, str] | None:
    """The first two of ``names`` whose streams have the same number; None where all differ.

    >>> collision(["plumless", "other", "buckeroo"])
    ('plumless', 'buckeroo')
    """
    names_by_number: dict[int, str] = {}
    for name in names:
        number = zlib.crc32(name.encode())
        if number in names_by_number:
            return names_by_number[number], name
        names_by_number[number] = name
    return None


@dataclass(frozen=True)
class Stream:
    """An unlimited table of random numbers, addressed by counter and not consumed.

    Each method takes ``draw``, the row of the table: a caller that draws once per step passes the step.

    Parameters
    ----------
    seed : int
        In [0, 2^64).
    name : str
        What the numbers are for ("init/hidden1").
    sample : int
        The entry of a batch.

    References
    ----------
    Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3".

    Examples
    --------
    >>> s = Stream(seed=1, name="doctest")
    >>> bool((s.uniform((2, 3)) == s.uniform((2, 3))).all()), bool((s.uniform(6) == s.uniform(6, draw=1)).any())
    (True, False)
    """

    seed: int
    name: str
    sample: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"rng.seed: expected a whole number in [0, 2**64), got {self.seed}")

    def child(self, name: str) -> Stream:
        """A stream of its own for a part.

        Parameters
        ----------
        name : str
            What its numbers are for.

        Returns
        -------
        Stream
            ``self.name/name``, of the same seed and sample.
        """
        return Stream(self.seed, f"{self.name}/{name}", self.sample)

    def words(self, n: int, draw: int = 0) -> npt.NDArray[np.uint32]:
        """Random 32-bit words.

        Parameters
        ----------
        n : int
            How many.
        draw : int
            The row of the table.

        Returns
        -------
        array of uint32 (n,)
            The first n of the row.
        """
        counter = np.empty((-(-n // 4), 4), np.uint32)
        counter[:, 0] = np.arange(len(counter), dtype=np.uint32)
        counter[:, 1:] = draw & 0xFFFFFFFF, stream_id(self.name), self.sample
        return philox4x32(counter, (self.seed & 0xFFFFFFFF, self.seed >> 32)).reshape(-1)[:n]

    def uniform(self, shape: int | tuple[int, ...], draw: int = 0) -> npt.NDArray[np.float64]:
        """Uniform numbers in (0, 1).

        Parameters
        ----------
        shape : int or tuple of int
            Of the result.
        draw : int
            The row of the table.

        Returns
        -------
        array of float64
            Midpoints of 2^52 cells, so never 0 or 1.
        """
        n = math.prod((shape,) if isinstance(shape, int) else shape)
        pairs = self.words(2 * n, draw).reshape(n, 2).astype(np.uint64)
        cell = (pairs[:, 0] >> np.uint64(6)) << np.uint64(26) | pairs[:, 1] >> np.uint64(6)
        return ((cell.astype(np.float64) + 0.5) * 2.0**-52).reshape(shape)

    def normal(self, shape: int | tuple[int, ...], draw: int = 0) -> npt.NDArray[np.float64]:
        """Standard normal numbers.

        Parameters
        ----------
        shape : int or tuple of int
            Of the result.
        draw : int
            The row of the table.

        Returns
        -------
        array of float64
            The normal quantiles of `uniform`.
        """
        return normal_quantile(self.uniform(shape, draw))

    def below(self, p: float, shape: tuple[int, ...], draw: int = 0) -> npt.NDArray[np.bool_]:
        """True with a probability, independently for each entry.

        Parameters
        ----------
        p : float
            The probability, to 2^-32.
        shape : tuple of int
            Of the result.
        draw : int
            The row of the table.

        Returns
        -------
        array of bool
            Of this shape.
        """
        threshold = np.uint64(round(p * 2.0**32))
        return (self.words(math.prod(shape), draw).astype(np.uint64) < threshold).reshape(shape)

    def permutation(self, n: int, draw: int = 0) -> npt.NDArray[np.intp]:
        """A random order.

        Parameters
        ----------
        n : int
            How many numbers.
        draw : int
            The row of the table.

        Returns
        -------
        array of int (n,)
            0 .. n - 1 by the stable ranking of n random 64-bit words.
        """
        return np.argsort(self.words(2 * n, draw).view(np.uint64), kind="stable")


@dataclass(frozen=True)
class Draw:
    """One row of a `Stream`: what a layer needs to draw (dropout) at step ``index``, again and again alike."""

    stream: Stream
    index: int

    def child(self, name: str) -> Draw:
        """The same row of the stream's child ``name``."""
        return Draw(self.stream.child(name), self.index)

    def below(self, p: float, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
        """True with probability ``p``, as `Stream.below`."""
        return self.stream.below(p, shape, self.index)


# Wichura's rational approximations, constant term first: |p - 1/2| <= 0.425, tail to exp(-25), far tail.
CENTRE = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)  # fmt: skip
TAIL = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip
FAR_TAIL = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15),
)  # fmt: skip


def normal_quantile(p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The standard normal quantile of ``p`` in (0, 1), relative error below 1e-15 (AS 241, PPND16)."""
    q = p - 0.5
    result = q * _ratio(CENTRE, 0.180625 - q * q)  # 0.425^2
    outer = np.abs(q) > 0.425
    if outer.any():
        side = q[outer]
        r = np.sqrt(-portable_log(np.where(side < 0, p[outer], 1.0 - p[outer])))
        tail = np.where(r <= 5.0, _ratio(TAIL, r - 1.6), _ratio(FAR_TAIL, r - 5.0))
        result[outer] = np.where(side < 0, -tail, tail)
    return np.asarray(result)


def portable_log(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The natural logarithm of positive ``x`` within 2 units in the last place, in basic operations only.

    x = m 2^e with m in [1/sqrt 2, sqrt 2); log m = 2 artanh s with s = (m - 1) / (m + 1), as a series to s^23.
    """
    m, e = np.frexp(x)
    low = m < math.sqrt(0.5)
    m = np.where(low, 2.0 * m, m)
    s = (m - 1.0) / (m + 1.0)
    s2 = s * s
    series = np.zeros_like(s)
    for k in range(23, 1, -2):
        series = (series + 1.0 / k) * s2
    # ln 2 in two parts, the first exact under multiplication by any exponent
    high, rest = 6.93147180369123816490e-01, 1.90821492927058770002e-10
    exponent = e - low
    return exponent * high + (2.0 * s + (2.0 * s * series + exponent * rest))


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    above, below = (np.zeros_like(x) for _ in range(2))
    for a, b in zip(reversed(coefficients[0]), reversed(coefficients[1]), strict=True):
        above, below = above * x + a, below * x + b
    return above / below  # type: ignore[no-any-return]
