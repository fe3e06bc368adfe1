"""neurosim: a spiking and local-learning simulator that compares learning rules fairly."""

from __future__ import annotations

__version__ = "0.1.0"
