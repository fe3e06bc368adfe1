"""The version is that which is published, and the package's folder is where the code lies."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import neurosim
from neurosim.core.version import PACKAGE, __version__


def test_there_is_one_version_in_the_form_of_semantic_versioning() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    assert neurosim.__version__ == __version__ == project["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_the_folder_is_that_of_the_package() -> None:
    assert Path(neurosim.__file__).resolve() == PACKAGE / "__init__.py"
