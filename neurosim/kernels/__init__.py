"""The same kernels for several machines: one folder per backend."""
