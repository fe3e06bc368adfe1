"""The IDX reader, on files laid out as MNIST's page describes them."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from neurosim.core.errors import InputError
from neurosim.datasets.idx import decode, parse
from neurosim.datasets.records import Content, FileSet

pytest_plugins = ["tests.neurosim.datasets.tiny_sets"]


def content(data: bytes) -> Content:
    return Content("mnist", "file", Path("folder/file"), data, hashlib.sha256(data).hexdigest())


def test_bytes_come_back_in_row_order() -> None:
    data = struct.pack(">4I", 2051, 2, 2, 3) + bytes(range(12))
    expected = [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    assert decode(content(data), (2, 2, 3)).tolist() == expected


@pytest.mark.parametrize(
    ("header", "check"),
    [
        ((2049, 2, 2, 3), "magic: expected 2051 for folder/file, got 2049"),
        ((0x00000D03, 2, 2, 3), "magic: expected 2051 for folder/file, got 3331"),
        ((2051, 3, 2, 2), r"dimensions: expected \(2, 2, 3\) for folder/file, got \(3, 2, 2\)"),
    ],
    ids=["labels for images", "floats for bytes", "other dimensions"],
)
def test_another_header_names_file_expected_and_got(header: tuple[int, ...], check: str) -> None:
    data = struct.pack(">4I", *header) + bytes(12)
    with pytest.raises(InputError, match=f"mnist.{check}; .*neurosim data fetch mnist"):
        decode(content(data), (2, 2, 3))


@pytest.mark.parametrize("data", [b"", b"\0\0", struct.pack(">4I", 2051, 2, 2, 3) + bytes(11)])
def test_too_few_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"mnist.size: expected 28 bytes"):
        decode(content(data), (2, 2, 3))


def test_the_four_files_go_to_their_places(idx_set: tuple[FileSet, dict[str, bytes]]) -> None:
    spec, blobs = idx_set
    splits = parse(spec, {name: content(data) for name, data in blobs.items()})
    assert splits.x_train.shape == (6, 2, 3)
    assert splits.x_train.ravel().tolist() == list(range(36))
    assert splits.y_train.tolist() == [0, 1, 2, 2, 1, 0]
    assert splits.x_test.ravel().tolist() == list(range(232, 256))
    assert splits.y_test.tolist() == [2, 1, 0, 1]
    assert splits.x_train.dtype == np.uint8


def test_a_label_beyond_the_classes_is_refused(idx_set: tuple[FileSet, dict[str, bytes]]) -> None:
    spec, blobs = idx_set
    wrong = blobs | {"t10k-labels-idx1-ubyte": struct.pack(">2I", 2049, 4) + bytes([0, 1, 3, 1])}
    with pytest.raises(InputError, match=r"mnist.labels: expected 0 to 2 .*got 0 to 3"):
        parse(spec, {name: content(data) for name, data in wrong.items()})
