"""Memory: what is free, a refusal before a large allocation, and the peak of this process since a reset."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from neurosim.core.errors import InputError

_MEMINFO = Path("/proc/meminfo")
_LIMIT, _USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


def reset_peak_memory() -> None:
    """Start a new measurement, where the kernel offers it (Linux); elsewhere the peak is that of the process."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory_mb() -> float | None:
    """The largest resident set since `reset_peak_memory`, in MB (10^6 bytes); None where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024 / 1e6
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def available_memory() -> int | None:
    """The bytes that this process may still take; None where the system does not tell.

    Linux: what the kernel calls available, or less in a container with a limit. Elsewhere: the physical memory.
    """
    limits = []
    if _MEMINFO.exists():
        _, name, after = _MEMINFO.read_text().partition("MemAvailable:")
        if name:
            limits.append(int(after.split(maxsplit=1)[0]) * 1024)
    elif hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    if _LIMIT.exists() and _USED.exists() and (limit := _LIMIT.read_text().strip()).isdigit():
        limits.append(max(0, int(limit) - int(_USED.read_text())))
    return min(limits, default=None)


def check_memory(owner: str, count: float, needed: float, what: str = "synapses") -> None:
    """InputError if the ``needed`` bytes, for ``count`` synapses or neurons, are not available."""
    available = available_memory()
    if available is not None and needed > available:
        raise InputError(
            f"{owner}: expected at most {available:.3g} bytes (the memory available), got {count:.3g} {what} that "
            f"need {needed:.3g} bytes; use fewer {what} or a larger machine"
        )
