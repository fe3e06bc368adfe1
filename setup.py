"""What pyproject.toml cannot say: `pip install -e .` also puts the checkout on Python's path.

setuptools' finder of an editable package is asked after every folder of the path. Beside a checkout that is called
neurosim, Python would take that folder for a namespace package; a package proper, anywhere on the path, comes before.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildPy(build_py):
    """Adds the checkout's .pth file to an editable wheel."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            folder = Path(self.get_finalized_command("install").install_lib)
            (folder / "neurosim_checkout.pth").write_text(f"{Path.cwd()}\n", encoding="utf-8")


setup(cmdclass={"build_py": BuildPy})
