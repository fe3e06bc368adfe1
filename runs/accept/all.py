"""Run every acceptance check, print one JSON line per check, and exit with 1 if one failed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
CHECKS = (
    "diehl_cook.py",
    "digits.py",
    "fashion.py",
    "fresh_clone.py",
    "layers.py",
    "networks.py",
    "reward_xor.py",
    "spiking.py",
    "stdp.py",
    "stdp_window.py",
)


def main() -> int:
    """Each check is a script of its own, which prints JSON and exits with 0 (passed), 1 (failed) or 3 (not run)."""
    failed = False
    for name in CHECKS:
        start = time.perf_counter()
        done = subprocess.run([sys.executable, str(HERE / name)], stdout=subprocess.PIPE, text=True, check=False)
        verdict = {0: "passed", 3: "not run"}.get(done.returncode, "failed")
        failed |= verdict == "failed"
        shown = done.stdout.strip().splitlines()
        result = json.loads(shown[-1]) if shown else None
        seconds = round(time.perf_counter() - start, 1)
        print(json.dumps({"check": name, "verdict": verdict, "seconds": seconds, "result": result}), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
