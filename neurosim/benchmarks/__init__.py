"""What `neurosim.bench` measures: `layers` trains a perceptron, `spiking` runs a network of spikes."""
