"""Load a data set by its name; list, find and fetch data sets."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.core.errors import InputError, one_of
from neurosim.datasets import digits, synthetic
from neurosim.datasets.catalog import FILE_SETS
from neurosim.datasets.content import read
from neurosim.datasets.dataset import Dataset, check_limit, scaled
from neurosim.datasets.download import download
from neurosim.datasets.records import FileSet
from neurosim.datasets.search import cache_folder, find, not_found, ways_to_get

_WHITE = 255  # the largest value of an 8-bit pixel


@dataclass(frozen=True)
class Entry:
    """One line of the list of data sets.

    Parameters
    ----------
    name : str
        The name that `load` takes.
    n_train, n_test : int
        The numbers of samples.
    sample_shape : tuple of int
        The shape of one sample, channel first.
    n_classes : int
        The number of classes.
    licence : str
        Licence and citation.
    found : str or None
        A folder, "embedded", "generated", or None for a set that is not on this machine.
    how_to_get : str
        The ways to get the set.
    """

    name: str
    n_train: int
    n_test: int
    sample_shape: tuple[int, ...]
    n_classes: int
    licence: str
    found: str | None
    how_to_get: str


@dataclass(frozen=True)
class _BuiltIn:
    entry: Entry
    make: Callable[..., Dataset]


_BUILT_IN = (
    _BuiltIn(
        Entry(
            "digits",
            digits.N_TRAIN,
            digits.N_TEST,
            digits.SAMPLE_SHAPE,
            digits.N_CLASSES,
            digits.LICENCE,
            "embedded",
            "part of neurosim",
        ),
        lambda limit=None: digits.load_digits(limit),
    ),
    _BuiltIn(Entry("xor", 4, 4, (2,), 2, synthetic.LICENCE, "generated", "part of neurosim"), synthetic.xor),
    _BuiltIn(
        Entry(
            "temporal",
            4000,
            1000,
            (synthetic.STEPS, 1),
            synthetic.N_PATTERNS,
            synthetic.LICENCE,
            "generated",
            "part of neurosim",
        ),
        synthetic.temporal,
    ),
)


def names() -> tuple[str, ...]:
    """The names that `load` takes.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> names()
    ('digits', 'xor', 'temporal', 'fashion-mnist', 'mnist', 'cifar10', 'svhn')
    """
    return (*(item.entry.name for item in _BUILT_IN), *(spec.name for spec in FILE_SETS))


def load(
    name: str,
    *,
    path: str | os.PathLike[str] | None = None,
    offline: bool | None = None,
    limit: int | None = None,
    **options: Any,
) -> Dataset:
    """Load the data set called ``name``, verified.

    Parameters
    ----------
    name : str
        One of `names`.
    path : str or path-like, optional
        The folder that holds the files; default: the folders of neurosim/datasets/search.py are searched, and a set
        that is not found is downloaded.
    offline : bool, optional
        True: never use the network; None: as the variable NEUROSIM_OFFLINE says.
    limit : int, optional
        Keep the first so many training samples.
    **options
        Of ``temporal``: seed, n_train, n_test, noise.

    Returns
    -------
    Dataset
        Values in [0, 1].

    Raises
    ------
    InputError
        An unknown name or option, a limit out of range, missing files, or a file that fails a check.

    Examples
    --------
    >>> data = load("digits", limit=100)
    >>> data.x_train.shape, data.x_test.shape, data.n_classes
    ((100, 8, 8), (449, 8, 8), 10)
    """
    found = _lookup(name)
    if isinstance(found, FileSet):
        _check_options(name, options, ())
        return load_files(found, path=path, offline=offline, limit=limit)
    if path is not None:
        raise InputError(f"{name}.path: expected none, as the set is {found.entry.found}, got {path}; leave it out")
    _check_options(name, options, [word for word in inspect.signature(found.make).parameters if word != "limit"])
    return found.make(limit, **options)


def load_files(
    spec: FileSet,
    *,
    path: str | os.PathLike[str] | None = None,
    offline: bool | None = None,
    limit: int | None = None,
    base_url: str | None = None,
) -> Dataset:
    """The data set of ``spec``: searched for, downloaded (from ``base_url`` if given) if found nowhere, and verified.

    Raises:
        InputError: as `load`.
    """
    check_limit(spec.name, limit, spec.n_train)
    folder = find(spec, path)
    if folder is None:
        folder = download(spec, base_url=base_url, offline=offline)
    contents = read(spec, folder)
    arrays = scaled(spec.parse(spec, contents), _WHITE, limit)
    digests = {file: content.sha256 for file, content in contents.items()}
    return Dataset(spec.name, *arrays, spec.n_classes, str(folder), digests, spec.licence)


def available() -> list[Entry]:
    """List every data set with its place on this machine and the ways to get it; no file is verified or downloaded.

    Returns
    -------
    list of Entry

    Examples
    --------
    >>> [(entry.name, entry.found) for entry in available()][:2]
    [('digits', 'embedded'), ('xor', 'generated')]
    """
    entries = [item.entry for item in _BUILT_IN]
    for spec in FILE_SETS:
        folder = find(spec)
        shape, found = spec.sample_shape, None if folder is None else str(folder)
        entries.append(
            Entry(spec.name, spec.n_train, spec.n_test, shape, spec.n_classes, spec.licence, found, ways_to_get(spec))
        )
    return entries


def locate(name: str) -> Path | str:
    """Find the files of a data set; they are not verified.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    Path or str
        The folder, or "embedded" or "generated".

    Raises
    ------
    InputError
        An unknown name, or files that are not on this machine; the text shows how to get them.

    Examples
    --------
    >>> locate("digits")
    'embedded'
    """
    found = _lookup(name)
    if not isinstance(found, FileSet):
        assert found.entry.found is not None
        return found.entry.found
    folder = find(found)
    if folder is None:
        raise not_found(found)
    return folder


def fetch(name: str, *, offline: bool | None = None, base_url: str | None = None) -> Path:
    """Verify the files of a data set; those that are missing, or damaged in the cache, are downloaded.

    Parameters
    ----------
    name : str
        One of `names` whose set consists of files.
    offline : bool, optional
        True: never use the network; None: as the variable NEUROSIM_OFFLINE says.
    base_url : str, optional
        Where to download from, in place of the publisher.

    Returns
    -------
    Path
        The folder of the files.

    Raises
    ------
    InputError
        An unknown name, a set without files, no network, a failed download, or damaged files outside the cache.

    Examples
    --------
    >>> fetch("digits")
    Traceback (most recent call last):
    neurosim.core.errors.InputError: digits.fetch: expected a set that comes in files, got one that is embedded
    """
    found = _lookup(name)
    if not isinstance(found, FileSet):
        raise InputError(f"{name}.fetch: expected a set that comes in files, got one that is {found.entry.found}")
    return fetch_files(found, offline=offline, base_url=base_url)


def fetch_files(spec: FileSet, *, offline: bool | None = None, base_url: str | None = None) -> Path:
    """`fetch` for the files of ``spec``."""
    folder = find(spec)
    if folder is not None:
        try:
            read(spec, folder)
            return folder
        except InputError:
            if folder != cache_folder(spec.name):  # only the cache may be repaired
                raise
    folder = download(spec, base_url=base_url, offline=offline)
    read(spec, folder)
    return folder


def _check_options(name: str, options: Iterable[str], known: Sequence[str]) -> None:
    for option in options:
        if not known:
            raise InputError(f"{name}.options: expected none for this set, got {option!r}; leave it out")
        if option not in known:
            raise one_of(f"{name}.options", option, known)


def _lookup(name: str) -> FileSet | _BuiltIn:
    for spec in FILE_SETS:
        if spec.name == name:
            return spec
    for item in _BUILT_IN:
        if item.entry.name == name:
            return item
    raise one_of("data", name, names())
