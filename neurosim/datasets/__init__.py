"""Data sets: `load` one by name; `names`, `available`, `locate` and `fetch` serve the command line."""

from neurosim.datasets.dataset import Dataset
from neurosim.datasets.labels import one_hot, validation_split
from neurosim.datasets.loading import Entry, available, fetch, load, locate, names

__all__ = ["Dataset", "Entry", "available", "fetch", "load", "locate", "names", "one_hot", "validation_split"]
