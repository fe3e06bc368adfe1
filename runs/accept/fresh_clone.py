"""`make compare` in a fresh clone of HEAD: it leaves table, logs and report, and compares within 2 minutes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 120.0  # s, without the installation


def main() -> int:
    """Print the results as JSON; 1 if something is missing or too slow."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        subprocess.run(["make", "compare"], cwd=clone, check=True, stdout=subprocess.DEVNULL)
        start = time.perf_counter()
        done = subprocess.run(["make", "compare"], cwd=clone, check=False, stdout=subprocess.PIPE, text=True)
        seconds = time.perf_counter() - start
        logs = clone / "runs" / "logs" / "compare"
        found = {"logs": len(list(logs.glob("*.h5"))), "report_bytes": (logs / "report.html").stat().st_size}
    good = done.returncode == 0 and seconds <= LONGEST and found["logs"] == 18 and "kolen_pollack" in done.stdout
    print(json.dumps({"seconds": round(seconds, 1), "longest": LONGEST, **found, "good": good}))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
