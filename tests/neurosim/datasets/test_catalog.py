"""The catalogue: its facts agree with each other and with the formats."""

from __future__ import annotations

import math
import string

import pytest

from neurosim.datasets.catalog import CIFAR10, FASHION_MNIST, FILE_SETS, MNIST
from neurosim.datasets.records import FileSet

LENGTH = {"sha256": 64, "md5": 32}


@pytest.mark.parametrize("spec", FILE_SETS, ids=lambda spec: spec.name)
def test_every_digest_is_whole_and_none_is_given_twice(spec: FileSet) -> None:
    digests = [file.digest for file in spec.files] + [f"md5:{item.md5}" for item in spec.downloads]
    for digest in digests:
        algorithm, _, value = digest.partition(":")
        assert len(value) == LENGTH[algorithm]
        assert set(value) <= set(string.hexdigits.lower())
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("spec", FILE_SETS, ids=lambda spec: spec.name)
def test_addresses_end_where_a_file_name_follows(spec: FileSet) -> None:
    assert spec.url.startswith("http")
    assert spec.url.endswith("/")


@pytest.mark.parametrize("spec", [MNIST, FASHION_MNIST], ids=lambda spec: spec.name)
def test_the_idx_files_have_their_published_sizes(spec: FileSet) -> None:
    """The sizes of the unpacked files on MNIST's page: 16 + n 28 28 and 8 + n bytes."""
    assert [file.size for file in spec.files] == [47040016, 60008, 7840016, 10008]


def test_the_cifar_batches_hold_ten_thousand_records_each() -> None:
    record = 1 + math.prod(CIFAR10.sample_shape)
    assert record == 3073
    assert {file.size for file in CIFAR10.files} == {10_000 * record}
    assert CIFAR10.n_train + CIFAR10.n_test == 10_000 * len(CIFAR10.files)


def test_no_two_sets_share_a_digest() -> None:
    digests = [file.digest for spec in FILE_SETS for file in spec.files]
    assert len(set(digests)) == len(digests)
