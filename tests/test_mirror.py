"""The tests mirror the source: one file per module, at the same path, and none borrows from another.

Modules without a file of their own are listed with the file that tests them: one contract for files of one kind, or
the tests of the one module that they serve, through which alone they can be seen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE: tuple[tuple[str, str, str], ...] = (  # where it is tested, modules in a package, why
    (
        "tests/contracts/test_every_neuron.py",
        "neurosim/neurons: adex alif izhikevich leaky_integrator lif_alpha lif_conductance lif_delta lif_two_currents "
        "parrot soft_reset",
        "each is a text, of which every one owes the same",
    ),
    (
        "tests/contracts/test_every_layer.py",
        "neurosim/layers: elementwise flatten layer linear windows",
        "gradient, shapes, counts and precision are owed by all",
    ),
    ("tests/contracts/test_every_rule.py", "neurosim/learning: locality passes", "what every rule is made of"),
    (
        "tests/neurosim/engines/reference/test_engine.py",
        "neurosim/engines/reference: population",
        "half of one engine, against one written by hand",
    ),
    (
        "tests/neurosim/engines/reference/test_plastic.py",
        "neurosim/engines/reference: traces",
        "the past that plastic synapses see",
    ),
    (
        "tests/neurosim/simulation/test_graded.py",
        "neurosim/engines/reference: graded; neurosim/engines/cpu: graded; neurosim/engines/layout: graded",
        "one projection on both engines, against products by hand",
    ),
    (
        "tests/neurosim/engines/cpu/test_engine.py",
        "neurosim/engines/cpu: step watching; neurosim/engines/layout: neurons",
        "printed, compiled and run as one, bit for bit with the reference",
    ),
    (
        "tests/neurosim/engines/layout/test_static.py",
        "neurosim/engines/layout: static_kernels",
        "the compiled loops of static.py",
    ),
    (
        "tests/neurosim/engines/layout/test_plastic.py",
        "neurosim/engines/layout: columns plastic_access",
        "the arrays of plastic.py and the names of their columns",
    ),
    (
        "tests/neurosim/engines/cuda/test_engine.py",
        "neurosim/engines/cuda: device draining fields image watching",
        "the parts of one launch, bit for bit with the reference",
    ),
    ("tests/neurosim/engines/cpu/test_engine.py", "neurosim/engines: engine", "a protocol with its tuples"),
    ("tests/neurosim/simulation/test_assemble.py", "neurosim/engines: plan", "the values that assemble fills in"),
    ("tests/neurosim/simulation/test_recording.py", "neurosim/simulation: records", "what was recorded is read back"),
    ("tests/neurosim/runlog/test_reader.py", "neurosim/runlog: log_files", "the base of what reads a log"),
    (
        "tests/neurosim/equations/test_shared.py",
        "neurosim/equations/print: shared to_numba to_numpy",
        "printers agree or are wrong",
    ),
    (
        "tests/neurosim/equations/program/test_portable.py",
        "neurosim/equations/print: to_cuda",
        "with the host's compiler",
    ),
    (
        "tests/neurosim/equations/test_compiled_rule.py",
        "neurosim/equations/print: rule_functions; neurosim/equations/program: rule_lowering; "
        "neurosim/equations: synaptic_rule",
        "a rule's functions are compiled there",
    ),
    (
        "tests/neurosim/equations/text/test_expressions.py",
        "neurosim/equations/text: reading syntax",
        "texts are read as expressions",
    ),
    (
        "tests/neurosim/equations/text/test_rule_equations.py",
        "neurosim/equations/text: rule_syntax",
        "the lines of a rule",
    ),
    (
        "tests/neurosim/connectivity/test_row_kernels.py",
        "neurosim/connectivity: row_sources",
        "where compiled rows come from",
    ),
    (
        "tests/neurosim/connectivity/test_values.py",
        "neurosim/connectivity: value_kernels",
        "the compiled half of values",
    ),
    ("tests/neurosim/connectivity/test_synapses.py", "neurosim/connectivity: order_kernels", "their canonical order"),
    ("tests/neurosim/datasets/test_content.py", "neurosim/datasets: records", "the files of a set, and what is wrong"),
    (
        "tests/neurosim/cli/test_study_commands.py",
        "neurosim/study: options",
        "a table that becomes the command's options",
    ),
    (
        "tests/rules/test_pairs_of_spikes.py",
        "rules: nearest_pair_stdp symmetric_stdp weight_dependent_stdp",
        "each is another sum over pairs of spikes",
    ),
    ("tests/neurosim/cli/test_command.py", "neurosim: __main__ bench", "doors to the command, run there as programs"),
)


def modules() -> list[str]:
    """Every public module that is no facade, as a path; links are not followed."""
    found = [
        path.relative_to(ROOT).with_suffix("")
        for folder in ("neurosim", "rules", "networks")
        for path in (ROOT / folder).rglob("*.py")
    ]
    return sorted(path.as_posix() for path in found if path.name == "__main__" or not path.name.startswith("_"))


def mirrored(module: str) -> str:
    """Where the tests of a module stand.

    >>> mirrored("neurosim/core/rng")
    'tests/neurosim/core/test_rng.py'
    """
    path = PurePosixPath(module)
    return f"tests/{path.parent}/test_{path.name}.py"


def listed() -> dict[str, str]:
    """The file that tests each module of the table."""
    groups = [(where, group.partition(": ")) for where, text, _ in ELSEWHERE for group in text.split("; ")]
    return {f"{package}/{name}": where for where, (package, _, names) in groups for name in names.split()}


def test_every_module_has_its_tests_at_the_mirrored_path_or_is_listed() -> None:
    alone = [module for module in modules() if not (ROOT / mirrored(module)).is_file()]
    assert sorted(set(alone) - set(listed())) == []


def test_the_list_names_modules_without_tests_of_their_own_and_files_that_test_them() -> None:
    stale = [each for each in listed() if each not in modules() or (ROOT / mirrored(each)).is_file()]
    assert stale == []
    assert [where for where in set(listed().values()) if not (ROOT / where).is_file()] == []


def borrowed(path: str, text: str) -> Iterator[str]:
    """The imports from a file of tests."""
    for node in ast.walk(ast.parse(text)):
        names: Iterable[str] = ()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("tests.") and any(part.startswith("test_") for part in name.split(".")):
                yield f"{path}:{getattr(node, 'lineno', 0)}: imports {name}; move it to a module without test_"


def test_no_test_borrows_from_another_file_of_tests() -> None:
    found = [
        complaint
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for complaint in borrowed(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "is_borrowed"),
    [
        ("from tests.neurosim.engines.layout.test_plastic import RULES", True),
        ("def f():\n    import tests.rules.test_bcm", True),
        ("from tests.rules import test_bcm", True),
        ("from tests.toy_engine import word\nfrom neurosim.core import test_rng", False),
    ],
)
def test_a_planted_import_is_seen(text: str, is_borrowed: bool) -> None:
    assert bool(list(borrowed("a.py", text))) is is_borrowed
