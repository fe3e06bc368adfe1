"""The folders in which the files of a data set are searched.

In this order: the path given; NEUROSIM_DATA/<name>; the layouts of other libraries below NEUROSIM_DATA;
~/.keras/datasets/<name>; the same layouts below ./data; the folder of the Debian package; the cache
(NEUROSIM_CACHE, else the user's cache folder of the operating system).
"""

from __future__ import annotations

import os
from pathlib import Path

from neurosim.core.errors import InputError
from neurosim.datasets.content import complete
from neurosim.datasets.records import FileSet


def cache_folder(name: str) -> Path:
    """The folder of the cache where the files of set ``name`` are downloaded to."""
    given = os.environ.get("NEUROSIM_CACHE")
    if given:
        return Path(given).expanduser() / name
    from pooch import os_cache

    return Path(os_cache("neurosim")) / name


def folders(spec: FileSet) -> list[Path]:
    """Every folder that is searched without a path, in order; they need not exist."""
    places = []
    root = os.environ.get("NEUROSIM_DATA")
    if root:
        shared = Path(root).expanduser()
        places += [shared / spec.name, *(shared / layout for layout in spec.layouts)]
    places.append(Path("~/.keras/datasets").expanduser() / spec.name)
    places += [Path("data") / layout for layout in spec.layouts]
    if spec.debian is not None:
        places.append(Path(spec.debian.folder))
    places.append(cache_folder(spec.name))
    return places


def find(spec: FileSet, path: str | os.PathLike[str] | None = None) -> Path | None:
    """The first folder that holds every file of the set, unverified; None if there is none.

    ``path`` replaces the search: the folder itself, or a root below which the files lie in a known layout.

    Raises:
        InputError: ``path`` was given and does not hold the files.
    """
    if path is None:
        return next((folder for folder in folders(spec) if complete(spec, folder)), None)
    given = Path(path).expanduser()
    for folder in (given, given / spec.name, *(given / layout for layout in spec.layouts)):
        if complete(spec, folder):
            return folder
    raise InputError(
        f"{spec.name}.path: expected a folder that holds {wanted(spec)}, got {given}; "
        f"copy them there, or leave the path out and run `neurosim data fetch {spec.name}`"
    )


def wanted(spec: FileSet) -> str:
    """The file names that a user may copy, in words."""
    plain = ", ".join(file.name for file in spec.files)
    if spec.archive is not None:
        return f"{spec.archive} or {plain}"
    return f"{plain} (plain or .gz)"


def ways_to_get(spec: FileSet) -> str:
    """The ways to get the set, in one clause: the command, a package or a variable, and copying."""
    package = spec.debian and f"install the Debian package {spec.debian.name} (apt install {spec.debian.name})"
    second = package or f"set NEUROSIM_DATA to a folder whose subfolder {spec.name} holds the files"
    return (
        f"run `neurosim data fetch {spec.name}` where there is a network, or {second}, "
        f"or copy {wanted(spec)} to {cache_folder(spec.name)}"
    )


def not_found(spec: FileSet) -> InputError:
    """The error for a set that is not on this machine."""
    return InputError(f"{spec.name}.files: expected {wanted(spec)}, got none on this machine; {ways_to_get(spec)}")
