"""Files written atomically, disk space reserved before use, and locks that mark a file as being written.

HDF5 does not survive a write that fails: h5py 3.16 with HDF5 2.0 ends the whole process with a segmentation fault when
a chunk cannot be written on a full disk. So space is reserved before HDF5 writes, here and in the writer.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import ModuleType

from neurosim.core.errors import InputError

_TEMPORARY = re.compile(r"\..+\.(\d+)-[0-9a-f]{8}\.tmp")  # with the process that made it, see `write_temporary`
BLOCK = 2**20  # bytes of zeros written at a time where the system cannot reserve


class RunLogError(InputError):
    """A log could not be continued: the disk is full or the file is gone. What was flushed is kept."""


def no_room(path: Path, error: BaseException) -> RunLogError:
    """The error for a full disk under the log ``path``."""
    reason = (isinstance(error, OSError) and error.strerror) or str(error).partition("\n")[0]
    return RunLogError(f"log: expected free disk space for {path}, got {reason!r}; what was flushed is kept")


def default_name(kind: str, seed: int) -> str:
    """The name of a run that starts now: date, time, kind and seed.

    Parameters
    ----------
    kind : str
        What is run ("compare").
    seed : int
        Its seed.

    Returns
    -------
    str
        Such as "2026-01-31_120000_compare_seed3".

    Examples
    --------
    >>> default_name("compare", 3)[10:11], default_name("compare", 3)[17:]
    ('_', '_compare_seed3')
    """
    return f"{datetime.now():%Y-%m-%d_%H%M%S}_{kind}_seed{seed}"


def new_folder(parent: str | Path, kind: str, seed: int) -> Path:
    """Make a folder for a run, named by `default_name`; a number follows where that name is taken.

    Parameters
    ----------
    parent : path
        The folder to make it in, which is made if needed.
    kind : str
        What is run ("compare").
    seed : int
        Its seed.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    name = default_name(kind, seed)
    for attempt in range(1, 10_000):
        folder = Path(parent) / (name if attempt == 1 else f"{name}_{attempt}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not folder.exists():  # a part of ``parent`` is a file
                raise _not_writable(folder, NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))) from None
        except OSError as error:
            raise _not_writable(folder, error) from None
        else:
            return folder
    raise InputError(f"log: expected a free folder name like {name} in {parent}, got 9999 taken ones; choose a path")


def check_target(path: str | Path, overwrite: bool) -> Path:
    """The real path of a log to create; its folder is made.

    Raises:
        InputError: the file exists and ``overwrite`` is not given; it is no file; its folder cannot be made.
    """
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        exists = target.exists()
    except OSError as error:
        raise _not_writable(target, error) from None
    if exists and not target.is_file():
        raise InputError(f"log: expected the name of a file, got {path}, which is a folder or a device")
    if exists and not overwrite:
        raise taken(target)
    return target


def check_own(owner: str, path: str | Path, kind: str, is_ours: Callable[[bytes], bool]) -> Path:
    """The real path of a file to write, its folder made; only what ``is_ours``, by its content, is ever replaced.

    Raises:
        InputError: something else is there, or its folder cannot be made.
    """
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or (target.is_file() and is_ours(target.read_bytes())):
            return target
    except OSError as error:
        raise InputError(f"{owner}: expected a file that can be written, got {path} ({error.strerror})") from None
    if not target.is_file():
        raise InputError(f"{owner}: expected a file that can be written, got {path}, which is a folder or a device")
    raise InputError(
        f"{owner}: expected a new file or {kind} of neurosim to replace, got {path}, which is something else; "
        "pass another path, or remove it first"
    )


def taken(path: Path) -> InputError:
    """The error for a log whose name is in use."""
    remedy = "pass another path, or overwrite=True (--overwrite)"
    return InputError(f"log: expected a new file, got existing {path}; {remedy}")


def write_temporary(target: Path, content: bytes) -> Path:
    """A file of another name beside ``target`` that holds ``content``, on the disk."""
    path = target.with_name(f".{target.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with open(path, "xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise no_room(target, error) from None
        raise _not_writable(target, error) from None
    return path


def remove_leftovers(folder: Path) -> None:
    """Remove what processes that were killed left of `write_temporary` in the folder."""
    for path in folder.glob(".*.tmp"):
        found = _TEMPORARY.fullmatch(path.name)
        if found and not _is_running(int(found[1])):
            path.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    if os.name == "nt":  # there os.kill would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True


def publish(temporary: Path, target: Path, replace: bool) -> None:
    """Give ``temporary`` the name ``target`` in one step: in place of an old file, or only if there is none."""
    if replace:
        os.replace(temporary, target)
    else:
        try:
            os.link(temporary, target)
        except FileExistsError:
            temporary.unlink()
            raise taken(target) from None
        except OSError:  # a file system without hard links, where two runs in one instant cannot be told apart
            if target.exists():
                temporary.unlink()
                raise taken(target) from None
            os.replace(temporary, target)
        else:
            temporary.unlink()
    _sync_folder(target.parent)


def write_atomically(target: Path, content: bytes) -> None:
    """Make ``target`` hold ``content``: after a crash at any moment it is the old file or the new one, whole."""
    publish(write_temporary(target, content), target, replace=True)


def reserve(descriptor: int, size: int) -> None:
    """Make the open file at least ``size`` bytes long, with disk space for them all.

    Raises:
        OSError: there is no such space; the file keeps its length, or has grown by zeros.
    """
    length = os.fstat(descriptor).st_size
    if length >= size:
        return
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, length, size - length)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                raise
        else:
            return
    os.lseek(descriptor, length, os.SEEK_SET)
    while length < size:
        length += os.write(descriptor, bytes(min(BLOCK, size - length)))


def mark_in_use(descriptor: int) -> None:
    """Take a shared lock, so that `is_locked` is true until the descriptor is closed or the process dies."""
    fcntl = _fcntl()
    with suppress(OSError):  # a file system without locks
        if fcntl:
            fcntl.flock(descriptor, fcntl.LOCK_SH)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Lock ``folder`` for this process in the block, where the system has locks.

    Raises:
        InputError: another process has locked it.
    """
    fcntl = _fcntl()
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"log: expected a folder in which no study runs, got {folder}; wait, or pass another folder"
            ) from None
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether a process holds the file's lock; False where the system has no such locks."""
    fcntl = _fcntl()
    if fcntl is None:
        return False
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def _fcntl() -> ModuleType | None:
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    return fcntl


def _not_writable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"log: expected a folder that can be written, got {path.parent} ({error.strerror}); choose another path"
    )


def _sync_folder(folder: Path) -> None:
    """Bring a rename in ``folder`` to the disk, where folders can be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
