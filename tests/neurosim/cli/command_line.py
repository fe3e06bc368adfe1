"""What tests of the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurosim.cli.command import main

Capture = pytest.CaptureFixture[str]


def refused(capture: Capture, *words: str | Path) -> str:
    """The line with which the command is refused; anything else than one line and exit code 2 fails."""
    assert main([str(word) for word in words]) == 2
    answer = capture.readouterr()
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    return answer.err.rstrip("\n")
