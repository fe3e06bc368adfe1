"""The SVHN reader, on MATLAB files written by scipy."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.datasets.records import Content, FileSet
from neurosim.datasets.svhn import decode, parse

pytest_plugins = ["tests.neurosim.datasets.tiny_sets"]
SHAPE = (3, 32, 32)


def content(data: bytes) -> Content:
    return Content("svhn", "train_32x32.mat", Path("folder/train_32x32.mat"), data, "")


def mat(**arrays: Any) -> Content:
    from scipy.io import savemat

    stream: Any = io.BytesIO()
    savemat(stream, arrays)
    return content(stream.getvalue())


def test_images_come_channel_first_and_label_ten_is_zero() -> None:
    x = np.zeros((32, 32, 3, 2), np.uint8)
    x[5, 7, 2, 1] = 200
    images, labels = decode(mat(X=x, y=np.array([[10], [3]], np.uint8)), 2, SHAPE)
    assert images.shape == (2, 3, 32, 32)
    assert np.argwhere(images).tolist() == [[1, 2, 5, 7]]
    assert labels.tolist() == [0, 3]


def test_both_files_go_to_their_places(svhn_set: tuple[FileSet, dict[str, bytes]]) -> None:
    spec, blobs = svhn_set
    splits = parse(spec, {name: content(data) for name, data in blobs.items()})
    assert (splits.y_train.tolist(), splits.y_test.tolist()) == ([0, 1, 9], [2, 0])
    assert (splits.x_train.shape, splits.x_test.shape) == ((3, *SHAPE), (2, *SHAPE))


@pytest.mark.parametrize(
    "arrays",
    [
        {"X": np.zeros((32, 32, 3, 3), np.uint8), "y": np.ones((2, 1), np.uint8)},
        {"X": np.zeros((32, 32, 3, 2)), "y": np.ones((2, 1), np.uint8)},
        {"X": np.zeros((32, 32, 3, 2), np.uint8)},
        {"X": np.full((32, 32, 3, 2), np.nan), "y": np.ones((2, 1), np.uint8)},
    ],
    ids=["other counts", "floats", "no labels", "NaN"],
)
def test_other_variables_are_refused(arrays: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"svhn.variables: expected .*train_32x32.mat, got"):
        decode(mat(**arrays), 2, SHAPE)


@pytest.mark.parametrize("labels", [[0, 1], [11, 1]])
def test_labels_outside_one_to_ten_are_refused(labels: list[int]) -> None:
    with pytest.raises(InputError, match=r"svhn.labels: expected 1 to 10"):
        decode(mat(X=np.zeros((32, 32, 3, 2), np.uint8), y=np.array(labels, np.uint8)[:, None]), 2, SHAPE)


@pytest.mark.parametrize("keep", [0, 100, 500])
def test_a_file_cut_short_is_one_error(svhn_set: tuple[FileSet, dict[str, bytes]], keep: int) -> None:
    _, blobs = svhn_set
    with pytest.raises(InputError, match=r"svhn\.(format|variables): expected"):
        decode(content(blobs["train_32x32.mat"][:keep]), 3, SHAPE)
