"""The CIFAR-10 reader, on records of 1 + 3 x 32 x 32 bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from neurosim.core.errors import InputError
from neurosim.datasets.cifar import decode, parse
from neurosim.datasets.records import Content, FileSet

pytest_plugins = ["tests.neurosim.datasets.tiny_sets"]
SHAPE = (3, 32, 32)


def content(data: bytes) -> Content:
    return Content("cifar10", "batch.bin", Path("folder/batch.bin"), data, "")


def test_planes_rows_and_columns_are_in_the_published_order() -> None:
    pixels = bytearray(3072)
    pixels[0], pixels[1], pixels[32], pixels[1024], pixels[2048] = 1, 2, 3, 4, 5
    images, labels = decode(content(bytes([6]) + bytes(pixels)), SHAPE, 10)
    image = images[0]
    assert (image[0, 0, 0], image[0, 0, 1], image[0, 1, 0], image[1, 0, 0], image[2, 0, 0]) == (1, 2, 3, 4, 5)
    assert labels.tolist() == [6]


def test_batches_are_joined_in_order_and_the_last_file_is_the_test(cifar_set: tuple[FileSet, dict[str, bytes]]) -> None:
    spec, blobs = cifar_set
    splits = parse(spec, {name: content(data) for name, data in blobs.items()})
    assert splits.y_train.tolist() == [3, 9, 0, 5]
    assert splits.y_test.tolist() == [7, 1, 2]
    assert splits.x_train[:, 0, 0, 0].tolist() == [3, 9, 0, 5]
    assert splits.x_test.shape == (3, *SHAPE)


def test_a_broken_record_is_refused() -> None:
    with pytest.raises(InputError, match=r"cifar10.size: expected a multiple of 3073 bytes .*got 3072"):
        decode(content(bytes(3072)), SHAPE, 10)


def test_a_label_beyond_nine_is_refused() -> None:
    with pytest.raises(InputError, match=r"cifar10.labels: expected 0 to 9 .*got 10 to 10"):
        decode(content(bytes([10]) + bytes(3072)), SHAPE, 10)


def test_another_number_of_records_is_refused(cifar_set: tuple[FileSet, dict[str, bytes]]) -> None:
    spec, blobs = cifar_set
    with pytest.raises(InputError, match=r"cifar10.records: expected 5 in all batches .*got 4"):
        parse(replace(spec, n_train=5), {name: content(data) for name, data in blobs.items()})
