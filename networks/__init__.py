"""Networks, one file each, imported as ``neurosim.networks``.

`Cnn`, `DiehlCook`, `Mlp`, `SpikingMlp` and `WinnerTakeAll` are trained by a study; the others are networks of spikes,
built from a seed alone.
"""

from neurosim.networks.brunel import Brunel
from neurosim.networks.cnn import Cnn
from neurosim.networks.coba import Coba
from neurosim.networks.cuba import Cuba
from neurosim.networks.diehl_cook import DiehlCook
from neurosim.networks.florian_xor import FlorianXor
from neurosim.networks.izhikevich import Izhikevich
from neurosim.networks.microcircuit import Microcircuit
from neurosim.networks.mlp import Mlp
from neurosim.networks.spiking_mlp import SpikingMlp
from neurosim.networks.stdp import Stdp
from neurosim.networks.winner_take_all import WinnerTakeAll

__all__ = [
    "Brunel",
    "Cnn",
    "Coba",
    "Cuba",
    "DiehlCook",
    "FlorianXor",
    "Izhikevich",
    "Microcircuit",
    "Mlp",
    "SpikingMlp",
    "Stdp",
    "WinnerTakeAll",
]
