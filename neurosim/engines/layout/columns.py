"""The columns of the tables that the compiled loops read, all int64, and the arrays that plastic parts point into."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Steps = npt.NDArray[np.int32]
Reals = npt.NDArray[Any]


class Part(IntEnum):
    """A part of a population, the neurons that one owner has; offsets into the arrays of one sample."""

    KIND = 0  # number of the model in the network's shape, or SOURCE
    SOURCE = -1  # a Poisson source
    NUMBER = 1  # of the first neuron, in the layout
    SIZE = 2
    WIDTH = 3  # size and padding
    FIRST_BLOCK = 4  # of random words
    STATE = 5
    SLOT = 6
    NEURON = 7  # of the refractory counters
    SCALARS = 8  # coefficients of the whole population, then one scale per receptor
    ARRAYS = 9  # coefficients per neuron
    DRIVE_FROM = 10  # rows of the table of drives
    DRIVE_TO = 11
    NOISE = 12  # first of the population's streams of noise
    STREAM = 13  # of a source
    RATE = 14  # thresholds of a source
    STATE_END = 15
    COUNT = 16  # neurons that are updated: all, but no padding where the model looks at the whole population
    COLUMNS = 17


class Owner(IntEnum):
    """An owner: neurons that one thread advances."""

    PART_FROM = 0
    PART_TO = 1
    SLOT_FROM = 2
    SLOT_TO = 3
    MAX_SPIKES = 4  # spikes in one step
    CODES_FROM = 5  # the slot, of those of a sample, that packed synapses call 0
    COLUMNS = 6


class Drive(IntEnum):
    """A drive of a population."""

    RECEPTOR = 0
    WEIGHT = 1
    THRESHOLD_FROM = 2
    THRESHOLD_TO = 3
    EXTRA = 4  # thresholds that were added to fill eight
    STREAM = 5
    TARGET = 6  # population
    COLUMNS = 7


class Task(IntEnum):
    """What one thread is to do in one slice of time."""

    THREAD = 0
    THREADS = 1
    OWNER_FROM = 2
    OWNER_TO = 3
    SAMPLE_FROM = 4
    SAMPLE_TO = 5
    FIRST = 6  # step
    LAST = 7  # step, not done
    TIMEOUT = 8  # cycles that a thread may wait during twice as many of work, before it ends the slice
    BASE = 9  # the step that the log begins with
    COLUMNS = 10


class Result(IntEnum):
    """What one thread did."""

    DONE = 0  # the step reached
    WORKED = 1  # cycles
    EVENTS = 2
    STALLED = 3  # 0, or cycles per step at last if this thread waited too long
    DELIVERED = 4  # cycles, of those worked
    SPIKES = 5
    COLUMNS = 8  # a cache line


class Plastic(IntEnum):
    """A plastic part: the synapses of one plastic projection that lead to one owner's neurons.

    A row of a part is the synapses of one source, ordered by delay; a segment is what a row has of one delay. Segments
    are numbered source * delays + delay. Offsets point into the `PlasticArrays` of one sample.
    """

    RULE = 0  # number of the rule in the network's shape
    SOURCE_FIRST = 1  # of the sources' numbers in the layout
    SOURCES = 2
    TARGET_FIRST = 3  # of the owner's targets' numbers in the layout
    TARGETS = 4
    DELAY = 5  # first in `delays`
    DELAYS = 6
    DENDRITIC = 7  # delay of the post event, in steps
    OFFSET = 8  # first of the segments' beginnings, in `offsets`
    SYNAPSES = 9
    VALUE = 10  # in `values`: a row of synapses for each variable
    STAMP = 11  # in `stamps`: a row of synapses for each variable with an equation
    COPIES = 12  # 1: each sample has its own synaptic variables; 0: all share those of sample 0
    PLACE = 13  # in `target_of`: the target of each synapse, or of each place in a row if all rows are full
    FULL = 14  # 1: every segment has all targets in order, or none
    SEGMENT = 15  # in `arrived` and `replayed_until`
    PRE = 16  # in `pre`: a row of segments for each variable
    TARGET = 17  # in `post_arrived` and `last_spike_of`
    POST = 18  # in `post`: a row of targets for each variable
    SLOT = 19  # of target 0, in the owner's slots
    CONSTANT = 20
    TABLE = 21  # in `table_at`: where the decay of each variable with an equation begins
    HISTORY = 22  # in `steps`, `spike_history`, `previous_spike_of`
    BEFORE = 23  # in `before`: a row of spikes for each post variable
    CAPACITY = 24  # of the history, in spikes
    COUNT = 25  # in `counts`
    COLUMN = 26  # in `column_at`: where each target's synapses begin in `column`
    COLUMN_ITEM = 27  # in `column` and `column_segment`
    POST_STATE = 28  # of the targets' states, and from one state to the next
    POST_STRIDE = 29
    PRE_STATE = 30  # in `source_state`: two numbers for each source, as POST_STATE and POST_STRIDE
    PROJECTION = 31  # number in the plan
    BASE_SOURCE = 32  # in `base_pre_arrived`
    BASE_PRE = 33  # in `base_pre`: a row of sources for each variable
    FIRST = 34  # target, within its population
    TOTAL = 35  # in `totals`: a row of targets for each sum
    WINDOW = 36  # steps back that a synapse may see; see `PlasticPlan.window`
    COLUMNS = 37


class PatchKind(IntEnum):
    """Where a patch belongs: a trace set by the user, which takes effect when its spike would arrive."""

    SEGMENT = 0
    TARGET = 1
    SOURCE_BASE = 2
    TARGET_BASE = 3


class Graded(IntEnum):
    """`due`: graded synapses of one projection, owner and delay; `noted`: sources of one projection and owner."""

    OWNER = 0
    FROM = 1  # first synapse; first neuron
    TO = 2
    DELAY = 3  # of synapses
    STATE = 3  # of neurons: place of the first one's
    RING = 4  # begin of the projection's ring
    DEPTH = 5  # its steps
    WIDTH = 6  # its neurons
    PROJECTION = 7  # counted among the graded ones
    COLUMNS = 8


class PlasticArrays(NamedTuple):
    """What the compiled events read and write; the loop gets their `addresses`."""

    parts: Ints  # (parts, columns), by owner
    of_owner: Ints  # (owners + 1,): where the parts of each owner begin
    scratch_sizes: Ints  # (2,) of each thread: post variables as decayed to now, spikes of one target
    constants: Reals
    tables: Reals
    table_at: Ints
    scales: Reals  # (parts, 2): the reciprocal of the slot's scale, the most that one event may send
    clipped: Ints  # one number in each cache line
    delays: Ints
    offsets: Ints
    target_of: Steps
    values: Reals  # (batch, ...), as all that follows down to totals
    stamps: Steps
    arrived: Steps
    replayed_until: Steps
    pre: Reals
    post: Reals
    post_arrived: Steps
    base_pre: Reals
    base_pre_arrived: Steps
    base_post: Reals
    base_post_arrived: Steps
    steps: Steps
    spike_history: Steps
    previous_spike_of: Steps
    last_spike_of: Steps
    before: Reals
    counts: Ints
    totals: Reals
    signals: Reals
    given: Ints
    column_at: Ints
    column: Steps
    column_segment: Steps
    source_state: Ints
    patch_steps: Ints
    patches: Ints  # (patches, 4): part, sample, kind, segment or neuron
    patch_values: Reals  # (patches, variables)


def addresses(plastic: PlasticArrays) -> Ints:
    """For each array its address and the length of its last axis, int64 (2 arrays,); valid as long as they are."""
    return np.array([(array.ctypes.data, array.shape[-1]) for array in plastic], np.int64).ravel()
