"""The compiled loop over time for a network's shape: the set of its models, whatever their sizes and values.

Numba caches only functions that live in a file and call functions of files. So the part that calls the models'
updates is printed as a flat module, which is cached under the hash of its text; the rest is `loop.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from neurosim.core.jit import sources_digest
from neurosim.equations import CompiledModel, CompiledRule, load_module

_HEAD = '''"""One slice of time of a network. Printed by neurosim.engines.cpu.step; hash of its sources: {digest}."""

import numpy as np

from neurosim.engines.layout import columns as at
from neurosim.core.jit import compiled
from neurosim.engines.cpu.loop import RUN, SEGMENTS, below, collect, deliver, drive, meet, words_of
from neurosim.core.philox import normals
from neurosim.core.platform import cycles
from neurosim.core.rng import NEURON_BLOCK
from neurosim.core.views import borrowed, matrix, vector
from neurosim.engines.cpu.watching import keep_states
{imports}
ONE, NONE = np.int64(1), np.int64(0)  # of NumPy: for each literal a function is compiled once more


@compiled
def update(part, sample, step, key, drives, streams, state, slots, refractory, scalars, arrays, thresholds, rates,
           words, z, mask):
    """Do one step of one part of a population; whether any neuron spiked."""
    kind, width, count, block = part[at.KIND], part[at.WIDTH], part[at.COUNT], part[at.FIRST_BLOCK]
    if kind == at.SOURCE:
        some = np.uint8(0)
        for begin in range(0, width, RUN):
            n = min(RUN, width - begin)
            words_of(words, n, block + begin // NEURON_BLOCK, step, part[at.STREAM], sample, key)
            rate_at = sample * rates.shape[1] + part[at.RATE] + begin
            some |= below(words, vector(rates, rate_at, n), vector(mask, begin, n))
        return some
    slot_at = sample * slots.shape[1] + part[at.SLOT]
    state_at = sample * state.shape[1] + part[at.STATE]
    neuron_at = sample * refractory.shape[1] + part[at.NEURON]
    scalar_at, array_at = sample * scalars.shape[1] + part[at.SCALARS], part[at.ARRAYS]
    for row in range(part[at.DRIVE_FROM], part[at.DRIVE_TO]):
        driven = slot_at + drives[row, at.RECEPTOR] * width
        threshold_from, threshold_to = drives[row, at.THRESHOLD_FROM], drives[row, at.THRESHOLD_TO]
        levels = vector(thresholds, threshold_from, threshold_to - threshold_from)
        for begin in range(0, width, RUN):
            n = min(RUN, width - begin)
            words_of(words, n, block + begin // NEURON_BLOCK, step, drives[row, at.DRIVE_STREAM], sample, key)
            drive(words, vector(slots, driven + begin, n), levels, drives[row, at.EXTRA], drives[row, at.WEIGHT])
'''

_MODEL = """    if kind == {kind}:
        for draw in range({noise}):
            for begin in range(0, width, RUN):
                n = min(RUN, width - begin)
                words_of(words, n, block + begin // NEURON_BLOCK, step, streams[part[at.NOISE] + draw], sample, key)
                normals(words, vector(z, draw * width + begin, n))
        return np.uint8(update_{kind}(
            matrix(state, state_at, {states}, count),
            matrix(slots, slot_at, {inputs}, width),
            vector(scalars, scalar_at + {scalars}, {inputs}),
            vector(scalars, scalar_at, {scalars}),
            matrix(arrays, array_at, {arrays}, width),
            matrix(z, 0, {noise}, width),
            vector(refractory, neuron_at, count),
            vector(mask, 0, count),
        ))
"""

_TAIL = '''    return np.uint8(0)


@compiled
def run(task, result, flags, parts, owners, drives, streams, key, delays, row_start, offsets, codes, target_bits,
        log, log_from, timed_from, timed, state, slots, refractory, scalars, arrays, thresholds, rates,
        watch{argument}):
    """Do the steps of ``task`` for its owners and samples, until a log is full; see `tables` for what the rows hold."""
    task, result, flags, key = borrowed(task), borrowed(result), borrowed(flags), borrowed(key)
    parts, owners, drives = borrowed(parts), borrowed(owners), borrowed(drives)
    streams, delays = borrowed(streams), borrowed(delays)
    row_start, offsets, codes = borrowed(row_start), borrowed(offsets), borrowed(codes)
    log, log_from, timed_from, timed = borrowed(log), borrowed(log_from), borrowed(timed_from), borrowed(timed)
    state, slots, refractory, scalars = borrowed(state), borrowed(slots), borrowed(refractory), borrowed(scalars)
    arrays, thresholds, rates = borrowed(arrays), borrowed(thresholds), borrowed(rates)
    widest = NEURON_BLOCK
    for row in range(parts.shape[0]):
        widest = max(widest, parts[row, at.WIDTH])
    own_begins, own_ends = np.empty(SEGMENTS, np.int64), np.empty(SEGMENTS, np.int64)
    own_words, own_mask = np.empty(RUN, np.uint32), np.zeros(widest, np.uint8)
    own_z, own_eights = np.empty({noise} * widest, state.dtype), own_mask.view(np.uint64)
    begins, ends, words = borrowed(own_begins), borrowed(own_ends), borrowed(own_words)
    mask, z, eights = borrowed(own_mask), borrowed(own_z), borrowed(own_eights)
    lanes, capacity = owners.shape[0], log.shape[1]
{rooms}    events, spikes, worked, delivered, waited = 0, 0, 0, 0, 0
    lately_steps, lately_worked, lately_waited = 0, 0, 0
    first, step, stop = task[at.FIRST], task[at.FIRST], 0
    if task[at.THREADS] > 1:
        meet(flags, task[at.THREAD], task[at.THREADS], ONE, NONE)  # until all have been woken, which does not count
    while step < task[at.LAST] and stop == 0:
        begun = cycles()
        now = step - task[at.BASE]
{opening}        for sample in range(task[at.SAMPLE_FROM], task[at.SAMPLE_TO]):
            lane = (sample - task[at.SAMPLE_FROM]) * lanes
            served = task[at.OWNER_FROM]
            for owner in range(task[at.OWNER_FROM], task[at.OWNER_TO]):
                own = lane + owner
                own_log = vector(log, own * capacity, capacity)
                arrived = cycles()
{receive}                if owner == served:
                    codes_from = owners[owner, at.CODES_FROM]
                    while served < task[at.OWNER_TO] and owners[served, at.CODES_FROM] == codes_from:
                        served += 1
                    into = vector(slots, sample * slots.shape[1] + codes_from, slots.shape[1] - codes_from)
                    events += deliver(owner, served, lane, lanes, now, delays, log, log_from, row_start, offsets,
                                      codes, target_bits, into, begins, ends)
                delivered += cycles() - arrived
                position = log_from[own, now]
                for row in range(owners[owner, at.PART_FROM], owners[owner, at.PART_TO]):
                    part = vector(parts, row * at.PART_COLUMNS, at.PART_COLUMNS)
                    if update(part, sample, step, key, drives, streams, state, slots, refractory, scalars, arrays,
                              thresholds, rates, words, z, mask):
                        mask[part[at.SIZE] : part[at.WIDTH]] = 0
                        position = collect(mask, eights, part[at.WIDTH], part[at.NUMBER], own_log, position)
                if owner == 0:
                    for k in range(timed_from[step - first], timed_from[step - first + 1]):
                        own_log[position] = timed[k]
                        position += 1
{note}                keep_states(watch, owner, sample, step + 1, state)
                log_from[own, now + 1] = position
                spikes += position - log_from[own, now]
                if position + owners[owner, at.MOST] >= capacity:
                    stop = 1
{closing}        step += 1
        ended = cycles()
        worked += ended - begun
        if task[at.THREADS] > 1:
            lately_steps += 1
            lately_worked += ended - begun
            if lately_waited > task[at.PATIENCE]:
                result[at.OVERTAXED] = (lately_worked + lately_waited) // lately_steps
                stop = 1
            elif lately_worked > 2 * task[at.PATIENCE]:
                lately_steps, lately_worked, lately_waited = 0, 0, 0
            stop = meet(flags, task[at.THREAD], task[at.THREADS], {meetings} * (step - first) + 1, stop)
            lately_waited += cycles() - ended
            waited += cycles() - ended
    result[at.DONE] = step
    result[at.WORKED] += worked
    result[at.DELIVERED] += delivered
    result[at.WAITED] += waited
    result[at.EVENTS] += events
    result[at.SPIKES] += spikes
    # the last use of what was borrowed from: Numba frees an array after the last use of its name
    return own_begins.size + own_ends.size + own_words.size + own_mask.size + own_z.size + own_eights.size{last}
'''


_ROOMS = """    own_fading, own_chain = np.empty(rooms[0], state.dtype), np.empty(rooms[1], np.int32)
    fading, chain, plastic = borrowed(own_fading), borrowed(own_chain), borrowed(plastic)
"""
_OPENING = """        arrived = cycles()
        events += open_step(plastic, task, now, step, owners, log, log_from, slots, state, fading, chain)
        delivered += cycles() - arrived
"""
_CLOSING = """        arrived = cycles()
        close_step(plastic, task, now, step, owners, log, log_from, state, chain)
        delivered += cycles() - arrived
"""
_MEETING = """        if task[at.THREADS] > 1:  # the events of plastic synapses read states that other threads own
            meet(flags, task[at.THREAD], task[at.THREADS], 3 * (step - first) + {place}, NONE)
"""


_RECEIVE = """                slot_at = sample * slots.shape[1] + owners[owner, at.SLOT_FROM]
                own_slots = vector(slots, slot_at, owners[owner, at.SLOT_TO] - owners[owner, at.SLOT_FROM])
                receive(graded, owner, sample, step, state.shape[0], own_slots)
"""
_NOTE = "                note(graded, owner, sample, step, state.shape[0], state)\n"


def load_loop(
    models: Sequence[CompiledModel],
    rules: Sequence[CompiledRule] = (),
    signals: Sequence[str] = (),
    graded: bool = False,
) -> Callable[..., Any]:
    """The function ``run`` for networks of ``models`` and ``rules``, of which kind k is number k.

    With rules, the last arguments are `neurosim.engines.layout.plastic.addresses` and `Plastic.room`; ``signals``
    are the network's. If some projections send states (``graded``), their data comes before these.
    """
    loop: Callable[..., Any] = load_module(_text(models, rules, signals, graded)).run
    return loop


def _text(models: Sequence[CompiledModel], rules: Sequence[CompiledRule], signals: Sequence[str], graded: bool) -> str:
    modules = [load_module(model.source("numba")).__name__ for model in models]
    imports = "".join(f"from {name} import update as update_{kind}\n" for kind, name in enumerate(modules))
    plastic = dict.fromkeys(("argument", "rooms", "opening", "closing", "last", "receive", "note"), "") | {
        "meetings": "1"
    }
    if rules:
        from neurosim.engines.cpu.plastic_steps import print_steps

        imports += f"from {load_module(print_steps(rules, signals)).__name__} import close_step, open_step\n"
        plastic |= {"argument": ", plastic, rooms", "rooms": _ROOMS, "opening": _OPENING, "closing": _CLOSING}
        plastic |= {"last": " + own_fading.size + own_chain.size"}
        if any(side == "pre" for rule in rules for side, _ in rule.states.values()):
            plastic |= {"meetings": "3", "opening": _OPENING + _MEETING.format(place=2)}
            plastic |= {"closing": _MEETING.format(place=3) + _CLOSING}
    if graded:
        imports += "from neurosim.engines.layout.graded import note, receive\n"
        plastic |= {"argument": ", graded" + plastic["argument"], "receive": _RECEIVE, "note": _NOTE}
    parts = [_HEAD.format(digest=sources_digest(), imports=imports)]
    for kind, model in enumerate(models):
        scalars, arrays = len(model.program.scalars), len(model.program.arrays)
        states, inputs = len(model.states), len(model.inputs)
        parts.append(
            _MODEL.format(kind=kind, noise=model.noise, states=states, inputs=inputs, scalars=scalars, arrays=arrays)
        )
    most = max((model.noise for model in models), default=0)
    return "".join([*parts, _TAIL.format(noise=most, **plastic)])
