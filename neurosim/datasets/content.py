"""The verified content of a set's files, from plain files, .gz files or one tar.gz archive.

Nothing is unpacked to disk, and decompression stops one byte after the expected size: a larger file is refused.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zlib
from pathlib import Path
from typing import IO

from neurosim.core.errors import InputError
from neurosim.datasets.records import Content, FileSet, FileSpec, file_problem

_ARCHIVE_EXTRA = 1 << 20  # bytes of an archive besides the files: headers, padding, a page of text
_BROKEN = (OSError, EOFError, zlib.error, tarfile.TarError)


def holders(spec: FileSet, folder: Path) -> dict[str, Path]:
    """File name -> the path below ``folder`` that holds it: the file itself, its .gz, or the set's archive.

    Missing files are omitted, so the set is complete if every name is a key.
    """
    found = {}
    for file in spec.files:
        for path in (folder / file.name, folder / f"{file.name}.gz"):
            if path.is_file():
                found[file.name] = path
                break
    if len(found) < len(spec.files) and spec.archive is not None and (folder / spec.archive).is_file():
        return {file.name: folder / spec.archive for file in spec.files}
    return found


def complete(spec: FileSet, folder: Path) -> bool:
    """Whether ``folder`` holds every file of the set, unverified."""
    return len(holders(spec, folder)) == len(spec.files)


def read(spec: FileSet, folder: Path) -> dict[str, Content]:
    """File name -> content, each of the right size and digest.

    Raises:
        InputError: a file is missing, unreadable, truncated, too long, or its digest is wrong.
    """
    paths = holders(spec, folder)
    missing = [file.name for file in spec.files if file.name not in paths]
    if missing:
        raise InputError(
            f"{spec.name}.files: expected {', '.join(missing)} (or .gz) in {folder}, got no such file; copy them there"
        )
    archive = None if spec.archive is None else folder / spec.archive
    if archive in paths.values():
        assert archive is not None
        blobs = _from_archive(spec, archive)
    else:
        blobs = {file.name: _from_file(spec.name, file, paths[file.name]) for file in spec.files}
    return {file.name: _verified(spec.name, file, paths[file.name], blobs[file.name]) for file in spec.files}


def _from_file(owner: str, file: FileSpec, path: Path) -> bytes:
    try:
        stream: IO[bytes]
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:  # type: ignore[assignment]
            return stream.read(file.size + 1)
    except _BROKEN as error:
        raise file_problem(owner, file.name, path, "read", f"{file.size} bytes", _reason(error)) from error


def _from_archive(spec: FileSet, path: Path) -> dict[str, bytes]:
    wanted = {file.name: file for file in spec.files}
    blobs: dict[str, bytes] = {}
    limit = sum(file.size for file in spec.files) + _ARCHIVE_EXTRA
    try:
        with gzip.open(path) as stream, tarfile.open(fileobj=_Limited(stream, limit), mode="r|") as tar:  # type: ignore[call-overload]
            for member in tar:
                name = member.name.rpartition("/")[2]
                if name not in wanted or name in blobs or not member.isfile():
                    continue
                if member.size != wanted[name].size:
                    size = f"{wanted[name].size} bytes"
                    raise file_problem(spec.name, name, path, "size", size, f"{member.size} bytes")
                extracted = tar.extractfile(member)
                blobs[name] = b"" if extracted is None else extracted.read()
    except _TooLong as error:
        raise file_problem(spec.name, path.name, path, "size", f"at most {limit} bytes unpacked", "more") from error
    except _BROKEN as error:
        raise file_problem(spec.name, path.name, path, "read", "a whole tar.gz archive", _reason(error)) from error
    absent = [name for name in wanted if name not in blobs]
    if absent:
        raise file_problem(spec.name, path.name, path, "files", ", ".join(absent), "no such member")
    return blobs


def _verified(owner: str, file: FileSpec, path: Path, data: bytes) -> Content:
    if len(data) != file.size:
        got = "more" if len(data) > file.size else f"{len(data)} (truncated)"
        raise file_problem(owner, file.name, path, "size", f"{file.size} bytes", got)
    algorithm, _, expected = file.digest.partition(":")
    digest = hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()
    if digest != expected:
        raise file_problem(owner, file.name, path, algorithm, expected, digest)
    return Content(owner, file.name, path, data, hashlib.sha256(data).hexdigest())


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__} ({' '.join(str(error).split())})"


class _TooLong(Exception):
    """A compressed file is larger than expected."""


class _Limited:
    """A readable stream that raises `_TooLong` once more than ``limit`` bytes were read from it."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _TooLong
        return data
