"""Loading by name, the list of sets, and the real Fashion-MNIST where the Debian package is installed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim import datasets
from neurosim.core.errors import InputError
from neurosim.datasets import catalog
from neurosim.datasets.content import complete
from neurosim.datasets.loading import load_files
from neurosim.datasets.records import FileSet

pytest_plugins = ["tests.neurosim.datasets.tiny_sets"]
pytestmark = pytest.mark.usefixtures("bare_machine")
TinySet = tuple[FileSet, dict[str, bytes]]
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
needs_fashion_mnist = pytest.mark.skipif(
    not complete(catalog.FASHION_MNIST, DEBIAN),
    reason=f"no Fashion-MNIST in {DEBIAN}; apt install dataset-fashion-mnist",
)


@pytest.mark.parametrize("fixture", ["idx_set", "cifar_set", "svhn_set"])
def test_a_set_of_files_is_loaded_scaled_and_described(
    fixture: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    spec, blobs = request.getfixturevalue(fixture)
    for name, blob in blobs.items():
        (tmp_path / name).write_bytes(blob)
    data = load_files(spec, path=tmp_path, offline=True)
    stored = spec.parse(spec, _contents(spec, tmp_path))
    assert np.array_equal(data.x_train, stored.x_train / np.float32(255))
    assert np.array_equal(data.y_test, stored.y_test)
    assert data.x_train.dtype == np.float32
    assert data.y_train.dtype == np.int64
    assert dict(data.sha256) == {name: hashlib.sha256(blob).hexdigest() for name, blob in blobs.items()}
    assert (data.source, data.licence, data.n_classes) == (str(tmp_path), spec.licence, spec.n_classes)


def _contents(spec: FileSet, folder: Path) -> Any:
    from neurosim.datasets.content import read

    return read(spec, folder)


def test_a_set_of_the_same_form_but_other_content_is_not_taken_for_it(idx_set: TinySet, tmp_path: Path) -> None:
    """As Fashion-MNIST in MNIST's place: the same names and sizes."""
    spec, blobs = idx_set
    other = replace(spec, files=tuple(replace(file, digest="sha256:" + "0" * 64) for file in spec.files))
    for name, blob in blobs.items():
        (tmp_path / name).write_bytes(blob)
    with pytest.raises(InputError, match=r"mnist.sha256: expected 000.*, got [0-9a-f]{64}; replace the file"):
        load_files(other, path=tmp_path)


@pytest.mark.parametrize("limit", [0, 7, -1, 2.5, True])
def test_a_limit_out_of_range_is_refused(idx_set: TinySet, tmp_path: Path, limit: Any) -> None:
    spec, _ = idx_set
    with pytest.raises(InputError, match=r"mnist.limit: expected a whole number from 1 to 6"):
        load_files(spec, path=tmp_path, limit=limit)


def test_a_limit_keeps_the_first_training_samples(idx_set: TinySet, tmp_path: Path) -> None:
    spec, blobs = idx_set
    for name, blob in blobs.items():
        (tmp_path / name).write_bytes(blob)
    data = load_files(spec, path=tmp_path, limit=2)
    assert (data.x_train.shape, data.y_train.tolist(), len(data.x_test)) == ((2, 2, 3), [0, 1], 4)


@pytest.mark.parametrize("name", ["digits", "xor", "temporal"])
def test_built_in_sets_load_without_files_or_network(name: str) -> None:
    data = datasets.load(name, offline=True, limit=3)
    assert data.name == name
    assert len(data.x_train) == 3
    assert datasets.locate(name) == data.source


def test_options_reach_the_generator() -> None:
    assert len(datasets.load("temporal", n_train=20, n_test=30, seed=4).x_test) == 30


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "mnits"}, "did you mean 'mnist'"),
        ({"name": "temporal", "noize": 1}, r"temporal.options: expected one of n_test.*did you mean 'noise'"),
        ({"name": "digits", "seed": 1}, "digits.options: expected none"),
        ({"name": "mnist", "seed": 1}, "mnist.options: expected none"),
        ({"name": "digits", "path": "x"}, "digits.path: expected none, as the set is embedded"),
        ({"name": "cifar10", "offline": True}, "cifar10.files: expected cifar-10-binary.tar.gz or data_batch_1.bin"),
        ({"name": "svhn", "path": "nowhere"}, "svhn.path: expected a folder"),
    ],
)
def test_what_cannot_be_loaded_is_one_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        datasets.load(**arguments)
    assert "\n" not in str(error.value)


def test_the_list_names_every_set_with_facts_that_hold() -> None:
    entries = {entry.name: entry for entry in datasets.available()}
    assert tuple(entries) == datasets.names()
    for name in ("digits", "xor", "temporal"):
        entry, data = entries[name], datasets.load(name)
        assert (entry.n_train, entry.n_test) == (len(data.x_train), len(data.x_test))
        assert (entry.sample_shape, entry.n_classes) == (data.sample_shape, data.n_classes)
        assert (entry.licence, entry.found) == (data.licence, data.source)
    for name in ("mnist", "cifar10", "svhn"):
        assert entries[name].found is None
        assert f"neurosim data fetch {name}" in entries[name].how_to_get


def test_a_set_that_is_nowhere_cannot_be_located() -> None:
    with pytest.raises(InputError, match=r"mnist.files: expected .*neurosim data fetch mnist"):
        datasets.locate("mnist")


def test_a_built_in_set_cannot_be_fetched() -> None:
    with pytest.raises(InputError, match=r"digits.fetch: expected a set that comes in files"):
        datasets.fetch("digits")


@needs_fashion_mnist
def test_fashion_mnist_has_its_published_counts_and_moments() -> None:
    """Xiao et al. (2017): 6000 and 1000 of each class; mean 0.2860 and deviation 0.3530 as commonly quoted."""
    data = datasets.load("fashion-mnist", path=DEBIAN, offline=True)
    assert (data.x_train.shape, data.x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert np.bincount(data.y_train).tolist() == [6000] * 10
    assert np.bincount(data.y_test).tolist() == [1000] * 10
    assert data.x_train.mean(dtype=np.float64) == pytest.approx(0.2860, abs=5e-5)
    assert data.x_train.std(dtype=np.float64) == pytest.approx(0.3530, abs=5e-5)


@needs_fashion_mnist
def test_fashion_mnist_is_found_by_itself_and_refused_as_mnist() -> None:
    assert datasets.locate("fashion-mnist") == DEBIAN
    assert datasets.fetch("fashion-mnist", offline=True) == DEBIAN
    with pytest.raises(InputError, match=r"mnist.sha256: expected ba891046"):
        datasets.load("mnist", path=DEBIAN)
