from __future__ import annotations

import numpy as np
import pytest

from neurosim.learning.accuracy import accuracy, confusion
from neurosim.learning.energy import inference_energy


def test_confusion_counts_each_pair_of_label_and_answer() -> None:
    rng = np.random.default_rng(0)
    labels, answers = rng.integers(4, size=200), rng.integers(4, size=200)
    matrix = confusion(labels, answers, 4)
    for label in range(4):
        for answer in range(4):
            assert matrix[label, answer] == sum((labels == label) & (answers == answer))
    assert accuracy(matrix) == pytest.approx(np.mean(labels == answers))


def test_energy_has_horowitz_s_add_and_multiply() -> None:
    assert inference_energy(macs=1, acs=0) == pytest.approx(3.7 + 0.9)
    assert inference_energy(macs=0, acs=1) == pytest.approx(0.9)
