"""The address of each neuron's random word."""

from __future__ import annotations

import numpy as np

from neurosim.engines.reference.random import neuron_normals, neuron_words
from tests.toy_engine import word


def test_each_neuron_has_the_word_that_the_block_layout_says() -> None:
    found = neuron_words(seed=2**40 + 7, stream="source/a", step=12345, sample=3, n=300)
    assert found.tolist() == [word(2**40 + 7, "source/a", 12345, 3, neuron) for neuron in range(300)]


def test_a_shorter_population_has_the_same_words() -> None:
    assert (neuron_words(1, "a", 5, 0, 40) == neuron_words(1, "a", 5, 0, 200)[:40]).all()


def test_normals_are_standard_normal() -> None:
    from scipy.stats import kstest

    assert kstest(neuron_normals(1, "noise/a", 0, 0, 20000), "norm").pvalue > 1e-3


def test_a_normal_is_the_quantile_of_its_word() -> None:
    from scipy.stats import norm

    words = neuron_words(9, "noise/a", 4, 1, 500).astype(np.float64)
    np.testing.assert_allclose(neuron_normals(9, "noise/a", 4, 1, 500), norm.ppf((words + 0.5) / 2**32), rtol=1e-12)
