"""Threads that advance the same samples: slice by slice, together as long as that is quicker than one alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.platform import cycles_per_second
from neurosim.engines.cpu.loop import FLAG
from neurosim.engines.cpu.spike_log import Lists, SpikeLog
from neurosim.engines.engine import SpikeEvents
from neurosim.engines.layout.columns import Result, Task

Numbers = npt.NDArray[np.int64]
Slice = Callable[[Numbers, Numbers, Numbers, Numbers, SpikeLog], None]
"""Do a slice: task, result, flags, where each step's scheduled spikes begin, the spike log."""

TIMEOUT_S = 0.01  # how long a thread may wait during twice as much work; shorter stalls are transient
FOREVER = 2**62  # cycles
FIRST_BACKOFF_S, BACKOFF_S = 0.02, 0.5  # for which one thread goes on alone; doubled each time
FIRST_PROBE_S, PROBE_S = 0.25, 4.0  # between comparisons of both ways; doubled each time
GAIN = 0.9  # one thread alone is preferred if its time is below this share of that of all
TRIAL, TRIAL_S = 512, 0.005  # steps of a slice that one thread does alone; in a comparison, of at most this length
MIN_STEPS = 32  # steps below which waking the other threads costs more than it saves
ALONE, AGAIN = 1, 2  # the slices of a comparison: one thread after all, then all once more


@dataclass
class Scheduler:
    """Whether all threads or one alone do the next slice: another process on one processor makes all threads wait.

    After a timeout one thread does the work of all for a trial, and the quicker way is kept for a while, which is short
    at first: the system soon moves threads apart that begin on one processor. Threads may also be slow throughout,
    beside another process or on a shared core: so both ways are compared at intervals, all threads before and after
    one alone, since a network's load varies. Only the time depends on it.
    """

    alone_until: float = 0.0
    unwatched_until: float = 0.0
    seconds_together: float = 0.0  # per step
    on_trial: bool = False
    backoff: float = FIRST_BACKOFF_S
    compared_at: float = 0.0  # when both ways are compared next; 0: not yet known
    comparing: int = 0  # the slice of a comparison that comes next
    seconds_alone: float = 0.0  # per step, in a comparison
    prefers_alone: bool = False
    probe_interval: float = FIRST_PROBE_S

    def together(self, now: float) -> bool:
        """Whether all threads do the next slice."""
        return now >= self.alone_until and self.comparing != ALONE

    def watched(self, now: float) -> bool:
        """Whether a timeout ends the next slice."""
        return now >= self.unwatched_until

    def max_steps(self, together: bool) -> int:
        """The maximum number of steps of the next slice."""
        if self.comparing:
            return max(MIN_STEPS, min(TRIAL, int(TRIAL_S / max(1e-9, self.seconds_together))))
        return FOREVER if together else TRIAL

    def after_together(self, now: float, stalled: float, seconds: float) -> None:
        """Note a slice of ``seconds`` per step; ``stalled``: 0, or the seconds per step up to a timeout."""
        if stalled:
            self.seconds_together, self.comparing = stalled, 0
            self.alone_until, self.on_trial = now + self.backoff, True
            self.backoff = min(2 * self.backoff, BACKOFF_S)
            return
        self.backoff = FIRST_BACKOFF_S
        if self.comparing == AGAIN:
            self._prefer(self.seconds_alone < GAIN * min(self.seconds_together, seconds), now)
        else:
            self.compared_at = self.compared_at or now + self.probe_interval
            self.comparing = ALONE if now >= self.compared_at else 0
        self.seconds_together = seconds

    def after_alone(self, now: float, seconds: float) -> None:
        """Note a slice that took one thread ``seconds`` per step."""
        if self.comparing:
            self.seconds_alone, self.comparing = seconds, AGAIN
        elif self.on_trial:
            self.on_trial = False
            if seconds > self.seconds_together:
                self.alone_until, self.unwatched_until = now, now + BACKOFF_S

    def _prefer(self, alone: bool, now: float) -> None:
        """Keep the quicker way: longer if it was that the last time too."""
        self.probe_interval = min(2 * self.probe_interval, PROBE_S) if alone == self.prefers_alone else FIRST_PROBE_S
        self.prefers_alone, self.comparing, self.compared_at = alone, 0, now + self.probe_interval
        self.alone_until = self.compared_at if alone else now


class ThreadTeam:
    """``threads`` threads, each with its share of the ``owners`` of the samples ``samples[0]`` .. ``samples[1]`` - 1.

    A lane gets at most ``max_spikes`` in a step; a spike is needed for ``delay`` steps. ``timeout_s``: `TIMEOUT_S`.
    """

    def __init__(
        self,
        run: Slice,
        threads: int,
        owners: int,
        samples: tuple[int, int],
        max_spikes: int,
        delay: int,
        timeout_s: float,
    ) -> None:
        """A team at step 0."""
        self.step = 0
        self.steps_alone = 0
        self.samples = samples
        self.log = SpikeLog(samples, owners, max_spikes, delay)
        self.kept: list[list[SpikeEvents]] = []
        self.results = np.zeros((threads, Result.COLUMNS), np.int64)
        self._run, self._threads, self._owners = run, threads, owners
        self._timeout = int(timeout_s * cycles_per_second()) if threads > 1 else FOREVER
        self._flags = np.zeros(threads * FLAG, np.int64)
        self._scheduler = Scheduler()

    def compile(self) -> None:
        """Do no step: the loop is compiled, or loaded from the cache."""
        self._slice(0, self._task(0, 1, (0, self._owners), self.step), np.zeros(1, np.int64))

    def advance(self, steps: int, scheduled: Numbers, pool: Executor, recorded: Lists) -> None:
        """Do ``steps`` steps; the spikes of ``recorded`` populations are kept in time."""
        last = self.step + steps
        while self.step < last:
            first = self.step
            end = min(last, first + self.log.reserve(first))
            scheduled_from = np.searchsorted(scheduled, np.arange(first, end + 1))
            began = time.perf_counter()
            together = self._threads > 1 and steps >= MIN_STEPS and self._scheduler.together(began)
            end = end if self._threads == 1 else min(end, first + self._scheduler.max_steps(together))
            if together:
                self._together(end, scheduled_from, pool, self._scheduler.watched(began))
            else:
                self._slice(0, self._task(0, 1, (0, self._owners), end), scheduled_from)
            done = int(self.results[0, Result.DONE]) - first
            now = time.perf_counter()
            if together:
                stalled = int(self.results[:, Result.STALLED].max()) / cycles_per_second()
                self._scheduler.after_together(now, stalled, (now - began) / done)
            else:
                self._scheduler.after_alone(now, (now - began) / done)
                self.steps_alone += done if self._threads > 1 else 0
            self.step = int(self.results[0, Result.DONE])
            if len(recorded.numbers):
                self.kept.append(self.log.events(first, self.step, recorded))

    def _together(self, end: int, scheduled_from: Numbers, pool: Executor, watched: bool) -> None:
        self._flags[:] = 0
        self.results[:, Result.STALLED] = 0
        cuts = [self._owners * thread // self._threads for thread in range(self._threads + 1)]
        tasks = [
            self._task(thread, self._threads, (cuts[thread], cuts[thread + 1]), end, watched)
            for thread in range(self._threads)
        ]
        others: Sequence[Future[Any]] = [
            pool.submit(self._slice, thread, tasks[thread], scheduled_from) for thread in range(1, self._threads)
        ]
        self._slice(0, tasks[0], scheduled_from)
        for other in others:
            other.result()

    def _slice(self, thread: int, task: Numbers, scheduled_from: Numbers) -> None:
        self._run(task, self.results[thread], self._flags, scheduled_from, self.log)

    def _task(self, thread: int, threads: int, owners: tuple[int, int], end: int, watched: bool = False) -> Numbers:
        task = np.zeros(Task.COLUMNS, np.int64)
        task[Task.THREAD], task[Task.THREADS] = thread, threads
        task[Task.OWNER_FROM], task[Task.OWNER_TO] = owners
        task[Task.SAMPLE_FROM], task[Task.SAMPLE_TO] = self.samples
        task[Task.FIRST], task[Task.LAST] = self.step, end
        task[Task.TIMEOUT] = self._timeout if watched else FOREVER
        task[Task.BASE] = self.log.base
        return task
