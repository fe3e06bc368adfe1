"""The list of spikes: nothing within the delay is forgotten, whatever fills up first."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.engines.cpu.spike_log import CAPACITY, SLICE, Lists, SpikeLog
from neurosim.engines.engine import SpikeEvents
from neurosim.engines.layout.blocks import BlockLayout

ONE = Lists(np.zeros(1, np.int64), np.zeros(1, np.int64))  # one population


def rows(events: SpikeEvents) -> list[tuple[int, int, int]]:
    """Step, sample and neuron of each spike."""
    return list(zip(events.steps.tolist(), events.samples.tolist(), events.neurons.tolist(), strict=True))


def put(log: SpikeLog, step: int, spikes: list[list[int]]) -> None:
    """Append the spikes of one step to each lane, as the compiled loop does."""
    for lane, neurons in enumerate(spikes):
        begin = log.begins[lane, step - log.base]
        log.entries[lane, begin : begin + len(neurons)] = neurons
        log.begins[lane, step - log.base + 1] = begin + len(neurons)


@pytest.mark.parametrize(("most", "steps"), [(3, SLICE + 20), (CAPACITY // 2, 60)])
def test_the_spikes_of_the_last_steps_stay_when_room_is_made(most: int, steps: int) -> None:
    delay, random = 7, np.random.default_rng(most)
    log = SpikeLog((0, 2), 1, most, delay)
    seen: list[list[list[int]]] = [[[], []]] * delay
    bases = set()
    for step in range(steps):
        assert log.reserve(step) > 0
        bases.add(log.base)
        seen.append([random.integers(0, 99, random.integers(most // 2, most + 1)).tolist() for _ in range(2)])
        put(log, step, seen[-1])
        assert rows(log.events(step + 1 - delay, step + 1, ONE)[0]) == [
            (step + 1 - delay + k, lane, n)
            for k, each in enumerate(seen[-delay:])
            for lane in range(2)
            for n in each[lane]
        ]
    assert len(bases) > 1


def test_replaced_spikes_are_those_that_are_found() -> None:
    log = SpikeLog((0, 2), 1, 5, 4)
    steps, neurons = np.array([98, 98, 99]), np.array([7, 3, 5], np.int32)
    log.replace(100, [(steps, neurons), (np.zeros(0, np.int64), np.zeros(0, np.int32))])
    assert rows(log.events(97, 100, ONE)[0]) == [(98, 0, 7), (98, 0, 3), (99, 0, 5)]
    assert log.base == 96


def test_spikes_go_to_their_populations_by_step_sample_and_owner() -> None:
    layout = BlockLayout(sizes=(200, 10, 300), inputs=(1, 1, 1), owners=2)  # blocks 0-1, 2, 3-5, of owners 0 1 0 1 1 0
    assert layout.block_owner.tolist() == [0, 1, 0, 0, 1, 1]
    log = SpikeLog((4, 6), 2, 5, 1)  # samples 4 and 5
    put(log, 0, [[3, 256, 384], [130, 600], [9], []])
    put(log, 1, [[], [513], [400], [199]])
    first, last = log.events(0, 2, Lists.of(layout, [0, 2]))
    assert rows(first) == [(0, 4, 3), (0, 4, 130), (0, 5, 9), (1, 5, 199)]
    assert rows(last) == [(0, 4, 0), (0, 4, 216), (1, 4, 129), (1, 5, 16)]
    assert [rows(each) for each in log.events(1, 2, Lists.of(layout, [1]))] == [[]]
