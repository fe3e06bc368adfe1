"""A small study that several files look at."""

from __future__ import annotations

import pytest

import neurosim as ns
from tests.neurosim.study.studies import RULES, small


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> ns.Study:
    """Four rules with two seeds; nothing changes it."""
    return small(RULES, tmp_path_factory.mktemp("study") / "logs", seeds=2)
