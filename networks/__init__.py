"""Networks, one file each, imported as ``neurosim.networks``."""
