"""Interrupts that wait, and such as are not lost."""

from __future__ import annotations

import signal
import weakref
from contextlib import suppress
from threading import Thread

import pytest

from neurosim.core.interrupts import Terminated, deferred_interrupt, lasting_interrupt


def press(times: int, done: list[str], number: int = signal.SIGINT) -> None:
    """Ctrl-C or another signal, some times, then the rest of the block."""
    with deferred_interrupt():
        for _ in range(times):
            signal.raise_signal(number)
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


@pytest.mark.parametrize("name", [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)])
def test_other_signals_that_end_a_program_wait_too(name: str) -> None:
    number, done = getattr(signal, name), list[str]()
    usual = signal.getsignal(number)
    with pytest.raises(Terminated, match=name):
        press(1, done, number)
    assert done == ["rest of the block"]
    assert signal.getsignal(number) is usual


def test_a_handler_of_one_s_own_is_called_with_its_signal() -> None:
    seen: list[int] = []
    usual = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        with deferred_interrupt() as check_interrupt:
            signal.raise_signal(signal.SIGTERM)
            assert not seen
            check_interrupt()
            assert seen == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, usual)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_that_is_ignored_stays_ignored(name: str) -> None:
    number = getattr(signal, name)
    usual = signal.signal(number, signal.SIG_IGN)
    try:
        for block in (deferred_interrupt, lasting_interrupt):
            with block() as check_interrupt:
                signal.raise_signal(number)
                check_interrupt()
                assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, usual)


def lose(done: list[str]) -> None:
    """Ctrl-C while Python calls back for an object that is freed, then a check."""

    class Thing:
        pass

    with lasting_interrupt() as check_interrupt:
        thing = Thing()
        kept = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
        del thing
        assert kept() is None
        done.append("lost")
        check_interrupt()
        done.append("never")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_python_drops_comes_again() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        lose(done)
    assert done == ["lost"]


def test_an_interrupt_that_is_not_lost_acts_at_once_and_once() -> None:
    done: list[str] = []
    with suppress(KeyboardInterrupt), lasting_interrupt():
        signal.raise_signal(signal.SIGINT)
        done.append("never")
    assert not done
