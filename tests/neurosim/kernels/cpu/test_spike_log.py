"""The list of spikes: nothing within the delay is forgotten, whatever fills up first."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.kernels.cpu.spike_log import ROOM, SLICE, SpikeLog


def put(log: SpikeLog, step: int, spikes: list[list[int]]) -> None:
    """Append the spikes of one step to each lane, as the compiled loop does."""
    for lane, neurons in enumerate(spikes):
        begin = log.begins[lane, step - log.base]
        log.entries[lane, begin : begin + len(neurons)] = neurons
        log.begins[lane, step - log.base + 1] = begin + len(neurons)


@pytest.mark.parametrize(("most", "steps"), [(3, SLICE + 20), (ROOM // 2, 60)])
def test_the_spikes_of_the_last_steps_stay_when_room_is_made(most: int, steps: int) -> None:
    delay, random = 7, np.random.default_rng(most)
    log = SpikeLog(2, most, delay)
    seen: list[list[list[int]]] = [[[], []]] * delay
    bases = set()
    for step in range(steps):
        assert log.make_room(step) > 0
        bases.add(log.base)
        seen.append([random.integers(0, 99, random.integers(most // 2, most + 1)).tolist() for _ in range(2)])
        put(log, step, seen[-1])
        for lane in range(2):
            when, neurons = log.spikes(lane, step + 1 - delay, step + 1)
            assert neurons.tolist() == [n for each in seen[-delay:] for n in each[lane]]
            assert when.tolist() == [step + 1 - delay + k for k, each in enumerate(seen[-delay:]) for _ in each[lane]]
    assert len(bases) > 1


def test_replaced_spikes_are_those_that_are_found() -> None:
    log = SpikeLog(2, 5, 4)
    steps, neurons = np.array([98, 98, 99]), np.array([7, 3, 5], np.int32)
    log.replace(100, [(steps, neurons), (np.zeros(0, np.int64), np.zeros(0, np.int32))])
    found = log.spikes(0, 97, 100)
    assert found[0].tolist() == steps.tolist()
    assert found[1].tolist() == neurons.tolist()
    assert len(log.spikes(1, 96, 100)[0]) == 0
    assert log.base == 96
