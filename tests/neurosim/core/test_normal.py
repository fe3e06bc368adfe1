"""Normal numbers in compiled code: the bits of `neurosim.core.rng`."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.core.normal import normals
from neurosim.core.rng import normal_quantile


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_normal_numbers_have_the_bits_of_the_quantile_function(precision: str) -> None:
    ends = [0, 1, 2, 3, 100, 2**31 - 1, 2**31, 2**32 - 3, 2**32 - 1, 59, 60, 321_000_000, 323_000_000]
    words = np.append(np.array(ends, np.uint32), np.random.default_rng(1).integers(0, 2**32, 20_000, np.uint32))
    found = np.empty(len(words), precision)
    normals(words, found)
    assert np.array_equal(found, normal_quantile((words + 0.5) * 2.0**-32).astype(precision))
