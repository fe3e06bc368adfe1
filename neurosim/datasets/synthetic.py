"""Generated data sets: xor, and a temporal task of shifted patterns.

All inputs lie in [0, 1], as pixels do, so that encoders which read them as rates work for every set.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurosim.core.checks import check_seed, whole_number
from neurosim.core.errors import InputError
from neurosim.core.rng import Stream
from neurosim.datasets.dataset import Dataset, check_limit

LICENCE = "generated, no rights attached"
STEPS, PATTERN_STEPS, N_PATTERNS = 40, 16, 10
_LARGEST = 10_000_000  # samples; guards against a slip, far above any use


def xor(limit: int | None = None) -> Dataset:
    """The four points of the exclusive or, inputs 0 and 1; the same four are the training set and the test set.

    >>> xor().x_train.tolist(), xor().y_train.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    check_limit("xor", limit, 4)
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([0, 1, 1, 0], np.int64)
    return Dataset("xor", x[:limit].copy(), y[:limit].copy(), x, y, 2, "generated", {}, LICENCE)


def temporal(
    limit: int | None = None, *, seed: int = 0, n_train: int = 4000, n_test: int = 1000, noise: float = 0.1
) -> Dataset:
    """Ten temporal patterns with random onset, to be classified: samples (40, 1), values in [0, 1], balanced classes.

    Each class has a pattern of 16 steps, drawn from ``seed``, and all patterns have the same mean. A sample is zero
    except for the pattern of its class, which starts at a random step and has a random amplitude (0.75 to 1.25), plus
    normal noise of standard deviation ``noise``, clipped to [0, 1]. Because of the common mean and the random onset,
    neither the sum over time nor the mean sample of a class is informative, and a linear classifier stays near 20 %;
    template matching at all onsets classifies nearly all correctly, a network of 128 hidden units close to 90 %.

    The samples depend on the seed alone: a larger set continues the same sequence. Idea of shifted, noisy one
    dimensional patterns: Greydanus (2020), arXiv:2011.14439.

    Raises:
        InputError: an option is out of range.
    """
    check_seed("temporal.seed", seed)
    whole_number("temporal.n_train", n_train, 1, _LARGEST)
    whole_number("temporal.n_test", n_test, 1, _LARGEST)
    check_limit("temporal", limit, n_train)
    if isinstance(noise, bool) or not isinstance(noise, int | float) or not 0 <= noise <= 1:
        raise InputError(f"temporal.noise: expected a number from 0 to 1, got {noise!r}")
    stream = Stream(seed, "temporal")
    train = _samples(stream.child("train"), patterns(seed), limit or n_train, noise)
    test = _samples(stream.child("test"), patterns(seed), n_test, noise)
    return Dataset("temporal", *train, *test, N_PATTERNS, "generated", {}, LICENCE)


def patterns(seed: int) -> npt.NDArray[np.float64]:
    """The patterns (class, step) of the temporal task: smoothed noise, mean 0.5, largest distance from it 0.45."""
    z = Stream(seed, "temporal/patterns").normal((N_PATTERNS, PATTERN_STEPS))
    for _ in range(2):
        wide = np.concatenate((z[:, :1], z, z[:, -1:]), axis=1)
        z = (wide[:, :-2] + 2.0 * wide[:, 1:-1] + wide[:, 2:]) / 4.0
    # summed step by step: the order of NumPy's own sum depends on the platform
    mean = sum((z[:, i] for i in range(1, PATTERN_STEPS)), start=z[:, 0]) / PATTERN_STEPS
    z = z - mean[:, None]
    return 0.5 + 0.45 * (z / np.abs(z).max(axis=1, keepdims=True))  # type: ignore[no-any-return]


def _samples(
    stream: Stream, pattern: npt.NDArray[np.float64], n: int, noise: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    blocks = -(-n // N_PATTERNS)  # each block of ten holds every class once
    y = np.argsort(stream.child("label").uniform((blocks, N_PATTERNS)), axis=1, kind="stable").reshape(-1)[:n]
    start = (stream.child("start").uniform(n) * (STEPS - PATTERN_STEPS + 1)).astype(np.int64)
    height = 0.75 + 0.5 * stream.child("height").uniform(n)
    x = noise * stream.child("noise").normal((n, STEPS))
    x[np.arange(n)[:, None], start[:, None] + np.arange(PATTERN_STEPS)] += height[:, None] * pattern[y]
    return np.clip(x, 0.0, 1.0).astype(np.float32)[:, :, None], y.astype(np.int64)
