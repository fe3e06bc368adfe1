"""The numbers of the columns of the tables that the compiled loop reads, all int64."""

from __future__ import annotations

from typing import Final

# parts: one row for each part of a population that an owner has; offsets into the arrays of one sample
KIND: Final = 0  # number of the model in the network's shape, or SOURCE
SOURCE: Final = -1  # a Poisson source
NUMBER: Final = 1  # of the first neuron, in the layout
SIZE: Final = 2
WIDTH: Final = 3  # size and padding
FIRST_BLOCK: Final = 4  # of random words
STATE: Final = 5
SLOT: Final = 6
NEURON: Final = 7  # of the refractory counters
SCALARS: Final = 8  # coefficients of the whole population, then one scale per receptor
ARRAYS: Final = 9  # coefficients per neuron
DRIVE_FROM: Final = 10  # rows of the table of drives
DRIVE_TO: Final = 11
NOISE: Final = 12  # first of the population's streams of noise
STREAM: Final = 13  # of a source
RATE: Final = 14  # thresholds of a source
STATE_END: Final = 15
COUNT: Final = 16  # neurons that are updated: all, but no padding where the model looks at the whole population
PART_COLUMNS: Final = 17

# owners: one row for each owner
PART_FROM: Final = 0
PART_TO: Final = 1
SLOT_FROM: Final = 2
SLOT_TO: Final = 3
MOST: Final = 4  # spikes in one step
CODES_FROM: Final = 5  # the slot, of those of a sample, that packed synapses call 0
OWNER_COLUMNS: Final = 6

# drives: one row for each drive
RECEPTOR: Final = 0
WEIGHT: Final = 1
THRESHOLD_FROM: Final = 2
THRESHOLD_TO: Final = 3
EXTRA: Final = 4  # thresholds that were added to fill eight
DRIVE_STREAM: Final = 5
TARGET: Final = 6  # population
DRIVE_COLUMNS: Final = 7

# team: what one thread is to do in one slice
THREAD: Final = 0
THREADS: Final = 1
OWNER_FROM: Final = 2
OWNER_TO: Final = 3
SAMPLE_FROM: Final = 4
SAMPLE_TO: Final = 5
FIRST: Final = 6  # step
LAST: Final = 7  # step, not done
TIMEOUT: Final = 8  # cycles that a thread may wait during twice as many of work, before it ends the slice
BASE: Final = 9  # the step that the log begins with
TASK_COLUMNS: Final = 10

# results: what one thread found
DONE: Final = 0  # the step reached
WORKED: Final = 1  # cycles
EVENTS: Final = 2
STALLED: Final = 3  # 0, or cycles per step at last if this thread waited too long
DELIVERED: Final = 4  # cycles, of those worked
SPIKES: Final = 5
RESULT_COLUMNS: Final = 8  # a cache line
