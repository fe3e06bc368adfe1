from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "runs" / "notebooks"


@pytest.fixture(scope="module")
def executed() -> Any:
    """The comparison notebook with its outputs, run small in a kernel of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Jupyter's own libraries
        import jupytext
        from nbclient import NotebookClient

        notebook = jupytext.read(NOTEBOOKS / "compare_rules.py")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NEUROSIM_NOTEBOOK_SMALL", "1")
            patch.setenv("OPENBLAS_NUM_THREADS", "1")
            patch.delenv("MPLBACKEND", raising=False)  # the kernel chooses its own, which draws into the notebook
            client = NotebookClient(
                notebook,
                timeout=120,
                kernel_name="python3",
                resources={"metadata": {"path": str(NOTEBOOKS.parents[1])}},
            )
            return client.execute()


def outputs(notebook: Any, kind: str) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", ()) if output.output_type == kind]


def test_the_notebook_shows_the_table_with_every_rule(executed: Any) -> None:
    printed = "".join(output.text for output in outputs(executed, "stream") if output.name == "stdout")
    for rule in ("backprop", "temporal_derivative", "temporal_derivative:feedback=random", "feedback_alignment"):
        assert f"\n{rule} " in printed
    assert "vs backprop" in printed


def test_the_notebook_shows_its_figures(executed: Any) -> None:
    images = [output for output in outputs(executed, "display_data") if "image/png" in output.data]
    assert len(images) >= 5  # accuracy, two alignments, operations, activity


def test_the_notebook_shows_progress_as_lines_and_nothing_else_on_stderr(executed: Any) -> None:
    complained = [output.text for output in outputs(executed, "stream") if output.name == "stderr"]
    lines = "".join(complained).splitlines()
    assert len(lines) >= 8  # four rules, two seeds
    assert all(line.startswith("[") and "/8] " in line for line in lines)
