"""The engine for NVIDIA GPUs: CUDA kernels, their launches through CuPy, and a header that runs them on the CPU."""
