"""The intermediate form that is printed: flat, single assignment, each common subexpression once, in a fixed order.

A kernel handles one neuron. Its values are real (the run's precision), word (an integer as wide), flag (a condition)
or count (uint16, the refractory counter). Every operation is correctly rounded or exact, so a printer has no choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["real", "word", "flag", "count"]
Operand: TypeAlias = str | float | int
"""The name of a value, a real literal, or a word literal."""
Argument: TypeAlias = Literal["x", "slot", "scale", "c", "a", "z", "ref", "shared", "_time"]
PER_NEURON: tuple[Argument, ...] = ("x", "slot", "a", "z", "ref")


@dataclass(frozen=True)
class Load:
    """``result`` = row ``row`` of an argument; of those per neuron, the neuron's element."""

    result: str
    argument: Argument
    row: int


@dataclass(frozen=True)
class Operation:
    """``result`` = ``operator`` of ``operands``; ``kind`` is that of the result."""

    result: str
    kind: Kind
    operator: str
    operands: tuple[Operand, ...]


Line: TypeAlias = Load | Operation


@dataclass(frozen=True)
class Reduction:
    """``result`` = sum, max or min over the neurons, first to last, of ``value`` as computed by ``body``."""

    result: str
    operator: Literal["sum", "max", "min"]
    body: tuple[Line, ...]
    value: Operand


@dataclass(frozen=True)
class Program:
    """One step of a model. ``prologue`` computes the ``shared`` values, once for the population.

    ``body`` computes the new values of one neuron: ``stores`` (state row, value), the condition ``spike`` and the
    new ``counter`` (None: there is none). ``states``, ``inputs``, ``scalars`` and ``arrays`` name the rows of x,
    slot, c and a; ``signals`` are those scalars that the network may set at any time; ``noise`` is the number of rows
    of z; ``_time`` holds when the step begins and ends, in ms, if it ``reads_time``.
    """

    states: tuple[str, ...]
    inputs: tuple[str, ...]
    scalars: tuple[str, ...]
    arrays: tuple[str, ...]
    noise: int
    prologue: tuple[Line | Reduction, ...]
    shared: tuple[str, ...]
    signals: tuple[str, ...]
    body: tuple[Line, ...]
    stores: tuple[tuple[int, Operand], ...]
    spike: Operand | None
    counter: Operand | None

    @property
    def reads_time(self) -> bool:
        """Whether a line loads a time."""
        inner = [line for part in self.prologue if isinstance(part, Reduction) for line in part.body]
        return any(isinstance(line, Load) and line.argument == "_time" for line in (*self.prologue, *self.body, *inner))


def written(part: Program | Reduction | Line | Sequence[Any] | Operand | None) -> str:
    """A program, or a part of one, as the hashes of models and rules cover it: whatever the names of these classes.

    State files hold such hashes, so that these words stay when a class or a field is renamed.
    """
    match part:
        case Load():
            return f"Load(result={part.result!r}, room={part.argument!r}, row={part.row!r})"
        case Operation():
            fields = f"operator={part.operator!r}, operands={written(part.operands)}"
            return f"Operation(result={part.result!r}, kind={part.kind!r}, {fields})"
        case Reduction():
            fields = f"body={written(part.body)}, value={written(part.value)}"
            return f"Reduction(result={part.result!r}, operator={part.operator!r}, {fields})"
        case Program():
            fields = f"states={part.states!r}, inputs={part.inputs!r}, scalars={part.scalars!r}, "
            fields += f"arrays={part.arrays!r}, noise={part.noise!r}, prologue={written(part.prologue)}, "
            fields += f"shared={part.shared!r}, signals={part.signals!r}, body={written(part.body)}, "
            fields += f"stores={written(part.stores)}, spike={written(part.spike)}, counter={written(part.counter)}"
            return f"Program({fields})"
        case tuple():
            return f"({', '.join(map(written, part))}{',' if len(part) == 1 else ''})"
        case str() | float() | int() | None:
            return repr(part)
    raise TypeError(f"expected a part of a program, got {type(part).__name__}")


class Names:
    """Hands out names, each once; never one of the words of Python, C or the printers, but for those set ``free``.

    Nor one that begins with an underscore: these are the printers' own.
    """

    def __init__(self, free: str = "") -> None:
        self._taken = set(_WORDS.split()) - set(free.split())
        self._counters: dict[str, int] = {}

    def fresh(self, hint: str) -> str:
        """``hint``, or ``hint`` with a number if it is taken; always with a number for temporaries t."""
        name = hint = f"u{hint}" if hint.startswith("_") else hint
        while name in self._taken or name == "t":
            self._counters[hint] = self._counters.get(hint, 0) + 1
            name = f"{hint}_{self._counters[hint]}"
        self._taken.add(name)
        return name


class Builder:
    """Collects lines; the same operation on the same operands is computed once."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.lines: list[Line] = []
        self._known: dict[tuple[object, ...], str] = {}

    def load(self, argument: Argument, row: int, hint: str) -> str:
        """The value at a row of an argument."""
        if (argument, row) not in self._known:
            self._known[argument, row] = self.names.fresh(hint)
            self.lines.append(Load(self._known[argument, row], argument, row))
        return self._known[argument, row]

    def emit(self, operator: str, *operands: Operand, kind: Kind = "real", hint: str = "t") -> str:
        """The value of an operation."""
        key = (operator, operands, *map(type, operands))  # 1 is a word, 1.0 a real
        if key not in self._known:
            self._known[key] = self.names.fresh(hint)
            self.lines.append(Operation(self._known[key], kind, operator, operands))
        return self._known[key]


def needed(lines: Sequence[Line], results: Iterable[Operand | None]) -> tuple[Line, ...]:
    """The lines on which the ``results`` depend, in their order."""
    wanted = set(results)
    kept = []
    for line in reversed(lines):
        if line.result in wanted:
            kept.append(line)
            if isinstance(line, Operation):
                wanted.update(line.operands)
    return tuple(reversed(kept))


_WORDS = """
False None True and as assert async await break class continue def del elif else except finally for from global if
import in is lambda nonlocal not or pass raise return try while with match case type range
alignas alignof asm auto bool catch char char16_t char32_t compl concept const constexpr const_cast decltype default
delete do double dynamic_cast enum explicit export extern float friend goto inline int long mutable namespace new
noexcept not_eq nullptr operator or_eq private protected public register reinterpret_cast requires restrict short
signed sizeof size_t static static_assert static_cast struct switch template this thread_local throw typedef typeid
typename typeof union unsigned using virtual void volatile wchar_t xor xor_eq and_eq bitand bitor
x slot scale c a z ref mask shared n k any_spike update update_neuron kernel shared_values np numba nb real word count
f4 f8 i4 i8 u1 u2 u8 math jit types intrinsic choose NoAlias CompilerBase DefaultPassBuilder abs min max sqrt fabs
fabsf sqrtf INFINITY NAN
portable_exp portable_expm1 portable_log portable_tanh portable_sin portable_cos portable_tan
blockIdx threadIdx blockDim gridDim warpSize errno stdin stdout stderr NULL I exp expm1 log tanh sin cos tan floor ceil
floorf ceilf signbit isnan isinf y0 y1 yn j0 j1 jn gamma linux unix acc
"""
