"""`bench layers` against PyTorch on the same cores in one run; not run where torch is not installed."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path


def main() -> int:
    """The benchmark's own line and exit status; 3 without torch."""
    if find_spec("torch") is None:
        print('{"reason": "torch is not installed; pip install torch==2.13.0"}')
        return 3
    script = Path(__file__).resolve().parents[1] / "bench" / "layers_vs_torch.py"
    return subprocess.run([sys.executable, str(script)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
