"""The pace of the processor's counter, told by a clock of the test's own."""

from __future__ import annotations

import time

import pytest

from neurosim.core import platform

HZ = 2e9


def test_the_time_to_compile_the_counter_is_not_part_of_its_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now, calls = [0.0], [0]

    def perf_counter() -> float:
        now[0] += 1e-4
        return now[0]

    def count_cycles() -> int:
        calls[0] += 1
        now[0] += 1.0 if calls[0] == 1 else 0.0  # compiled at the first call
        return round(now[0] * HZ)

    monkeypatch.setattr(time, "perf_counter", perf_counter)
    monkeypatch.setattr(platform, "count_cycles", count_cycles)
    assert platform.cycles_per_second.__wrapped__() == pytest.approx(HZ, rel=1e-6)
