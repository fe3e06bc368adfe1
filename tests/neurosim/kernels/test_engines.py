"""Which engine a name stands for."""

from __future__ import annotations

import pytest

from neurosim.errors import InputError
from neurosim.kernels.engines import choose_engine


@pytest.mark.parametrize(("asked", "found"), [("auto", "cpu"), ("cpu", "cpu"), ("reference", "reference")])
def test_auto_is_the_compiled_engine(asked: str, found: str) -> None:
    assert choose_engine(asked, None)[0] == found


def test_an_unknown_backend_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="backend: expected one of auto, cpu, reference, got 'gpu'"):
        choose_engine("gpu", None)
