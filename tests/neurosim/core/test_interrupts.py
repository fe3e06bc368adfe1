"""Ctrl-C that waits."""

from __future__ import annotations

import signal
from threading import Thread

import pytest

from neurosim.core.interrupts import deferred_interrupt


def press(times: int, done: list[str]) -> None:
    """Ctrl-C, some times, then the rest of the block."""
    with deferred_interrupt():
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        done.append("rest of the block")


def test_an_interrupt_waits_for_the_end_of_the_block_at_most() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        press(1, done)
    assert done == ["rest of the block"]


def test_a_second_interrupt_does_not_wait() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        press(2, done)
    assert not done


def test_the_usual_handler_is_back_afterwards() -> None:
    usual = signal.getsignal(signal.SIGINT)
    with deferred_interrupt() as check_interrupt:
        check_interrupt()
        assert signal.getsignal(signal.SIGINT) is not usual
    assert signal.getsignal(signal.SIGINT) is usual


def test_other_threads_than_the_main_one_can_use_it() -> None:
    done = []

    def work() -> None:
        with deferred_interrupt() as check_interrupt:
            check_interrupt()
            done.append(True)

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
