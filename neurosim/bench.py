"""``python -m neurosim.bench`` measures the speed of neurosim."""

import sys

from neurosim.cli.bench import main

if __name__ == "__main__":
    sys.exit(main())
