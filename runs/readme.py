"""Make the README's tables and plot: the committed comparison on digits and Fashion-MNIST, three seeds each.

Digits are learned by spiking networks as well.

Prints the tables as Markdown and writes runs/figures/comparison.png. Takes about five minutes on two cores.

    python runs/readme.py [--only digits]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

import neurosim as ns
from neurosim.report import figures, markdown, read
from neurosim.study.progress import auto

RULES = (
    "backprop",
    "temporal_derivative",
    "temporal_derivative:feedback=kolen_pollack",
    "temporal_derivative:feedback=random",
    "feedback_alignment",
)
SPIKING = ("stdp",)
PICTURE = Path(__file__).parent / "figures" / "comparison.png"


def draw(folder: Path) -> None:
    """The plot: cost against accuracy, and agreement with the gradient."""
    records = read([folder])
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), constrained_layout=True)
    figures.tradeoff(records, ax=left, legend=False)
    figures.alignment(records, "hidden1", ax=right)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


def main() -> None:
    """Run the chosen studies; the plot shows the last one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("digits", "fashion-mnist"))
    given = parser.parse_args()
    for data in (given.only,) if given.only else ("digits", "fashion-mnist"):
        with tempfile.TemporaryDirectory() as folder:
            rules = (*RULES, *SPIKING) if data == "digits" else RULES
            study = ns.compare(rules, network="mlp", data=data, seeds=3, log=folder, progress=auto())
            print(f"\n{data}\n\n{markdown(study.cells)}\n", flush=True)
            draw(study.folder)


if __name__ == "__main__":
    main()
