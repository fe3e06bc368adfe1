"""The embedded digits: the same samples as scikit-learn's, the fixed split, and damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.datasets.digits import PATH, load_digits


def test_the_samples_are_those_of_scikit_learn() -> None:
    reference = pytest.importorskip("sklearn.datasets", reason="scikit-learn is the oracle here").load_digits()
    data = load_digits()
    test = np.arange(1797) % 4 == 3
    assert (data.x_train * 16 == reference.images[~test]).all()
    assert (data.x_test * 16 == reference.images[test]).all()
    assert (data.y_train == reference.target[~test]).all()
    assert (data.y_test == reference.target[test]).all()


def test_counts_and_range_are_the_published_ones() -> None:
    """UCI's description: 1797 samples of the test part, pixels 0 to 16, so many of each digit."""
    data = load_digits()
    assert (len(data.x_train), len(data.x_test), data.sample_shape) == (1348, 449, (8, 8))
    counts = np.bincount(np.concatenate((data.y_train, data.y_test)))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (data.x_train.min(), data.x_train.max()) == (0.0, 1.0)
    assert "CC BY 4.0" in data.licence


def test_a_limit_keeps_the_first_training_samples_and_the_whole_test() -> None:
    assert (load_digits(10).x_train == load_digits().x_train[:10]).all()
    assert len(load_digits(10).x_test) == 449


def test_another_content_is_refused(tmp_path: Path) -> None:
    with np.load(PATH) as stored:
        arrays = dict(stored)
    arrays["labels"][0] += 1
    np.savez_compressed(tmp_path / "digits.npz", **arrays)
    with pytest.raises(InputError, match=r"digits.sha256: expected .* for labels, got .*reinstall"):
        load_digits(path=tmp_path / "digits.npz")


@pytest.mark.parametrize("keep", [0, 50, 20_000])
def test_a_damaged_file_is_one_error(tmp_path: Path, keep: int) -> None:
    (tmp_path / "digits.npz").write_bytes(PATH.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"digits.file: expected .*reinstall"):
        load_digits(path=tmp_path / "digits.npz")


def test_a_single_array_in_place_of_the_file_is_one_error(tmp_path: Path) -> None:
    with (tmp_path / "digits.npz").open("wb") as stream:
        np.save(stream, np.zeros(3))
    with pytest.raises(InputError, match=r"digits.file: expected .*reinstall"):
        load_digits(path=tmp_path / "digits.npz")


def test_a_pickle_in_place_of_the_file_is_not_executed(tmp_path: Path) -> None:
    import pickle

    (tmp_path / "digits.npz").write_bytes(pickle.dumps({"images": 1}))
    with pytest.raises(InputError, match=r"digits.file"):
        load_digits(path=tmp_path / "digits.npz")
