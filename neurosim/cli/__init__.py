"""The command ``neurosim``."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 1 (a result says no), 2 (bad input), 130 (interrupted)."""
    from neurosim.cli import command

    return command.main(arguments)
