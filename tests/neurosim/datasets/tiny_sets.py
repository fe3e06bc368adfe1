"""Fixtures: tiny data sets in the true file formats, written byte by byte, and a machine without any data.

Test files name this module in ``pytest_plugins``.
"""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.datasets import catalog
from neurosim.datasets.records import Download, FileSet, FileSpec

TinySet = tuple[FileSet, dict[str, bytes]]


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, working folder and cache; no variable of ours is set but NEUROSIM_CACHE."""
    home = tmp_path / "bare"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("NEUROSIM_CACHE", str(home / "cache"))
    monkeypatch.delenv("NEUROSIM_DATA", raising=False)
    monkeypatch.delenv("NEUROSIM_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return home


@pytest.fixture
def idx_set() -> TinySet:
    """Six training and four test images of 2 x 3 pixels, as MNIST stores them: (spec, file name -> bytes)."""
    blobs = {
        "train-images-idx3-ubyte": struct.pack(">4I", 2051, 6, 2, 3) + bytes(range(36)),
        "train-labels-idx1-ubyte": struct.pack(">2I", 2049, 6) + bytes([0, 1, 2, 2, 1, 0]),
        "t10k-images-idx3-ubyte": struct.pack(">4I", 2051, 4, 2, 3) + bytes(range(232, 256)),
        "t10k-labels-idx1-ubyte": struct.pack(">2I", 2049, 4) + bytes([2, 1, 0, 1]),
    }
    return _tiny(catalog.MNIST, blobs, n_train=6, n_test=4, sample_shape=(2, 3), n_classes=3, archive=None), blobs


@pytest.fixture
def cifar_set() -> TinySet:
    """Two batches of two records and a test batch of three; the pixel bytes count up from the label."""

    def records(labels: list[int]) -> bytes:
        return b"".join(bytes([label]) + bytes((label + i) % 256 for i in range(3072)) for label in labels)

    blobs = {
        "data_batch_1.bin": records([3, 9]),
        "data_batch_2.bin": records([0, 5]),
        "test_batch.bin": records([7, 1, 2]),
    }
    return _tiny(catalog.CIFAR10, blobs, n_train=4, n_test=3), blobs


@pytest.fixture
def svhn_set() -> TinySet:
    """Three training and two test images as SVHN stores them; label 10 stands for the digit 0."""
    from scipy.io import savemat

    def mat(first: int, labels: list[int]) -> bytes:
        n = len(labels)
        x = ((np.arange(32 * 32 * 3 * n) + first) % 251).astype(np.uint8).reshape(32, 32, 3, n)
        stream: Any = io.BytesIO()
        savemat(stream, {"X": x, "y": np.array(labels, np.uint8)[:, None]}, do_compression=True)
        return bytes(stream.getvalue())

    blobs = {"train_32x32.mat": mat(0, [10, 1, 9]), "test_32x32.mat": mat(7, [2, 10])}
    return _tiny(catalog.SVHN, blobs, n_train=3, n_test=2), blobs


def _tiny(spec: FileSet, blobs: dict[str, bytes], **changes: Any) -> FileSet:
    files = tuple(
        FileSpec(name, len(data), f"sha256:{hashlib.sha256(data).hexdigest()}") for name, data in blobs.items()
    )
    downloads = tuple(Download(name, hashlib.md5(data).hexdigest()) for name, data in blobs.items())
    return replace(spec, files=files, downloads=downloads, debian=None, **changes)
