from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest

import neurosim as ns

ROOT = Path(__file__).resolve().parents[2]


def execute(name: str, folder: Path) -> Any:
    """The notebook ``name`` with its outputs, run small in a kernel of its own that works in ``folder``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Jupyter's own libraries
        import jupytext
        from nbclient import NotebookClient

        notebook = jupytext.read(ROOT / "runs" / "notebooks" / name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NEUROSIM_NOTEBOOK_SMALL", "1")
            patch.setenv("OPENBLAS_NUM_THREADS", "1")
            patch.setenv("PYTHONPATH", str(ROOT))
            patch.delenv("MPLBACKEND", raising=False)  # the kernel chooses its own, which draws into the notebook
            client = NotebookClient(
                notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
            )
            return client.execute()


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return execute("compare_rules.py", tmp_path_factory.mktemp("comparison"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first network works."""
    return tmp_path_factory.mktemp("first")


@pytest.fixture(scope="module")
def first(folder: Path) -> Any:
    return execute("first_network.py", folder)


@pytest.fixture(scope="module")
def emergence(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return execute("stdp_emergence.py", tmp_path_factory.mktemp("emergence"))


def outputs(notebook: Any, kind: str) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", ()) if output.output_type == kind]


def images(notebook: Any) -> list[Any]:
    return [output for output in outputs(notebook, "display_data") if "image/png" in output.data]


def said(notebook: Any, stream: str) -> str:
    return "".join(output.text for output in outputs(notebook, "stream") if output.name == stream)


def test_the_comparison_shows_the_table_with_every_rule(comparison: Any) -> None:
    printed = said(comparison, "stdout")
    for rule in ("backprop", "temporal_derivative", "temporal_derivative:feedback=random", "feedback_alignment"):
        assert f"\n{rule} " in printed
    assert "vs backprop" in printed


def test_the_comparison_shows_its_figures(comparison: Any) -> None:
    assert len(images(comparison)) >= 5  # accuracy, two alignments, operations, activity


def test_the_comparison_shows_progress_as_lines_and_nothing_else_on_stderr(comparison: Any) -> None:
    lines = said(comparison, "stderr").splitlines()
    assert len(lines) >= 8  # four rules, two seeds
    assert all(line.startswith("[") and "/8] " in line for line in lines)


def test_the_first_network_shows_its_figures_and_complains_of_nothing(first: Any) -> None:
    assert len(images(first)) == 4  # raster with rates, potential, f-I curve, adaptation
    assert said(first, "stderr") == ""


def test_the_first_network_repeats_its_spikes_by_seed_on_both_backends(first: Any) -> None:
    assert re.findall(r"(the same|other) spikes\n", said(first, "stdout")) == ["the same", "the same", "other"]


def test_the_first_network_measures_intervals_within_a_step_of_the_closed_form(first: Any) -> None:
    found = re.search(r"longer than the closed form by (\S+) to (\S+) ms", said(first, "stdout"))
    assert found is not None
    assert 0.0 <= float(found[1]) < float(found[2]) < 0.1  # a spike is noticed at the end of a step of 0.1 ms


def test_the_first_network_leaves_a_finished_log_below_runs_logs(first: Any, folder: Path) -> None:
    run = ns.open_run(folder / "runs" / "logs" / "first_network.h5")
    assert run.status == "finished"
    assert sorted(run.populations()) == ["exc", "inh"]
    assert f"{len(run.spikes('exc').times)} spikes of exc" in said(first, "stdout")


def test_the_first_network_shows_a_mistake_in_one_line(first: Any) -> None:
    assert re.search(r"^adapting line 1: expected unit mV in .*$", said(first, "stdout"), re.MULTILINE)


def test_the_window_that_emerges_shows_its_figure_and_complains_of_nothing(emergence: Any) -> None:
    assert len(images(emergence)) == 1
    assert said(emergence, "stderr") == ""


def test_the_window_that_emerges_agrees_with_its_closed_forms(emergence: Any) -> None:
    printed = said(emergence, "stdout")
    errors = re.findall(r"(\S+) from the closed form", printed)
    correlations = re.findall(r"correlation (\S+) with the expectation, at most (\S+) standard errors", printed)
    assert len(errors) == 3
    assert all(float(error) < 1e-9 for error in errors)
    assert len(correlations) == 2
    assert all(float(alike) > 0.9 and float(far) < 4.5 for alike, far in correlations)


def test_the_window_that_emerges_has_two_sides_of_equal_area_unlike_the_fits(emergence: Any) -> None:
    areas = re.findall(r"its area (\S+) times", said(emergence, "stdout"))
    assert areas == ["1.00", "1.42"]  # 0.777 * 16.8 / (0.273 * 33.7)


def test_the_window_that_emerges_is_that_of_the_trained_network_and_of_no_other_spikes(emergence: Any) -> None:
    printed = said(emergence, "stdout")
    found = re.search(r"correlates (\S+) with its closed form[^%]*\n(\S+)% of .* at most (\S+)%", printed)
    assert found is not None
    alike, explained, shuffled = map(float, found.groups())
    assert alike > 0.9
    assert explained > 99.0
    assert shuffled < 5.0
