"""Rules of this project that a machine can check. Each rule reports ``file:line: what is wrong``.

Every rule is a function from sources to complaints, so that the last test can plant a violation for each and see
it caught. What ruff checks (order of ``__all__``, relative imports, mutable class attributes and default arguments)
is not repeated here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = 400
MAX_BYTES = 5_000_000
RESOLVER = ("neurosim/study/components.py", "_contents")  # the one place where a user's text becomes a rule or network
CUPY_DOORS = ("neurosim/core/arrays.py", "neurosim/engines/cuda/")
ORDER = (  # a package imports only those to its left
    "core",
    "equations",
    "neurons",
    "connectivity",
    "engines",
    "runlog",
    "simulation",
    "layers",
    "datasets",
    "learning",
    "report",
    "study",
    "cli",
)
INNER: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(  # a tuple: side by side, without each other
    {
        "equations": (("text",), ("program",), ("print",)),
        "engines": (("plan", "engine", "grid"), ("layout",), ("reference", "cpu", "cuda"), ("choice",)),
    }
)
SIDE_BY_SIDE = ("reference", "cpu", "cuda")
TOP_FLOOR = ("__init__.py", "__main__.py", "bench.py", "networks", "py.typed", "rules", *ORDER)
CACHED_WITH_ARGUMENTS: dict[str, str] = {}  # "file.py:function": the reason why it may keep what it was given
MUTABLE_CALLS = re.compile(
    r"list|dict|set|bytearray|defaultdict|OrderedDict|Counter|deque|Weak\w+(Dictionary|Set)|local|ContextVar"
    r"|array|asarray|zeros|ones|empty|full|arange|linspace"  # of NumPy
)
MUTABLE_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MACHINE_PATH = re.compile(r"(?<![\w.~$}-])(?:/(?:home|root|work|Users|mnt|workspace)/\w|[A-Z]:\\Users)")


@dataclass(frozen=True)
class Source:
    """One Python file: its ``path`` from the root and its ``text``."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text, self.path)

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Line and dotted name of everything imported anywhere in the file."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(node.lineno, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
        return found

    def within(self, *folders: str) -> bool:
        """Whether the file lies under one of the folders."""
        return self.path.startswith(tuple(f"{folder}/" for folder in folders))


Complaints = Iterator[str]
Rule = Callable[[Source], Complaints]
PACKAGES = ("neurosim", "rules", "networks")


@cache
def source(path: Path) -> Source:
    """The file, read and parsed once for all rules."""
    return Source(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))


def read(pattern: str, *folders: str) -> list[Source]:
    """Every file of that name under the folders; the two links are not followed, so each file comes once."""
    return [source(path) for folder in folders for path in sorted((ROOT / folder).rglob(pattern))]


def is_under(name: str, package: str) -> bool:
    """Whether a dotted name is the package or lies in it."""
    return name == package or name.startswith(f"{package}.")


def arrow(source: Source) -> Complaints:
    """rules -> neurosim <- networks, never back and never sideways."""
    if source.within("neurosim"):
        forbidden = ["neurosim.rules", "neurosim.networks"]
    else:
        other = {"rules": "networks", "networks": "rules"}[source.path.partition("/")[0]]
        forbidden = [f"neurosim.{package}" for package in (other, "report", "study", "cli")]
    for line, name in source.imports:
        if any(is_under(name, package) for package in forbidden):
            yield f"{source.path}:{line}: imports {name}, against the arrow rules -> neurosim <- networks"


def order(source: Source) -> Complaints:
    """Each package imports only packages to its left; inside equations and engines there is an order of its own."""
    package, *inside = source.path.removesuffix(".py").split("/")[1:]
    if package not in ORDER:  # the facade and the two commands, which count as cli
        return
    for line, name in source.imports:
        top, _, rest = name.partition(".")
        other, _, part = rest.partition(".")
        if top != "neurosim" or other in ("rules", "networks"):
            continue
        if other not in ORDER or ORDER.index(other) > ORDER.index(package):
            yield f"{source.path}:{line}: imports {name}, against the order {' < '.join(ORDER)}"
        elif other == package in INNER and not is_below(package, part.partition(".")[0], inside[0]):
            yield f"{source.path}:{line}: imports {name}, against the order inside {package}"


def is_below(package: str, imported: str, importer: str) -> bool:
    """Whether one part of a package may import another; files that no level names stand on top."""
    levels = INNER[package]
    found = [next((k for k, level in enumerate(levels) if name in level), len(levels)) for name in (imported, importer)]
    apart = imported != importer and {imported, importer} <= set(SIDE_BY_SIDE)
    return found[0] <= found[1] and not apart


def run_time_imports(source: Source) -> Complaints:
    """Modules are imported by name in one function only, and in the lazy ``__getattr__`` of a facade."""
    allowed = {RESOLVER[1]} if source.path == RESOLVER[0] else set()
    if source.path.endswith("__init__.py"):
        allowed.add("__getattr__")
    permitted = {
        id(call)
        for function in source.tree.body
        if isinstance(function, ast.FunctionDef) and function.name in allowed
        for call in ast.walk(function)
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and called(node) in {"import_module", "__import__"} and id(node) not in permitted:
            yield f"{source.path}:{node.lineno}: imports by name; only {':'.join(RESOLVER)} may"


def no_second_copy(source: Source) -> Complaints:
    """The top-level folders are never imported under their short names: that would be a second copy."""
    for line, name in source.imports:
        if name.partition(".")[0] in {"rules", "networks"}:
            yield f"{source.path}:{line}: imports {name}; import neurosim.{name}"


def one_door_to_cupy(source: Source) -> Complaints:
    """cupy is imported in two places; elsewhere the array module comes from the arrays."""
    for line, name in source.imports:
        if is_under(name, "cupy") and not source.path.startswith(CUPY_DOORS):
            yield f"{source.path}:{line}: imports cupy; use neurosim.core.arrays"


def short_files(source: Source) -> Complaints:
    """A file is one idea."""
    lines = source.text.count("\n")
    if lines > MAX_LINES:
        yield f"{source.path}:{lines}: {lines} lines; split it, {MAX_LINES} are the limit"


def called(node: ast.expr) -> str:
    """The last name of what is called or used as a decorator: ``np.zeros(3)`` -> zeros."""
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""


def module_level(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run at import, those inside if, try, with and loops included."""
    for statement in body:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for field in ("body", "orelse", "finalbody", "handlers"):
                for inner in getattr(statement, field, []):
                    yield from module_level(inner.body if isinstance(inner, ast.ExceptHandler) else [inner])


def no_module_state(source: Source) -> Complaints:
    """Nothing at module level can change: no lists, dicts, sets or arrays, no ``global``."""
    for statement in module_level(source.tree.body):
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = " ".join(ast.unparse(target) for target in targets)
            value = statement.value
            mutable = isinstance(value, ast.Call) and MUTABLE_CALLS.fullmatch(called(value))
            if names != "__all__" and (mutable or isinstance(value, MUTABLE_DISPLAYS)):
                yield f"{source.path}:{statement.lineno}: {names} can change; use a tuple or MappingProxyType"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Global):
            yield f"{source.path}:{node.lineno}: global {', '.join(node.names)}; pass it as an argument"


def no_hidden_caches(source: Source) -> Complaints:
    """A cached function of arguments is a module-level dictionary that grows; one without is a lazy constant."""
    for function in source.tree.body:
        if isinstance(function, ast.FunctionDef) and any(ast.iter_child_nodes(function.args)):
            cached = any(called(decorator) in {"cache", "lru_cache"} for decorator in function.decorator_list)
            if cached and f"{source.path}:{function.name}" not in CACHED_WITH_ARGUMENTS:
                yield f"{source.path}:{function.lineno}: {function.name} caches by argument; list it with a reason"


def facade(source: Source) -> Complaints:
    """What a facade imports from our packages or defines is what it lists in ``__all__``."""
    bound: dict[str, int] = {}
    listed: list[str] | None = None
    for node in module_level(source.tree.body):
        if isinstance(node, ast.ImportFrom) and is_under(str(node.module), "neurosim"):
            bound |= {alias.asname or alias.name: node.lineno for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound[node.name] = node.lineno
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            listed = list(ast.literal_eval(node.value))
    for name in sorted(set(bound) - set(listed or ())):
        if listed is not None and not name.startswith("_"):
            yield f"{source.path}:{bound[name]}: {name} is not in __all__"


def every_test_asserts(source: Source) -> Complaints:
    """A test asserts, expects an exception or warning, or calls a helper named assert_... or check_..."""
    functions = [node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        inside = [node for node in ast.walk(function) if node is not function]
        if re.match(r"test_|assert_|check_", function.name) and not any(map(is_assertion, inside)):
            yield f"{source.path}:{function.lineno}: {function.name} asserts nothing"


def is_assertion(node: ast.AST) -> bool:
    """Whether a node can fail a test: ``assert True`` cannot."""
    if isinstance(node, ast.Assert):
        return not isinstance(node.test, ast.Constant)
    helper = r"raises$|warns$|fail$|assert_|check_"
    return isinstance(node, ast.Call) and re.match(helper, called(node)) is not None


def no_machine_paths(source: Source) -> Complaints:
    """A path of one machine means nothing on another."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := MACHINE_PATH.search(line):
            yield f"{source.path}:{number}: a path of one machine: {line[found.start() :][:40]}"


def no_test_packages(source: Source) -> Complaints:
    """A package tests/rules would hide the folder rules."""
    if source.path.endswith("__init__.py"):
        yield f"{source.path}:1: tests are no packages; remove the file"


RULES: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (arrow, PACKAGES),
    (order, ("neurosim",)),
    (run_time_imports, ("neurosim",)),
    (no_second_copy, (*PACKAGES, "runs", "tests")),
    (one_door_to_cupy, (*PACKAGES, "runs", "tests")),
    (short_files, (*PACKAGES, "runs")),
    (no_module_state, PACKAGES),
    (no_hidden_caches, PACKAGES),
    (facade, PACKAGES),
    (every_test_asserts, ("tests",)),
    (no_test_packages, ("tests",)),
)


@pytest.mark.parametrize(("rule", "folders"), RULES, ids=[rule.__name__ for rule, _ in RULES])
def test_the_house_keeps_the_rule(rule: Rule, folders: tuple[str, ...]) -> None:
    sources = read("*.py", *folders) + (read("*.cu*", *folders) if rule is short_files else [])
    complaints = [complaint for source in sources for complaint in rule(source)]
    assert not complaints, "\n".join(complaints)


def test_the_resolver_is_where_this_file_says() -> None:
    path, function = RESOLVER
    module = ast.parse((ROOT / path).read_text("utf-8"))
    assert function in [node.name for node in module.body if isinstance(node, ast.FunctionDef)], (
        f"{path}: no {function}"
    )


def test_the_top_floor_holds_the_packages_and_nothing_else() -> None:
    found = {path.name for path in (ROOT / "neurosim").iterdir() if path.name != "__pycache__"}
    assert found == set(TOP_FLOOR)


@pytest.mark.parametrize("room", ["rules", "networks"])
def test_the_links_are_relative(room: str) -> None:
    link = ROOT / "neurosim" / room  # a checkout without links holds the target's name as text
    assert (link.readlink().as_posix() if link.is_symlink() else link.read_text()) == f"../{room}"


def text_of(path: Path) -> str:
    """The text of a file; nothing for a link or a binary file."""
    content = b"" if path.is_symlink() else path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", "replace")


def test_no_tracked_file_names_a_path_of_one_machine(tracked: list[str]) -> None:
    complaints = [text for name in tracked for text in no_machine_paths(Source(name, text_of(ROOT / name)))]
    assert not complaints, "\n".join(complaints)


def too_big(root: Path, names: Iterable[str]) -> list[str]:
    """The files above the limit, with their size."""
    sizes = {name: (root / name).lstat().st_size for name in names}
    return [f"{name}: {size} bytes, {MAX_BYTES} are the limit" for name, size in sizes.items() if size > MAX_BYTES]


def test_no_tracked_file_is_big(tracked: list[str]) -> None:
    assert not too_big(ROOT, tracked)


HOME = "/".join(["", "home", "ada", "data"])
LONG = "x = 1\n" * (MAX_LINES + 1)
PLANTED: tuple[tuple[Rule, str, str], ...] = (  # the fault stands in the last line
    (arrow, "neurosim/study/comparison.py", "import numpy\nfrom neurosim import rules"),
    (arrow, "neurosim/study/comparison.py", "def f():\n    from neurosim.networks.mlp import MLP"),
    (arrow, "rules/stdp.py", "import neurosim.networks.mlp"),
    (arrow, "networks/mlp.py", "from neurosim.rules import Backprop"),
    (arrow, "rules/stdp.py", "from neurosim.study.components import known"),
    (arrow, "networks/mlp.py", "def f():\n    import neurosim.report"),
    (order, "neurosim/core/rng.py", "import math\nfrom neurosim.equations.text import units"),
    (order, "neurosim/layers/linear.py", "def f():\n    from neurosim.learning.rule import Rule"),
    (order, "neurosim/runlog/schema.py", "if TYPE_CHECKING:\n    from neurosim.simulation import Simulation"),
    (order, "neurosim/runlog/schema.py", "from neurosim import __version__"),
    (order, "neurosim/equations/text/units.py", "import neurosim.equations.program.ir"),
    (order, "neurosim/equations/program/ir.py", "from neurosim.equations.neuron_model import NeuronModel"),
    (order, "neurosim/equations/print/shared.py", "from neurosim.equations import NeuronModel"),
    (order, "neurosim/engines/layout/static.py", "from neurosim.engines.cpu.loop import deliver"),
    (order, "neurosim/engines/cuda/engine.py", "from neurosim.engines.cpu.engine import CpuEngine"),
    (order, "neurosim/engines/plan.py", "from neurosim.engines.layout.blocks import BlockLayout"),
    (run_time_imports, "neurosim/study/comparison.py", "import importlib\nimportlib.import_module('neurosim.rules')"),
    (run_time_imports, RESOLVER[0], "def other(name):\n    return __import__(name)"),
    (run_time_imports, "neurosim/study/comparison.py", "def _contents(name):\n    return import_module(name)"),
    (no_second_copy, "runs/bench/a.py", "import numpy, rules.stdp"),
    (no_second_copy, "tests/test_a.py", "from networks import mlp"),
    (one_door_to_cupy, "neurosim/layers/dense.py", "def f():\n    import cupy as cp"),
    (one_door_to_cupy, "rules/stdp.py", "from cupy.cuda import runtime"),
    (short_files, "neurosim/engines/cuda/lif.cu", LONG),
    (no_module_state, "rules/stdp.py", "KNOWN = {}"),
    (no_module_state, "rules/stdp.py", "known: list[int] = []"),
    (no_module_state, "rules/stdp.py", "try:\n    pass\nexcept ImportError:\n    seen = set()"),
    (no_module_state, "neurosim/a.py", "if True:\n    table = collections.defaultdict(list)"),
    (no_module_state, "neurosim/a.py", "ZEROS = np.zeros(3)"),
    (no_module_state, "neurosim/a.py", "squares = [n * n for n in range(3)]"),
    (no_module_state, "neurosim/a.py", "def f():\n    global count"),
    (no_hidden_caches, "neurosim/a.py", "@functools.lru_cache(maxsize=8)\ndef f(x): ..."),
    (facade, "neurosim/layers/__init__.py", "__all__ = ['Dense']\nfrom neurosim.layers.dense import Dense, Other"),
    (facade, "neurosim/__init__.py", "__all__ = ['run']\ndef run(): ...\ndef stop(): ..."),
    (every_test_asserts, "tests/test_a.py", "def test_it_runs(): run()"),
    (every_test_asserts, "tests/test_a.py", "def test_truth(): assert True"),
    (every_test_asserts, "tests/test_a.py", "def check_nothing(): check_nothing"),
    (no_test_packages, "tests/rules/__init__.py", ""),
    (no_machine_paths, "README.md", f"Set it up.\ncd {HOME}"),
)


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED, ids=[case[0].__name__ for case in PLANTED])
def test_a_planted_fault_is_reported_with_file_and_line(rule: Rule, path: str, text: str) -> None:
    complaints = list(rule(Source(path, text)))
    assert [complaint.split(": ")[0] for complaint in complaints] == [f"{path}:{max(1, len(text.splitlines()))}"]


ALLOWED: tuple[tuple[Rule, str, str], ...] = (
    (arrow, "neurosim/study/comparison.py", "import neurosim.rules_of_thumb"),
    (order, "neurosim/engines/choice.py", "from neurosim.engines.cuda.engine import CudaEngine"),
    (order, "neurosim/engines/cpu/engine.py", "from neurosim.engines.cpu.loop import deliver"),
    (order, "neurosim/equations/compiled_model.py", "from neurosim.equations.text.units import Unit"),
    (order, "neurosim/study/run.py", "from neurosim.core.errors import InputError"),
    (run_time_imports, RESOLVER[0], f"def {RESOLVER[1]}(name):\n    return importlib.import_module(name)"),
    (run_time_imports, "neurosim/__init__.py", "def __getattr__(name):\n    return importlib.import_module(name)"),
    (one_door_to_cupy, "neurosim/engines/cuda/launch.py", "import cupy"),
    (no_module_state, "rules/a.py", "__all__ = ['f']\nA = (1, 2)\nB = MappingProxyType({1: 2})\ndef f(): x = []"),
    (no_hidden_caches, "neurosim/a.py", "@functools.cache\ndef cuda_problem(): ..."),
    (every_test_asserts, "tests/test_a.py", "def test_a():\n    with pytest.raises(E): f()\ndef test_b(): check_c(1)"),
    (no_machine_paths, "README.md", "https://example.org/home/a ./work/b $HOME/root/c /usr/share/d"),
)


@pytest.mark.parametrize(("rule", "path", "text"), ALLOWED, ids=[case[0].__name__ for case in ALLOWED])
def test_what_the_rules_allow_passes(rule: Rule, path: str, text: str) -> None:
    assert not list(rule(Source(path, text)))


def test_a_planted_big_file_is_seen(tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(bytes(MAX_BYTES + 1))
    assert too_big(tmp_path, ["big.bin"]) == [f"big.bin: {MAX_BYTES + 1} bytes, {MAX_BYTES} are the limit"]
