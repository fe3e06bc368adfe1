from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress

import pytest

from neurosim.study import progress
from neurosim.study.progress import Progress, auto, lines, silent, terminal


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def study(display: Progress) -> None:
    """Two cells of three epochs."""
    with display:
        display.start(total_runs=2)
        for label in ("backprop, seed 0", "stdp[bold], seed 0"):
            display.run(label, epochs=3)
            for n in (1, 2, 3):
                display.epoch(n, loss=1.0 / n, accuracy=0.3 * n)
            display.end_run("test accuracy 90.0 %")


def ticking(step: float) -> Callable[[], float]:
    """A clock that goes on by ``step`` seconds whenever it is read."""
    times = iter(range(10**6))
    return lambda: step * next(times)


def test_lines_has_one_line_per_epoch_and_per_cell_where_epochs_are_slow() -> None:
    out = io.StringIO()
    study(lines(out, every=5.0, clock=ticking(6.0)))
    assert out.getvalue().splitlines() == [
        "[1/2] backprop, seed 0: epoch 1/3, loss 1, accuracy 30.0 %",
        "[1/2] backprop, seed 0: epoch 2/3, loss 0.5, accuracy 60.0 %",
        "[1/2] backprop, seed 0: epoch 3/3, loss 0.3333, accuracy 90.0 %",
        "[1/2] backprop, seed 0: test accuracy 90.0 %",
        "[2/2] stdp[bold], seed 0: epoch 1/3, loss 1, accuracy 30.0 %",
        "[2/2] stdp[bold], seed 0: epoch 2/3, loss 0.5, accuracy 60.0 %",
        "[2/2] stdp[bold], seed 0: epoch 3/3, loss 0.3333, accuracy 90.0 %",
        "[2/2] stdp[bold], seed 0: test accuracy 90.0 %",
    ]


def test_lines_leaves_out_epochs_that_follow_too_soon() -> None:
    out = io.StringIO()
    study(lines(out, every=5.0, clock=ticking(2.0)))
    assert [line.split(": ")[1].split(",")[0] for line in out.getvalue().splitlines()] == [
        "epoch 3/3", "test accuracy 90.0 %", "epoch 3/3", "test accuracy 90.0 %",
    ]  # fmt: skip


def test_the_terminal_shows_every_finished_cell_and_takes_no_label_for_markup() -> None:
    out = Terminal()
    study(terminal(out))
    assert "backprop, seed 0: test accuracy 90.0 %" in out.getvalue()
    assert "stdp[bold], seed 0: test accuracy 90.0 %" in out.getvalue()


def test_the_terminal_gives_the_cursor_back_when_the_study_breaks() -> None:
    out = Terminal()
    with suppress(KeyboardInterrupt), terminal(out) as display:
        display.start(total_runs=1)
        display.run("backprop, seed 0", epochs=1)
        raise KeyboardInterrupt
    assert "\x1b[?25l" in out.getvalue()
    assert out.getvalue().rfind("\x1b[?25h") > out.getvalue().rfind("\x1b[?25l")


@pytest.mark.parametrize("make", [silent, lines, terminal, auto])
def test_no_display_writes_to_stdout(make: Callable[[], Progress], capsys: pytest.CaptureFixture[str]) -> None:
    study(make())
    assert capsys.readouterr().out == ""


def test_silent_writes_nothing_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    study(silent())
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("make", [silent, lines, terminal])
def test_closing_twice_or_before_the_start_is_harmless(make: Callable[[], Progress]) -> None:
    display = make()
    display.close()
    display.close()
    assert display.__enter__() is display


def test_auto_is_live_on_a_terminal_and_lines_in_a_pipe_or_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(auto(Terminal())) is type(terminal(Terminal()))
    assert type(auto(io.StringIO())) is type(lines(io.StringIO()))
    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    assert type(auto(Terminal())) is type(lines(io.StringIO()))
