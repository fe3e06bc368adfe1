"""The cost of other load: a process that spins on one of two processors, and the engine on both.

    python runs/bench/neighbour.py [--seconds 5] [--rounds 5]

With as many threads as it chooses, the engine must take at most 1.3 times what one thread takes beside the same
neighbour: it has to notice that its threads wait for each other, and go on with one. Prints the ratio for each
network; exits 1 above the limit, 3 without two processors or where processes cannot be bound to them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from harness import NOT_RUN, bench, conclude, side_by_side

LIMIT = 1.3
NETWORKS = (  # and how many times as long: a run should last a second, since the system moves threads for a tenth
    ("microcircuit:scale=0.1", 1),
    ("microcircuit:scale=0.3", 1),
    ("cuba", 10),
    ("coba", 10),
)
SPIN = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def busy(processor: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that spins on ``processor`` and ends with the block, or with this process."""
    spinning = subprocess.Popen([sys.executable, "-c", SPIN, str(processor)])
    try:
        yield spinning
    finally:
        spinning.kill()
        spinning.wait()


def main() -> int:
    """Measure and print; see the top of the file."""
    parser = argparse.ArgumentParser(description="The engine beside a busy process.")
    parser.add_argument("--seconds", type=float, default=5.0, help="biological")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not hasattr(os, "sched_setaffinity") or len(allowed := sorted(os.sched_getaffinity(0))) < 2:
        print('{"bench": "neighbour", "reason": "two processors are needed, and the means to choose them"}')
        return NOT_RUN
    os.sched_setaffinity(0, allowed[:2])
    found = []
    for name, times in NETWORKS:
        seconds = times * options.seconds
        words = ("--seconds", str(seconds))
        with busy(allowed[1]):
            runs = [(bench(name, *words), bench(name, *words, "--threads", "1")) for _ in range(options.rounds)]
        free = bench(name, *words)
        chosen, alone = ([run[side]["rtf"] for run in runs] for side in (0, 1))
        found.append(
            {
                "network": name,
                "threads": free["threads"],
                "ratio": side_by_side(chosen, alone),
                "rtf": chosen,
                "rtf_one_thread": alone,
                "rtf_without_neighbour": free["rtf"],
                "share_of_steps_alone": [
                    round(run[0]["steps_alone"] * run[0]["dt"] / (1e3 * seconds), 2) for run in runs
                ],
            }
        )
    return conclude("neighbour", all(each["ratio"] <= LIMIT for each in found), limit=LIMIT, networks=found)


if __name__ == "__main__":
    sys.exit(main())
