"""The columns of the table of plastic parts: the synapses of one plastic projection that one owner's targets have.

A row of a part is the synapses of one source, ordered by delay; a segment is what a row has of one delay. Segments are
numbered source * delays + delay. Offsets point into the arrays of `plastic_memory.Plastic`, of one sample.
"""

from __future__ import annotations

from typing import Final

RULE: Final = 0  # number of the rule in the network's shape
SOURCE_FIRST: Final = 1  # of the sources' numbers in the layout
SOURCES: Final = 2
TARGET_FIRST: Final = 3  # of the owner's targets' numbers in the layout
TARGETS: Final = 4
DELAY: Final = 5  # first in `delays`
DELAYS: Final = 6
DENDRITIC: Final = 7  # delay of the post event, in steps
OFFSET: Final = 8  # first of the segments' beginnings, in `offsets`
SYNAPSES: Final = 9
VALUE: Final = 10  # in `values`: a row of synapses for each variable
STAMP: Final = 11  # in `stamps`: a row of synapses for each variable with an equation
COPIES: Final = 12  # 1: each sample has its own synaptic variables; 0: all share those of sample 0
PLACE: Final = 13  # in `target_of`: the target of each synapse, or of each place in a row if all rows are full
FULL: Final = 14  # 1: every segment has all targets in order, or none
SEGMENT: Final = 15  # in `arrived` and `replayed_until`
PRE: Final = 16  # in `pre`: a row of segments for each variable
TARGET: Final = 17  # in `post_arrived` and `last_spike_of`
POST: Final = 18  # in `post`: a row of targets for each variable
SLOT: Final = 19  # of target 0, in the owner's slots
CONSTANT: Final = 20
TABLE: Final = 21  # in `table_at`: where the decay of each variable with an equation begins
HISTORY: Final = 22  # in `steps`, `spike_history`, `previous_spike_of`
BEFORE: Final = 23  # in `before`: a row of spikes for each post variable
ROOM: Final = 24  # of the history, in spikes
COUNT: Final = 25  # in `counts`
COLUMN: Final = 26  # in `column_at`: where each target's synapses begin in `column`
COLUMN_ITEM: Final = 27  # in `column` and `column_segment`
POST_STATE: Final = 28  # of the targets' states, and from one state to the next
POST_STRIDE: Final = 29
PRE_STATE: Final = 30  # in `source_state`: two numbers for each source, as POST_STATE and POST_STRIDE
PROJECTION: Final = 31  # number in the plan
BASE_SOURCE: Final = 32  # in `base_pre_arrived`
BASE_PRE: Final = 33  # in `base_pre`: a row of sources for each variable
FIRST: Final = 34  # target, within its population
TOTAL: Final = 35  # in `totals`: a row of targets for each sum
WINDOW: Final = 36  # steps back that a synapse may see; see `PlasticPlan.window`
COLUMNS: Final = 37

# kinds of patches: traces written by hand, which take effect where their spike would arrive
SEGMENT_PATCH: Final = 0
TARGET_PATCH: Final = 1
SOURCE_BASE_PATCH: Final = 2
TARGET_BASE_PATCH: Final = 3
