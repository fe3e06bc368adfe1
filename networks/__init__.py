"""Networks, one file each, imported as ``neurosim.networks``."""

from neurosim.networks.cnn import Cnn
from neurosim.networks.mlp import Mlp

__all__ = ["Cnn", "Mlp"]
