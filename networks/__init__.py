"""Networks, one file each, imported as ``neurosim.networks``: those that a study trains, and standalone spiking ones.

A class is imported when it is first used. A new file gets its line in one of the two tables.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

TRAINED = MappingProxyType(
    {
        "cnn": ("Cnn",),
        "diehl_cook": ("DiehlCook",),
        "mlp": ("Mlp",),
        "spiking_mlp": ("SpikingMlp",),
        "winner_take_all": ("WinnerTakeAll",),
    }
)
"""Networks that a study trains: file -> its classes."""
STANDALONE = MappingProxyType(
    {
        "brunel": ("Brunel",),
        "coba": ("Coba",),
        "cuba": ("Cuba",),
        "florian_xor": ("FlorianXor",),
        "izhikevich": ("Izhikevich",),
        "microcircuit": ("Microcircuit",),
        "stdp": ("Stdp",),
    }
)
"""Spiking networks built from a seed alone, which run by themselves: file -> its classes."""


def __getattr__(name: str) -> Any:
    for file, classes in (*TRAINED.items(), *STANDALONE.items()):
        if name in classes:
            return getattr(import_module(f"neurosim.networks.{file}"), name)
    raise AttributeError(f"module 'neurosim.networks' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
