"""Progress of a study on stderr: a live display, plain lines, or nothing.

Widget bars leave an empty placeholder in an executed notebook, so a notebook gets lines, as a pipe does.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO


class Progress:
    """The interface of a progress display, and one that shows nothing; a context manager that ends with `close`.

    >>> with silent() as progress:
    ...     progress.start(total_runs=1)
    ...     progress.run("backprop, seed 0", epochs=1)
    ...     progress.epoch(1, loss=0.5, accuracy=0.9)
    ...     progress.end_run("test accuracy 90.0 %")
    """

    def start(self, total_runs: int) -> None:
        """A study of ``total_runs`` runs begins."""

    def run(self, label: str, epochs: int) -> None:
        """The next run begins."""

    def epoch(self, n: int, loss: float, accuracy: float) -> None:
        """Epoch ``n`` (1, 2, ...) of the run is over."""

    def end_run(self, summary: str) -> None:
        """The run is over; ``summary`` is its outcome in a few words."""

    def close(self) -> None:
        """The display ends; may be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def auto(stream: TextIO | None = None) -> Progress:
    """The display for ``stream`` (default stderr): live on a terminal, lines in a pipe or a notebook."""
    out = sys.stderr if stream is None else stream
    return terminal(out) if out.isatty() and not _in_notebook() else lines(out)


def silent() -> Progress:
    """A display that shows nothing."""
    return Progress()


def lines(stream: TextIO | None = None, every: float = 5.0, clock: Callable[[], float] = time.monotonic) -> Progress:
    """A display of one line per run, and one per epoch but at most one each ``every`` seconds of ``clock``."""
    return _Lines(sys.stderr if stream is None else stream, every, clock)


def terminal(stream: TextIO | None = None) -> Progress:
    """A live display by rich: a bar for the runs, a bar for the epochs of the present one, finished runs above."""
    return _Terminal(sys.stderr if stream is None else stream)


class _Lines(Progress):
    def __init__(self, stream: TextIO, every: float, clock: Callable[[], float]) -> None:
        self.stream, self.every, self.clock = stream, every, clock
        self.total = self.done = self.epochs = 0
        self.label = ""
        self.last = clock()

    def start(self, total_runs: int) -> None:
        self.total, self.done = total_runs, 0

    def run(self, label: str, epochs: int) -> None:
        self.label, self.epochs, self.last = label, epochs, self.clock()

    def epoch(self, n: int, loss: float, accuracy: float) -> None:
        now = self.clock()
        if now - self.last >= self.every:
            self.last = now
            self._say(f"epoch {n}/{self.epochs}, loss {loss:.4g}, accuracy {100 * accuracy:.1f} %", self.done + 1)

    def end_run(self, summary: str) -> None:
        self.done += 1
        self._say(summary, self.done)

    def _say(self, text: str, number: int) -> None:
        width = len(str(self.total))
        print(f"[{number:{width}}/{self.total}] {self.label}: {text}", file=self.stream, flush=True)


class _Terminal(Progress):
    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self.bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            console=Console(file=stream),
            transient=True,
        )
        self.label = ""
        self.runs: Any = None
        self.current: Any = None

    def start(self, total_runs: int) -> None:
        self.runs = self.bars.add_task("runs", total=total_runs, note="")
        self.bars.start()

    def run(self, label: str, epochs: int) -> None:
        self.label = label
        self._drop()
        self.current = self.bars.add_task(label, total=epochs, note="")

    def epoch(self, n: int, loss: float, accuracy: float) -> None:
        if self.current is not None:
            note = f"loss {loss:.4g}, accuracy {100 * accuracy:.1f} %"
            self.bars.update(self.current, completed=n, note=note)

    def end_run(self, summary: str) -> None:
        self._drop()
        self.bars.console.print(f"{self.label}: {summary}", markup=False, highlight=False)
        if self.runs is not None:
            self.bars.advance(self.runs)

    def close(self) -> None:
        self._drop()
        self.bars.stop()

    def _drop(self) -> None:
        if self.current is not None:
            self.bars.remove_task(self.current)
            self.current = None


def _in_notebook() -> bool:
    """Whether a Jupyter kernel runs this code (IPython in a terminal does not count)."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
