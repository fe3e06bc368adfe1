"""A network in numbers, and the three machines that run it: reference, CPU, CUDA."""
