"""Where files are looked for, in which order, and what is said when they are nowhere."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from neurosim.core.errors import InputError
from neurosim.datasets.records import DebianPackage, FileSet
from neurosim.datasets.search import cache_folder, find, folders, not_found

pytest_plugins = ["tests.neurosim.datasets.tiny_sets"]
pytestmark = pytest.mark.usefixtures("bare_machine")
TinySet = tuple[FileSet, dict[str, bytes]]


def put(folder: Path, blobs: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in blobs.items():
        (folder / name).write_bytes(data)
    return folder


def test_places_are_searched_in_the_documented_order(
    idx_set: TinySet, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, blobs = idx_set
    spec = replace(spec, debian=DebianPackage("dataset-mnist", str(bare_machine / "debian")))
    root = bare_machine / "root"
    monkeypatch.setenv("NEUROSIM_DATA", str(root))
    order = [
        root / "mnist",
        root / "MNIST/raw",
        bare_machine / ".keras/datasets/mnist",
        Path("data/MNIST/raw"),
        bare_machine / "debian",
        bare_machine / "cache/mnist",
    ]
    assert folders(spec) == order
    assert find(spec) is None
    for place in reversed(order):
        put(place, blobs)
        assert find(spec) == place


def test_a_folder_with_half_of_the_files_is_passed_over(idx_set: TinySet, bare_machine: Path) -> None:
    spec, blobs = idx_set
    put(Path("data/MNIST/raw"), {name: data for name, data in blobs.items() if name.startswith("train")})
    whole = put(bare_machine / "cache/mnist", blobs)
    assert find(spec) == whole


def test_a_given_path_may_be_the_folder_or_a_root_above_it(idx_set: TinySet, tmp_path: Path) -> None:
    spec, blobs = idx_set
    assert find(spec, put(tmp_path / "here", blobs)) == tmp_path / "here"
    assert find(spec, put(tmp_path / "torch/MNIST/raw", blobs).parent.parent) == tmp_path / "torch/MNIST/raw"
    assert find(spec, str(put(tmp_path / "mine/mnist", blobs).parent)) == tmp_path / "mine/mnist"


def test_a_given_path_without_the_files_is_an_error_even_if_they_are_elsewhere(
    idx_set: TinySet, bare_machine: Path, tmp_path: Path
) -> None:
    spec, blobs = idx_set
    put(bare_machine / "cache/mnist", blobs)
    with pytest.raises(InputError, match=r"mnist.path: expected a folder that holds train-images.*, got .*nowhere"):
        find(spec, tmp_path / "nowhere")


def test_unpacked_batches_and_the_archive_are_both_found(
    cifar_set: TinySet, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, blobs = cifar_set
    monkeypatch.setenv("NEUROSIM_DATA", str(bare_machine))
    (bare_machine / "cifar-10-binary.tar.gz").write_bytes(b"")
    assert find(spec) == bare_machine / "."
    put(bare_machine / "cifar-10-batches-bin", blobs)
    assert find(spec) == bare_machine / "cifar-10-batches-bin"


def test_the_cache_is_the_users_own_unless_a_variable_moves_it(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache_folder("mnist") == bare_machine / "cache" / "mnist"
    monkeypatch.delenv("NEUROSIM_CACHE")
    if os.name == "posix":
        assert cache_folder("mnist").is_relative_to(Path.home()) or "XDG_CACHE_HOME" in os.environ
    assert cache_folder("mnist").parts[-1] == "mnist"
    assert "neurosim" in cache_folder("mnist").parts


def test_a_missing_set_names_the_three_ways_to_get_it(idx_set: TinySet, bare_machine: Path) -> None:
    spec, _ = idx_set
    text = str(not_found(replace(spec, debian=DebianPackage("dataset-mnist", "/usr/share/x"))))
    assert "\n" not in text
    assert "`neurosim data fetch mnist`" in text
    assert "apt install dataset-mnist" in text
    assert (
        f"copy train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte "
        f"(plain or .gz) to {bare_machine / 'cache' / 'mnist'}" in text
    )
    assert "NEUROSIM_DATA" in str(not_found(spec))
