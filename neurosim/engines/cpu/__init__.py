"""The engine for CPUs: one network, compiled by Numba, advanced by threads that own its neurons."""
