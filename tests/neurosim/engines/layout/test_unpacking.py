"""New weights in packed rows: they reach their own synapses and no others."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.connectivity import FixedInDegree, FixedTotalNumber, FromArrays, Normal, Uniform
from neurosim.engines.layout.blocks import BlockLayout
from neurosim.engines.layout.static import Projection, pack
from neurosim.engines.layout.unpacking import rewrite, unpack

SIZES = (900, 700)
PROJECTIONS = (
    Projection("a", FixedTotalNumber(600_000), 0, 1, 1, Normal(1.0, 0.1), Uniform(0.2, 1.0)),
    Projection("b", FixedInDegree(30), 0, 1, 1, Normal(-2.0, 0.2), Uniform(0.2, 1.0)),  # shares a's pathway
    Projection("c", FixedInDegree(30), 0, 0, 0, Normal(1.0, 0.1), 0.3),
    Projection("d", FromArrays([5] * 4, [699] * 4, [1.0, 2.0, 3.0, 4.0], [0.3, 0.3, 0.1, 0.3]), 0, 1, 0),
)


@pytest.mark.parametrize("owners", [1, 3])
@pytest.mark.parametrize("name", ["a", "b", "c", "d"])
def test_new_weights_come_back_and_all_else_stays(owners: int, name: str) -> None:
    packed = pack(BlockLayout(SIZES, (1, 2), owners), PROJECTIONS, dt=0.1, seed=1)
    before = {p.name: unpack(packed, p.name) for p in PROJECTIONS}
    integer = np.random.default_rng(2).integers(-16383, 16384, len(before[name])).astype(np.int32)
    rewrite(packed, name, integer)
    for p in PROJECTIONS:
        after = unpack(packed, p.name)
        assert (after.post == before[p.name].post).all()
        assert (after.delay == before[p.name].delay).all()
        expected = integer * packed.scale[p.post][p.receptor] if p.name == name else before[p.name].weight
        assert (after.weight == expected).all()
