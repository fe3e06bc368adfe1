"""How long a new model takes from the first run to the first step, in fresh processes; and one that was seen before.

    python runs/bench/startup.py [--processes 5]

New: the folder of generated code is empty, as for equations that were never run; what belongs to the package is
compiled already. Seen: the same folder again. First: nothing is compiled at all, as after an installation; reported
without a bound. Prints medians; exits 1 above a limit.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from harness import bench, conclude

LIMITS = (("new", 4.0), ("seen", 0.3))  # s
WORDS = ("--seconds", "0.01", "--threads", "1")


def compile_s(cache: Path) -> float:
    """compile_s of CUBA in a new process whose generated code lies in ``cache``."""
    return float(bench("cuba", *WORDS, environment={"NEUROSIM_CACHE": str(cache)})["compile_s"])


def main() -> int:
    """Measure and print; see the top of the file."""
    parser = argparse.ArgumentParser(description="Time to the first step.")
    parser.add_argument("--processes", type=int, default=5)
    options = parser.parse_args()
    bench("cuba", *WORDS)  # the package's own code is compiled
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / str(number) for number in range(options.processes)]
        seconds = {"new": [compile_s(place) for place in places], "seen": [compile_s(place) for place in places]}
        nothing = {"NEUROSIM_CACHE": f"{folder}/nothing", "NUMBA_CACHE_DIR": f"{folder}/numba"}
        first = bench("cuba", *WORDS, environment=nothing)
    medians = {name: round(median(values), 3) for name, values in seconds.items()}
    ok = all(medians[name] <= limit for name, limit in LIMITS)
    after_installation = {"compile_s": first["compile_s"], "build_s": first["build_s"]}
    return conclude("startup", ok, compile_s=medians, limits=dict(LIMITS), each=seconds, first=after_installation)


if __name__ == "__main__":
    sys.exit(main())
