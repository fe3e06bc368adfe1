from __future__ import annotations

import math

import numpy as np
import pytest

from neurosim.learning.measures import accuracy, alignment, confusion, cosine, inference_energy


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


def test_cosine_of_a_rotated_vector_is_the_angle() -> None:
    for angle in (0.0, 0.3, 1.5, 3.0):
        assert cosine(np.array([[1.0], [0.0]]), np.array([[math.cos(angle)], [math.sin(angle)]])) == pytest.approx(
            math.cos(angle), abs=1e-15
        )


def test_cosine_does_not_lose_small_float32_vectors() -> None:
    tiny = np.full(4, 1e-30, np.float32)
    assert cosine(tiny, 3 * tiny) == pytest.approx(1.0)
    assert math.isnan(cosine(tiny, np.zeros(4, np.float32)))


def test_alignment_takes_weights_that_both_hold() -> None:
    updates = {"a.w": np.array([1.0, 1.0]), "a.b": np.array([1.0]), "feedback.a": np.array([1.0])}
    gradient = {"a.w": np.array([1.0, 0.0]), "a.b": np.array([1.0]), "c.w": np.array([1.0])}
    assert alignment(updates, gradient) == {"a": pytest.approx(math.sqrt(0.5))}
