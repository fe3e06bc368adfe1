"""What is written as TOML is read back equal."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from neurosim.core.toml import to_toml

SCALARS = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
KEYS = st.text()
TABLES = st.recursive(
    st.dictionaries(KEYS, SCALARS | st.lists(SCALARS)),
    lambda inner: st.dictionaries(KEYS, SCALARS | inner, max_size=4),
    max_leaves=8,
)


@given(TABLES)
def test_the_standard_library_reads_what_the_writer_wrote(tables: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(tables)) == tables
