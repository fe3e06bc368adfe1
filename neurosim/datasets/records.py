"""Records of a data set that consists of files, and of the content of one file.

A `FileSet` has names, sizes, digests, addresses and licence, and the function that parses the files. Digests are those
of the decompressed content, so that a recompressed copy is accepted and a modified one is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy.typing as npt

from neurosim.core.errors import InputError


@dataclass(frozen=True)
class FileSpec:
    """One file by its decompressed content: ``name``, ``size`` in bytes, ``digest`` as "sha256:..." or "md5:..."."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True)
class Download:
    """One file as the site serves it, below the set's address: ``name`` and ``md5`` (hexadecimal)."""

    name: str
    md5: str


@dataclass(frozen=True)
class DebianPackage:
    """A Debian package that installs the files into ``folder``."""

    name: str
    folder: str


@dataclass(frozen=True)
class Content:
    """The decompressed bytes of one file: ``owner`` is the set's name, ``path`` says where the bytes were."""

    owner: str
    name: str
    path: Path
    data: bytes
    sha256: str

    def problem(self, check: str, expected: object, got: object) -> InputError:
        """The error for this file when ``check`` failed."""
        return file_problem(self.owner, self.name, self.path, check, expected, got)


class Splits(NamedTuple):
    """A set as stored: uint8 images (n, *sample_shape) and integer labels (n,), for training and for the test."""

    x_train: npt.NDArray[Any]
    y_train: npt.NDArray[Any]
    x_test: npt.NDArray[Any]
    y_test: npt.NDArray[Any]


Parser: TypeAlias = "Callable[[FileSet, Mapping[str, Content]], Splits]"


@dataclass(frozen=True)
class FileSet:
    """A data set that comes in files.

    ``layouts`` are the folders below a shared root where other libraries put the files ("." is the root itself).
    ``archive`` names the tar.gz that may hold all files at once.
    """

    name: str
    n_train: int
    n_test: int
    sample_shape: tuple[int, ...]
    n_classes: int
    licence: str
    url: str
    files: tuple[FileSpec, ...]
    downloads: tuple[Download, ...]
    layouts: tuple[str, ...]
    parse: Parser
    archive: str | None = None
    debian: DebianPackage | None = None


def file_problem(owner: str, name: str, path: Path, check: str, expected: object, got: object) -> InputError:
    """The one-line error for a file of set ``owner`` that failed ``check``."""
    where = str(path) if path.name == name else f"{name} in {path}"
    return InputError(
        f"{owner}.{check}: expected {expected} for {where}, got {got}; "
        f"replace the file, or remove it and run `neurosim data fetch {owner}`"
    )


def check_labels(content: Content, labels: npt.NDArray[Any], low: int, high: int) -> None:
    """Raise InputError unless all ``labels`` lie in [low, high]."""
    if len(labels) and (labels.min() < low or labels.max() > high):
        raise content.problem("labels", f"{low} to {high}", f"{labels.min()} to {labels.max()}")
