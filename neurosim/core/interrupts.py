"""Signals that end a run: deferred until recorded data is consistent, and never lost.

SIGTERM, by which batch systems end a job, and SIGHUP, when a terminal closes, stop a run as Ctrl-C does. What ignores a
signal (a job in the background, nohup) goes on ignoring it; handlers of one's own are called.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP."""


@contextmanager
def deferred_interrupt() -> Iterator[Callable[[], None]]:
    """Defer interrupts until the function that this yields is called, or the block ends; a second one acts at once.

    Outside the main thread nothing changes.

    >>> try:
    ...     with deferred_interrupt() as check_interrupt:
    ...         signal.raise_signal(signal.SIGTERM)
    ...         print("first this")
    ...         check_interrupt()
    ... except KeyboardInterrupt:
    ...     print("then stop")
    first this
    then stop
    """
    handlers = _handlers()
    caught: list[int] = []

    def defer(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        if len(caught) > 1:
            handlers[number](number, frame)

    def check_interrupt() -> None:
        if caught:
            number = caught[0]
            caught.clear()
            handlers[number](number, None)

    with _handled(handlers, defer):
        yield check_interrupt
    check_interrupt()


@contextmanager
def lasting_interrupt() -> Iterator[Callable[[], None]]:
    """Let interrupts act at once, and once more in the function that this yields: the first may have been lost.

    Python drops an exception that is raised while it calls back for an object that is freed (python/cpython
    issue 95959). Outside the main thread nothing changes.

    >>> try:
    ...     with lasting_interrupt() as check_interrupt:
    ...         try:
    ...             signal.raise_signal(signal.SIGINT)
    ...         except KeyboardInterrupt:
    ...             print("lost")
    ...         check_interrupt()
    ... except KeyboardInterrupt:
    ...     print("stopped")
    lost
    stopped
    """
    handlers = _handlers()
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        handlers[number](number, frame)

    def check_interrupt() -> None:
        if caught:
            handlers[caught[0]](caught[0], None)

    with _handled(handlers, note):
        yield check_interrupt


def _handlers() -> dict[int, Callable[[int, FrameType | None], Any]]:
    """What the signals do now, by number; without those that are ignored, and none outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    current = {number: signal.getsignal(number) for number in _SIGNALS}
    return {
        number: _terminate if handler is signal.SIG_DFL else handler
        for number, handler in current.items()
        if callable(handler) or handler is signal.SIG_DFL
    }


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated(signal.Signals(number).name)


@contextmanager
def _handled(handlers: dict[int, Any], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Within the block ``handler`` takes these signals."""
    before = {number: signal.signal(number, handler) for number in handlers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
