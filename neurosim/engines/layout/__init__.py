"""The arrays that the CPU and the CUDA engine share: how neurons and synapses lie in memory."""
