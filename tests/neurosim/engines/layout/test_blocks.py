"""Every neuron and receptor has one slot, and no two the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.core.errors import InputError
from neurosim.engines.layout.blocks import BlockLayout

POPULATIONS = st.lists(st.tuples(st.integers(1, 1000), st.integers(1, 3)), min_size=1, max_size=5)


def laid_out(populations: list[tuple[int, int]], owners: int) -> BlockLayout:
    return BlockLayout(tuple(size for size, _ in populations), tuple(inputs for _, inputs in populations), owners)


@given(populations=POPULATIONS, owners=st.integers(1, 5))
def test_slots_are_a_partition(populations: list[tuple[int, int]], owners: int) -> None:
    layout = laid_out(populations, owners)
    taken = [np.zeros(n, int) for n in layout.slots]
    for p, (_, inputs) in enumerate(populations):
        for receptor in range(inputs):
            for owner, slot in zip(*layout.slots_of(p, receptor), strict=True):
                taken[owner][slot : slot + 128] += 1
    assert all((part == 1).all() for part in taken)


def test_the_slots_of_all_owners_are_numbered_end_to_end_if_17_bits_suffice() -> None:
    assert BlockLayout((300, 100), (1, 2), 2).first_slot.tolist() == [0, 256]
    assert BlockLayout((1 << 16,), (2,), 2).first_slot.tolist() == [0, 1 << 16]
    assert BlockLayout(((1 << 16) + 1,), (2,), 2).first_slot.tolist() == [0, 0]


@given(populations=POPULATIONS, owners=st.integers(1, 5))
def test_an_owner_s_part_of_a_population_is_a_matrix_of_receptors_and_consecutive_neurons(
    populations: list[tuple[int, int]], owners: int
) -> None:
    layout = laid_out(populations, owners)
    for p, (_, inputs) in enumerate(populations):
        for owner in range(owners):
            mine = np.flatnonzero(layout.slots_of(p, 0)[0] == owner)
            assert len(mine) == 0 or mine.tolist() == list(range(mine[0], mine[-1] + 1))
            base, width = layout.base[owner, p], layout.width[owner, p]
            for receptor in range(inputs):
                slot = layout.slots_of(p, receptor)[1][mine]
                assert slot.tolist() == [base + receptor * width + 128 * j for j in range(len(mine))]


@given(populations=POPULATIONS, owners=st.integers(1, 5), data=st.data())
def test_a_whole_population_has_one_owner(populations: list[tuple[int, int]], owners: int, data: st.DataObject) -> None:
    """The others are shared out evenly, as ever."""
    whole = data.draw(st.frozensets(st.integers(0, len(populations) - 1)))
    sizes, inputs = zip(*populations, strict=True)
    layout = BlockLayout(sizes, inputs, owners, whole)
    for p, size in enumerate(sizes):
        blocks = layout.width[:, p] // 128
        assert blocks.sum() == -(-size // 128)
        assert np.count_nonzero(blocks) == 1 if p in whole else np.ptp(blocks) <= 1


@given(populations=POPULATIONS, owners=st.integers(1, 5))
def test_blocks_are_shared_out_evenly(populations: list[tuple[int, int]], owners: int) -> None:
    layout = laid_out(populations, owners)
    assert np.ptp(layout.width, axis=0).max() <= 128
    assert np.ptp(layout.width.sum(axis=1)) <= 128


def test_populations_follow_one_another_in_blocks_of_128() -> None:
    layout = BlockLayout((1, 128, 129), (1, 1, 1))
    assert [layout.first_neuron(p) for p in range(3)] == [0, 128, 256]
    assert layout.n_sources == 512


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BlockLayout((), ()), "layout.sizes: expected one size >= 1 and one number of inputs >= 1"),
        (lambda: BlockLayout((0,), (1,)), "layout.sizes: expected one size >= 1 and one number of inputs >= 1"),
        (lambda: BlockLayout((1,), (1, 1)), "layout.sizes: expected one size >= 1 and one number of inputs >= 1"),
        (lambda: BlockLayout((1,), (1,), 0), "layout.owners: expected a whole number >= 1, got 0"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError) as error:
        make()
    assert str(error.value).startswith(message)
