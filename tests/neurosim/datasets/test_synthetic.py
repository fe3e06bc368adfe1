"""The generated sets. For the temporal task: what finds the class and what must not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.datasets.synthetic import PATTERN_STEPS, STEPS, patterns, temporal, xor


def test_xor_is_the_exclusive_or_of_its_inputs() -> None:
    data = xor()
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert sorted(x.tolist()) == [[0, 0], [0, 1], [1, 0], [1, 1]]
        assert (y == np.logical_xor(x[:, 0], x[:, 1])).all()
    assert (data.n_classes, data.sample_shape, dict(data.sha256)) == (2, (2,), {})


def test_patterns_differ_but_have_the_same_mean() -> None:
    p = patterns(0)
    assert p.mean(axis=1) == pytest.approx(np.full(10, 0.5), abs=1e-12)
    assert np.abs(p - 0.5).max(axis=1) == pytest.approx(np.full(10, 0.45), rel=1e-12)
    distances = np.linalg.norm(p[:, None] - p[None], axis=2)
    assert distances[~np.eye(10, dtype=bool)].min() > 0.3


def test_samples_are_in_the_unit_range_and_classes_balanced() -> None:
    data = temporal(n_train=500, n_test=200)
    assert (data.x_train.shape, data.x_test.shape) == ((500, STEPS, 1), (200, STEPS, 1))
    assert (data.x_train.min(), data.x_train.max()) == (0.0, 1.0)
    assert np.bincount(data.y_train).tolist() == [50] * 10
    assert np.bincount(data.y_test).tolist() == [20] * 10


def test_without_noise_a_sample_is_its_pattern_in_silence() -> None:
    data = temporal(n_train=50, noise=0.0)
    for x, y in zip(data.x_train[:, :, 0], data.y_train, strict=True):
        steps = np.flatnonzero(x)
        assert np.ptp(steps) == PATTERN_STEPS - 1
        shown, pattern = x[steps[0] : steps[-1] + 1], patterns(0)[y]
        low = shown < 1.0  # what was cut at 1 says no more about the height
        heights = shown[low] / pattern[low]
        assert heights == pytest.approx(np.full(low.sum(), heights[0]), rel=1e-5)
        assert 0.75 <= heights[0] <= 1.25


def test_every_start_occurs() -> None:
    data = temporal(n_train=1000, noise=0.0)
    starts = (data.x_train[:, :, 0] > 0).argmax(axis=1)
    assert set(starts.tolist()) == set(range(STEPS - PATTERN_STEPS + 1))


def aligned_template_accuracy(x: Any, y: Any, seed: int) -> float:
    """Nearest pattern over all starts: what a reader who knows the task achieves."""
    starts = STEPS - PATTERN_STEPS + 1
    templates = np.zeros((10, starts, STEPS))
    for start in range(starts):
        templates[:, start, start : start + PATTERN_STEPS] = patterns(seed)
    distances = ((x[:, None, None, :] - templates) ** 2).sum(axis=3)
    return float((distances.min(axis=2).argmin(axis=1) == y).mean())


@pytest.mark.parametrize("seed", [0, 1])
def test_aligned_patterns_find_nearly_every_class(seed: int) -> None:
    data = temporal(seed=seed, n_train=10, n_test=500)
    assert aligned_template_accuracy(data.x_test[:, :, 0], data.y_test, seed) > 0.95


@pytest.mark.parametrize("seed", [0, 1])
def test_means_say_little_about_the_class(seed: int) -> None:
    """Chance is 10 %; the standard deviation of an accuracy near it, over 1000 samples, is 1 %."""
    data = temporal(seed=seed)
    x, y, x_test, y_test = data.x_train[:, :, 0], data.y_train, data.x_test[:, :, 0], data.y_test
    mean_samples = np.stack([x[y == label].mean(axis=0) for label in range(10)])
    nearest = ((x_test[:, None] - mean_samples) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == y_test).mean() < 0.2
    levels = np.abs(x_test.mean(axis=1)[:, None] - mean_samples.mean(axis=1)).argmin(axis=1)
    assert (levels == y_test).mean() < 0.2


def test_least_squares_stays_low_where_a_hidden_layer_succeeds() -> None:
    """An MLP of scikit-learn as the oracle; a linear readout by least squares."""
    network = pytest.importorskip("sklearn.neural_network", reason="scikit-learn is the oracle here")
    data = temporal()
    x, x_test = data.x_train[:, :, 0], data.x_test[:, :, 0]
    design, design_test = (np.insert(a, 0, 1.0, axis=1).astype(np.float64) for a in (x, x_test))
    weights = np.linalg.lstsq(design, np.eye(10)[data.y_train], rcond=None)[0]
    assert ((design_test @ weights).argmax(axis=1) == data.y_test).mean() < 0.35
    mlp = network.MLPClassifier((128,), max_iter=30, n_iter_no_change=30, random_state=0)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # thirty epochs suffice here, converged or not
        mlp.fit(x, data.y_train)
    assert mlp.score(x_test, data.y_test) > 0.75


def test_more_samples_continue_the_same_sequence() -> None:
    short, long = temporal(n_train=37, n_test=10), temporal(n_train=80, n_test=20)
    assert (short.x_train == long.x_train[:37]).all()
    assert (short.y_test == long.y_test[:10]).all()
    assert (temporal(37, n_train=80, n_test=10).x_train == short.x_train).all()


def test_training_and_test_samples_and_seeds_differ() -> None:
    a, b = temporal(n_train=20, n_test=20), temporal(seed=1, n_train=20, n_test=20)
    assert (a.x_train != a.x_test).any()
    assert (a.x_train != b.x_train).any()
    assert (patterns(0) != patterns(1)).any()


@pytest.mark.parametrize(
    "options",
    [{"seed": -1}, {"seed": 2**64}, {"n_train": 0}, {"n_test": 2.5}, {"n_test": True}, {"noise": -0.1},
     {"noise": float("nan")}, {"noise": "much"}, {"limit": 0}, {"limit": 4001}],
)  # fmt: skip
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=rf"temporal.{next(iter(options))}: expected"):
        temporal(**options)
