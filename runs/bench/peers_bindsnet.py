"""Diehl & Cook's network in BindsNET: the first line of stdin says which images, every further line shows them all.

Runs in .venv-bindsnet. Answers one line of JSON each: what was built, then the time in which it learned from the images
one after the other, encoding and reset included, with the spikes of pixels and neurons. The network is BindsNET's
own model with its defaults (pair STDP, currents, no delays) and the inhibition of the example that it ships. Images
come as pixels in [0, 1].
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib.metadata import version

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what its libraries say goes to stderr

import torch  # noqa: E402
from bindsnet.encoding import poisson  # noqa: E402
from bindsnet.models import DiehlAndCook2015  # noqa: E402
from bindsnet.network.monitors import Monitor  # noqa: E402

INHIBITION = 120.0  # as in BindsNET's examples/mnist/eth_mnist.py; excitation, norm and theta_plus are defaults


def main() -> None:
    """Build, show the first image as a warm-up, then show all at every line."""
    task = json.loads(sys.stdin.readline())
    torch.set_num_threads(task["threads"])
    torch.manual_seed(task["seed"])
    images = torch.tensor(task["images"]) * task["hz"]
    n, rows, columns = images.shape
    steps = round(task["duration"] / task["dt"])
    started = time.perf_counter()
    network = DiehlAndCook2015(
        rows * columns,
        n_neurons=task["cells"],
        inh=INHIBITION,
        dt=task["dt"],
        inpt_shape=(1, rows, columns),
        batch_size=1,
    )
    monitor = Monitor(network.layers["Ae"], ["s"], time=steps, batch_size=1)
    network.add_monitor(monitor, name="cells")

    def show(image: torch.Tensor) -> tuple[int, int]:
        pixels = poisson(image.reshape(1, 1, rows, columns), time=steps, dt=task["dt"])
        network.run(inputs={"X": pixels}, time=task["duration"])
        cells = int(monitor.get("s").sum())
        network.reset_state_variables()
        return int(pixels.sum()), cells

    show(images[0])
    built = {"version": version("bindsnet"), "torch": torch.__version__, "build_s": time.perf_counter() - started}
    print(json.dumps(built), file=answers, flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        shown = [show(image) for image in images]
        sim_s = time.perf_counter() - started
        pixels, cells = (sum(column) / n for column in zip(*shown, strict=True))
        found = {"sim_s": sim_s, "images_per_s": n / sim_s, "pixel_spikes": pixels, "cell_spikes": cells}
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()
