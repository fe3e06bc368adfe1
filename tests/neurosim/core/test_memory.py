"""Refusals before memory is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurosim.core import memory
from neurosim.core.errors import InputError
from neurosim.core.memory import available_memory, check_memory


@pytest.mark.parametrize(
    ("limit", "expected"), [("max", 2048 * 1024), ("1000000", 400000), ("500000", 0), (None, 2048 * 1024)]
)
def test_available_memory_is_the_kernel_s_or_what_a_container_leaves(
    limit: str | None, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:  4096 kB\nMemAvailable:    2048 kB\n")
    (tmp_path / "used").write_text("600000\n")
    if limit is not None:
        (tmp_path / "limit").write_text(f"{limit}\n")
    for name, file in (("_MEMINFO", "meminfo"), ("_LIMIT", "limit"), ("_USED", "used")):
        monkeypatch.setattr(memory, name, tmp_path / file)
    assert available_memory() == expected


def test_what_does_not_fit_is_refused_with_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 1000)
    check_memory("network", 250, 1000)
    with pytest.raises(InputError) as error:
        check_memory("network", 500, 2000)
    assert str(error.value) == (
        "network: expected at most 1e+03 bytes (the memory available), got 500 synapses that need 2e+03 bytes; use "
        "fewer synapses or a larger machine"
    )


def test_a_system_that_does_not_tell_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    assert check_memory("network", 1e15, 1e16) is None  # type: ignore[func-returns-value]
