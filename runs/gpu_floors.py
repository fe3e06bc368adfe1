"""What a step on a GPU is made of, measured alone: launches, barriers of all blocks, atomic additions, dependent reads.

Each of them bounds a design from below: `make gpu` writes the numbers down beside the times of whole networks. One
that is not built yet is estimated from them: a single kernel, whose blocks own their neurons and keep what comes in to
them in shared memory, so that a step is an exchange of spikes, the read of their rows, and additions within the block.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import one_line
from neurosim.engines.cuda.device import Device, Launch

POINTERS = ("links", "slots", "stamps", "failed", "reals", "seen")
NUMBERS = ("slot_mask", "rounds", "hops", "onward", "one")
FLOORS = np.dtype([(name, np.uint64) for name in POINTERS] + [(name, np.int64) for name in NUMBERS])
STEP, SHIFT = 1_664_525, 1_013_904_223  # of a linear congruential generator of full period for any power of two
TRIES, LAUNCHES, GRAPH = 3, 2000, 200
# Of the cortical microcircuit at full scale: Potjans & Diesmann (2014), by its tables of in-degrees and mean rates.
MICROCIRCUIT_EVENTS = 96_700  # at synapses, in a step
MICROCIRCUIT_STEP_US = 100.0


def floors(
    *, slots: int = 1 << 22, links: int = 1 << 25, threads: int = 256, rounds: int = 1000, hops: int = 20_000
) -> dict[str, Any]:
    """Times in microseconds and nanoseconds, additions per nanosecond, each the best of three.

    ``slots`` (16 MiB) fit into a second-level cache, ``links`` (256 MiB) into none; both are powers of two. Each of
    the ``threads`` of a block makes ``rounds`` additions, and all blocks meet ``rounds`` times. ``equal`` tells
    whether all additions arrived, all blocks met and the reads went where they should.
    """
    arrays: dict[str, npt.NDArray[Any]] = {
        "links": _circle(links),
        "slots": np.zeros(slots, np.int32),
        "stamps": np.zeros(1 << 10, np.int32),
        "failed": np.zeros(1, np.int32),
        "reals": np.zeros(slots, np.float32),
        "seen": np.zeros(1, np.int64),
    }
    source = (Path(__file__).parent / "gpu_floors.cu").read_text("utf-8")
    device, meeting = Device(source, arrays), Device(source, {}, at_once=True)
    floor = np.zeros(1, FLOORS)
    numbers = {"slot_mask": slots - 1, "rounds": rounds, "hops": hops, "one": 1}
    for name, value in {**device.addresses(), **numbers}.items():
        floor[name] = value

    def seconds(launch: Launch, where: Device = device) -> float:
        """The time of a kernel that is already loaded, with stamps and sums at zero."""
        return _best(where, lambda: where.run([launch], floor, 1), clear)

    def clear() -> None:
        for name in ("stamps", "slots", "reals"):
            device.write(name, np.zeros_like(arrays[name]))

    nothing: list[Launch] = [("nothing", (1, 1), 32)]
    device.run(nothing, floor, 1)  # no kernel can be loaded during a capture
    graph = device.capture(nothing, floor, GRAPH)
    replays = LAUNCHES // GRAPH
    times = {
        "launch_us": 1e6 * _best(device, lambda: device.run(nothing, floor, LAUNCHES)) / LAUNCHES,
        "launch_in_graph_us": 1e6 * _best(device, lambda: device.replay(graph, replays)) / LAUNCHES,
    }
    for kind in ("counter_barrier", "mailbox_barrier"):
        times[f"{kind}_us"] = 1e6 * seconds((kind, (device.processors, 1), threads), meeting) / rounds
    clear()
    captured = _captured(meeting, ("counter_barrier", (device.processors, 1), threads), floor)
    sound = not device.read("failed")[0]
    additions = 8 * device.processors * threads * rounds
    for kind, name in (("add_integers", "slots"), ("add_reals", "reals"), ("add_in_block", "slots")):
        times[f"{kind}_per_ns"] = 1e-9 * additions / seconds((kind, (8 * device.processors, 1), threads))
        sound &= bool(device.read(name).sum(dtype=np.float64) == additions)
    for where, length, walks in (("memory", links, 1 + TRIES), ("cache", slots // 2, 1)):
        floor["onward"] = walks > 1  # later walks read from the cache
        device.write("links", np.resize(_circle(length), links))
        device.write("seen", arrays["seen"])
        times[f"read_{where}_ns"] = 1e9 * seconds(("chase", (1, 1), 1)) / hops
        sound &= int(device.read("seen")[0]) == _after(walks * hops, length)
    rounded = {name: round(value, 4) for name, value in times.items()}
    about = {"multiprocessors": device.processors, "threads": threads, "cooperative_in_graph": captured}
    return {"equal": bool(sound), **about, **rounded, "resident_microcircuit": resident_microcircuit(times)}


def resident_microcircuit(times: Mapping[str, float]) -> dict[str, float]:
    """The shortest step of the microcircuit in one kernel, and its real-time factor, without the updates of neurons.

    >>> resident_microcircuit({"mailbox_barrier_us": 1.0, "read_memory_ns": 600.0, "add_in_block_per_ns": 967.0})
    {'step_us': 1.7, 'rtf': 0.017}
    """
    additions_ns = MICROCIRCUIT_EVENTS / times["add_in_block_per_ns"]
    step_us = times["mailbox_barrier_us"] + 1e-3 * (times["read_memory_ns"] + additions_ns)
    return {"step_us": round(step_us, 4), "rtf": round(step_us / MICROCIRCUIT_STEP_US, 6)}


def _captured(device: Device, launch: Launch, floor: npt.NDArray[Any]) -> str:
    """Whether a cooperative launch, which guarantees that all blocks can meet, becomes part of a graph."""
    try:
        graph = device.capture([launch], floor, 1)
        device.replay(graph, 1)
        device.wait()
    except Exception as error:  # of CuPy, whose class depends on where CUDA refuses
        return f"no: {one_line(error.__cause__ or error)[:200]}"
    return "yes"


def _best(device: Device, do: Callable[[], None], before: Callable[[], None] = lambda: None) -> float:
    """The shortest time in seconds that ``do`` took; the first time, in which kernels are loaded, does not count."""
    found = []
    for _ in range(1 + TRIES):
        before()
        device.wait()
        started = time.perf_counter()
        do()
        device.wait()
        found.append(time.perf_counter() - started)
    return min(found[1:])


def _circle(length: int) -> npt.NDArray[np.int64]:
    """For each place the next one, on one circle through all, far from it."""
    return (np.arange(length, dtype=np.int64) * STEP + SHIFT) & (length - 1)


def _after(hops: int, length: int) -> int:
    """Where a walk from place 0 ends."""
    place = 0
    for _ in range(hops):
        place = (place * STEP + SHIFT) % length
    return place
