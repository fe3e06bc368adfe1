"""The fields of the structure `Network`, which gives kernels access to the arrays and numbers of a network.

Those of synapses with a rule begin with p_, those of synapses that send a state with g_; they are empty where there are
none.
"""

from __future__ import annotations

from enum import IntEnum
from types import MappingProxyType
from typing import get_type_hints

import numpy as np

from neurosim.engines.layout.columns import Ints, PlasticArrays, Reals, Steps

CODES = ("int", "long long")
OFFSETS = ("unsigned short", "unsigned int")
_POINTERS = (
    ("clock", "long long"), ("work", "const int"), ("parts", "const long long"), ("drives", "const long long"),
    ("streams", "const long long"), ("thresholds", "const unsigned int"), ("scalars", "const real"),
    ("arrays", "const real"), ("state", "real"), ("slots", "int"), ("refractory", "unsigned short"),
    ("rates", "const unsigned int"), ("row_start", "const long long"), ("offsets", "const offset_t"),
    ("codes", "const code_t"), ("delays", "const long long"), ("ring", "int"), ("counts", "int"),
    ("scheduled_steps", "const long long"), ("scheduled", "const int"), ("cursors", "long long"),
    ("record_at", "const long long"), ("record", "unsigned int"), ("wholes", "const long long"),
    ("whole_arrays", "const real"), ("shared_at", "const long long"), ("shared", "real"),
    ("watch_work", "const int"), ("watches", "const long long"), ("watch_places", "const long long"),
    ("watched", "real"),
)  # fmt: skip
_NUMBERS = (
    "key_low", "key_high", "state_size", "slot_size", "scalar_size", "neuron_size", "rate_size", "shared_size",
    "sources", "depth", "bins", "target_bits", "splits", "lanes", "scheduled_count", "record_steps", "words",
)  # fmt: skip

MOVING = (
    "values", "stamps", "arrived", "pre", "post", "post_arrived", "base_pre", "base_pre_arrived", "base_post",
    "base_post_arrived", "signals", "given",
)  # fmt: skip
PATCHES = ("patch_steps", "patches", "patch_values")
FIXED = ("parts", "constants", "tables", "table_at", "scales", "delays", "offsets", "target_of", "column_at", "column",
          "column_segment", "source_state")  # fmt: skip
_KINDS = MappingProxyType({Ints: "long long", Steps: "int", Reals: "real"})
_TYPES = get_type_hints(PlasticArrays)
_PLASTIC_POINTERS = (
    *((f"p_{name}", _KINDS[_TYPES[name]]) for name in (*FIXED, *MOVING, *PATCHES)),
    ("p_clipped", "unsigned long long"),
    ("p_arrivals", "const long long"),
)
WIDE = (*MOVING[:-1], "patch_values")  # those whose rows the kernels count by their width
_COUNTS = ("p_patches_count", "p_jobs", "p_count", "p_phases", "p_common", "g_dues", "g_notes")
GRADED = MappingProxyType(
    {
        "due": "const long long", "noted": "const long long", "units": "const real", "pre": "const int",
        "slot": "const int", "ring": "real", "bounds": "const real", "clipped": "unsigned long long",
    }
)  # fmt: skip

POINTERS = (*_POINTERS, *_PLASTIC_POINTERS, *((f"g_{name}", kind) for name, kind in GRADED.items()))
NUMBERS = (*_NUMBERS, *(f"p_{name}_size" for name in WIDE), *_COUNTS)
NETWORK = np.dtype([(name, np.uint64) for name, _ in POINTERS] + [(name, np.int64) for name in NUMBERS])


def enums(*tables: type[IntEnum]) -> str:
    """The columns of ``tables`` in C++, in a namespace for each."""
    members = {table.__name__: ", ".join(f"{k} = {v:d}" for k, v in table.__members__.items()) for table in tables}
    return "\n".join(f"namespace {name} {{ enum {{ {columns} }}; }}" for name, columns in members.items())
