"""Programs printed as text for NumPy, Numba and CUDA."""
