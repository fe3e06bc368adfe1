"""Defer Ctrl-C until recorded data is consistent."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def deferred_interrupt() -> Iterator[Callable[[], None]]:
    """Defer Ctrl-C until the function that this yields is called, or the block ends; a second one acts at once.

    Outside the main thread, or where Ctrl-C is ignored, nothing changes.

    >>> try:
    ...     with deferred_interrupt() as check_interrupt:
    ...         signal.raise_signal(signal.SIGINT)
    ...         print("first this")
    ...         check_interrupt()
    ... except KeyboardInterrupt:
    ...     print("then stop")
    first this
    then stop
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield lambda: None
        return
    pressed: list[int] = []

    def defer(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        if len(pressed) > 1:
            handler(number, frame)

    def check_interrupt() -> None:
        if pressed:
            pressed.clear()
            handler(signal.SIGINT, None)

    signal.signal(signal.SIGINT, defer)
    try:
        yield check_interrupt
    finally:
        signal.signal(signal.SIGINT, handler)
    check_interrupt()
