"""Learning rules, one file each, imported as ``neurosim.rules``."""
