"""The two compilers of CUDA, with the options of the engine and every warning as an error; neither needs a GPU."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from neurosim.engines.cuda.device import OPTIONS


def by_nvcc(source: str, folder: Path, *flags: str) -> str:
    """What nvcc prints, which must be no warning; it writes kernels.out."""
    if shutil.which("nvcc") is None:
        pytest.skip("nvcc is not installed")
    (folder / "kernels.cu").write_text(source)
    places = ["-o", str(folder / "kernels.out"), str(folder / "kernels.cu")]
    command = ["nvcc", *flags, "-Werror", "all-warnings", *OPTIONS, *places]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stderr


def assert_nvrtc_takes(source: str, architecture: str) -> None:
    """Machine code comes out, and no word of warning; its last byte is 0, which `Device` relies on."""
    found = [path for folder in sys.path for path in Path(folder).glob("nvidia/c*/lib/libnvrtc.so.*")]
    if not found:
        pytest.skip("NVRTC is not installed; pip install nvidia-cuda-nvrtc")
    library, program, size = ctypes.CDLL(str(found[0])), ctypes.c_void_p(), ctypes.c_size_t()
    assert library.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"neurosim.cu", 0, None, None) == 0
    options = [option.encode() for option in (*OPTIONS, f"--gpu-architecture={architecture}")]
    status = library.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    assert (status, log.value.decode()) == (0, "")
    assert library.nvrtcGetCUBINSize(program, ctypes.byref(size)) == 0
    code = ctypes.create_string_buffer(size.value)
    assert library.nvrtcGetCUBIN(program, code) == 0
    assert (code.raw[:4], code.raw[-1:]) == (b"\x7fELF", b"\0")
