"""The CUDA text of every neuron compiles for two generations of devices, without a warning; no GPU is needed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import neurosim.neurons
from neurosim.equations import compile_model
from tests.neurosim.equations.host import real

_KERNEL = """
__global__ void step_{name}(int n, {real} *x, int *slot, {real} *scale, {real} *c, {real} *a, {real} *z,
                            {real} *shared, unsigned short *ref, unsigned char *mask)
{{
    const int k = blockIdx.x * blockDim.x + threadIdx.x;
    if (k < n)
        model_{name}::update_neuron(k, n, x, slot, scale, c, a, z, shared, ref, mask);
}}
"""


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
def test_every_neuron_compiles(architecture: str, tmp_path: Path) -> None:
    if shutil.which("nvcc") is None:
        pytest.skip("nvcc is not installed")
    models = [
        compile_model(getattr(neurosim.neurons, name)(), 0.1, precision)
        for name in neurosim.neurons.__all__
        for precision in ("float32", "float64")
    ]
    assert len({model.hash[:16] for model in models}) == len(models)
    kernels = [model.source("cuda") + _KERNEL.format(name=model.hash[:16], real=real(model)) for model in models]
    (tmp_path / "models.cu").write_text("".join(kernels))
    flags = ["-cubin", f"-arch={architecture}", "-fmad=false", "-Werror", "all-warnings", "-std=c++17"]
    command = ["nvcc", *flags, "-o", str(tmp_path / "models.cubin"), str(tmp_path / "models.cu")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "models.cubin").stat().st_size > 0
