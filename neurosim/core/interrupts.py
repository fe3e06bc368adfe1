"""Ctrl-C at a moment of our choosing, so that what is kept of a run is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def held_interrupt() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C back until the function that this yields is called, or the block ends; a second one is not held.

    Outside the main thread, or where Ctrl-C is ignored, nothing changes.

    >>> try:
    ...     with held_interrupt() as let_through:
    ...         signal.raise_signal(signal.SIGINT)
    ...         print("first this")
    ...         let_through()
    ... except KeyboardInterrupt:
    ...     print("then stop")
    first this
    then stop
    """
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(usual):
        yield lambda: None
        return
    pressed: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        pressed.append(number)
        if len(pressed) > 1:
            usual(number, frame)

    def let_through() -> None:
        if pressed:
            pressed.clear()
            usual(signal.SIGINT, None)

    signal.signal(signal.SIGINT, hold)
    try:
        yield let_through
    finally:
        signal.signal(signal.SIGINT, usual)
    let_through()
