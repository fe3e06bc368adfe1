"""Where these tests keep generated modules."""

from tests.neurosim.equations.kept import generated_folder as generated_folder
