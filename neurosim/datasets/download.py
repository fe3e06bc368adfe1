"""Download the files of a data set into the cache with pooch; each is verified by its MD5."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from textwrap import shorten

from neurosim.core.errors import InputError, one_line
from neurosim.datasets.records import FileSet
from neurosim.datasets.search import cache_folder, not_found, ways_to_get

REASON_LENGTH = 200  # characters
_TIMEOUT = 30.0  # s without an answer


def is_offline(offline: bool | None) -> bool:
    """Whether the network must not be touched: ``offline``, or if that is None the variable NEUROSIM_OFFLINE."""
    return os.environ.get("NEUROSIM_OFFLINE", "0") not in ("", "0") if offline is None else offline


def download(
    spec: FileSet, *, folder: Path | None = None, base_url: str | None = None, offline: bool | None = None
) -> Path:
    """The folder (by default the cache's) into which the files were downloaded; files already there are kept.

    A file appears under its name only when it is whole and its md5 is right. ``base_url`` replaces the site.

    Raises:
        InputError: offline, or a download failed.
    """
    if is_offline(offline):
        raise not_found(spec)
    import pooch

    target = cache_folder(spec.name) if folder is None else folder
    for item in spec.downloads:
        url = (spec.url if base_url is None else base_url) + item.name
        known = f"md5:{item.md5}"
        downloader = pooch.HTTPDownloader(timeout=_TIMEOUT, progressbar=_bar(item.name))
        try:
            pooch.retrieve(url, known, fname=item.name, path=target, downloader=downloader)
        except (OSError, ValueError) as error:  # the network or the disk; another md5
            expected = url if isinstance(error, OSError) else f"{url} with {known}"
            raise InputError(
                f"{spec.name}.download: expected {expected}, got {_reason(error)}; {ways_to_get(spec)}"
            ) from error
    return target


def _reason(error: Exception) -> str:
    """The cause of an error, without the layers around it.

    >>> layers = "Pool(host='a', port=443): Max retries exceeded (Caused by Error('Connection(port=443): No route'))"
    >>> _reason(OSError(layers)), _reason(ValueError("MD5 hash (a) does not match: b"))
    ('OSError: No route', 'ValueError: MD5 hash (a) does not match: b')
    """
    text = one_line(error)
    text = text.rpartition("): ")[2].rstrip("\"')") if isinstance(error, OSError) else text
    return f"{type(error).__name__}: {shorten(text, REASON_LENGTH, placeholder=' ...')}"


def _bar(name: str) -> _Bar | bool:
    return _Bar(name) if sys.stderr.isatty() else False


class _Bar:
    """A progress bar on stderr, in the form that pooch calls; it appears with the first bytes."""

    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        self.total = 0
        columns = (TextColumn(name), BarColumn(), DownloadColumn())
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._task = self._progress.add_task(name, total=None)

    def update(self, n: int) -> None:
        self._progress.start()
        self._progress.update(self._task, advance=n, total=self.total or None)

    def reset(self) -> None:
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        self._progress.stop()
