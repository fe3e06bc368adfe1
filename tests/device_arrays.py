"""Arrays that behave as CuPy's do, on the CPU: they meet no NumPy array, and every look at their values is counted.

What CuPy refuses, is refused: an operation with a NumPy array, a silent conversion to one, an iteration by NumPy. What
makes the host wait for a GPU is counted: `get`, `tolist`, `item`, float, int, bool, an index of booleans that is read.
Of the module there is what this project uses; that CuPy has it under the same name was checked with CuPy 14.2.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

NAMES = (
    "arange", "argmax", "ascontiguousarray", "clip", "concatenate", "count_nonzero", "exp", "eye", "full", "log",
    "maximum", "minimum", "ones", "pad", "sqrt", "sum", "take_along_axis", "tanh", "vdot", "where", "zeros",
    "zeros_like",
)  # fmt: skip
ATTRIBUTES = ("dtype", "flags", "itemsize", "nbytes", "ndim", "shape", "size", "strides")
METHODS = ("all", "any", "argmax", "astype", "copy", "max", "mean", "min", "ravel", "reshape", "std", "sum", "swapaxes",
           "transpose")  # fmt: skip
BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift")
COMPARED = ("eq", "ne", "lt", "le", "gt", "ge")


@dataclass
class Traffic:
    """How often the host looked at values (``down``), and how many arrays it sent (``up``)."""

    down: int = 0
    up: int = 0


def device_module(free: int = 1 << 33) -> tuple[ModuleType, Traffic]:
    """What stands for the module cupy, on a device of its own with ``free`` bytes, and the traffic with that device."""
    traffic, module = Traffic(), ModuleType("cupy")
    kind: Any = type("ndarray", (_Array,), {"__module__": "cupy", "traffic": traffic})

    def asarray(values: Any, dtype: Any = None) -> Any:
        if isinstance(values, _Array):
            return values if dtype is None else kind(values._values.astype(dtype))
        traffic.up += 1
        return kind(np.array(values, dtype))

    def made(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **options: kind.wrapped(function(*map(_plain, args), **options))

    content: dict[str, Any] = {name: made(getattr(np, name)) for name in NAMES}
    runtime = SimpleNamespace(CUDARuntimeError=RuntimeError, getDeviceCount=lambda: 1, memGetInfo=lambda: (free, free))
    module.__dict__.update(
        content,
        ndarray=kind,
        asarray=asarray,
        array=asarray,
        may_share_memory=lambda a, b: np.may_share_memory(_plain(a), _plain(b)),
        cuda=SimpleNamespace(runtime=runtime),
        get_default_memory_pool=lambda: SimpleNamespace(free_bytes=lambda: 0),
        linalg=SimpleNamespace(eigvalsh=made(np.linalg.eigvalsh)),
        lib=SimpleNamespace(stride_tricks=SimpleNamespace(as_strided=made(np.lib.stride_tricks.as_strided))),
    )
    return module, traffic


class _Array:
    """See the head of the file."""

    traffic: Traffic
    __array_priority__ = 100

    def __init__(self, values: Any, base: _Array | None = None) -> None:
        self._values, self._base = np.asarray(values), base

    @classmethod
    def wrapped(cls, result: Any, base: _Array | None = None) -> Any:
        """An array for an array; for a scalar one without dimensions, since CuPy has no others."""
        return cls(result, base)

    @property
    def base(self) -> _Array | None:
        """The array that this one is a view of."""
        return self._base

    @property
    def T(self) -> Any:
        """The transpose."""
        return self.wrapped(self._values.T, self._root())

    def _root(self) -> _Array:
        return self if self._base is None else self._base

    def _look(self) -> Any:
        self.traffic.down += 1
        return self._values

    def get(self) -> Any:
        """A copy on the host."""
        return self._look().copy()

    def tolist(self) -> Any:
        """The values as numbers."""
        return self._look().tolist()

    def item(self) -> Any:
        """The only value."""
        return self._look().item()

    def tobytes(self) -> bytes:
        """The bits."""
        return bytes(self._look().tobytes())

    def __float__(self) -> float:
        return float(self._look())

    def __int__(self) -> int:
        return int(self._look())

    def __index__(self) -> int:
        return operator.index(self._look())

    def __bool__(self) -> bool:
        return bool(self._look())

    def __format__(self, form: str) -> str:
        return format(self._look(), form)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()  # type: ignore[attr-defined]

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`.")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or ufunc.__name__ not in (*NAMES, "add", "subtract", "multiply", "divide", "power"):
            return NotImplemented
        return self.wrapped(ufunc(*map(_plain, inputs), **options))

    def __getitem__(self, index: Any) -> Any:
        place = _index(index)
        parts = place if isinstance(place, tuple) else (place,)
        if any(isinstance(part, np.ndarray) and part.dtype.kind == "b" for part in parts):
            self.traffic.down += 1  # how many there are
        result = self._values[place]
        return self.wrapped(result, self._root() if np.shares_memory(result, self._values) else None)

    def __setitem__(self, index: Any, values: Any) -> None:
        self._values[_index(index)] = _plain(values)

    def __neg__(self) -> Any:
        return self.wrapped(-self._values)

    def __invert__(self) -> Any:
        return self.wrapped(~self._values)

    def __abs__(self) -> Any:
        return self.wrapped(abs(self._values))


def _plain(value: Any) -> Any:
    """What NumPy shall compute with; CuPy meets scalars, but no NumPy array."""
    if isinstance(value, _Array):
        return value._values
    if isinstance(value, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(value, list | tuple):
        return type(value)(_plain(each) for each in value)
    return value


def _index(index: Any) -> Any:
    return tuple(map(_plain, index)) if isinstance(index, tuple) else _plain(index)


def _give(name: str) -> None:
    def method(self: Any, *args: Any, **options: Any) -> Any:
        result = getattr(self._values, name)(*map(_plain, args), **options)
        return self.wrapped(result, self._root() if np.shares_memory(result, self._values) else None)

    setattr(_Array, name, method)


def _give_operator(name: str) -> None:
    function: Callable[[Any, Any], Any] = getattr(operator, f"__{name}__")

    def plain(self: Any, other: Any) -> Any:
        return self.wrapped(function(self._values, _plain(other)))

    def turned(self: Any, other: Any) -> Any:
        return self.wrapped(function(_plain(other), self._values))

    def in_place(self: Any, other: Any) -> Any:
        getattr(operator, f"__i{name}__")(self._values, _plain(other))
        return self

    setattr(_Array, f"__{name}__", plain)
    if name in BINARY:
        setattr(_Array, f"__r{name}__", turned)
        setattr(_Array, f"__i{name}__", in_place)


for _name in ATTRIBUTES:
    setattr(_Array, _name, property(operator.attrgetter(f"_values.{_name}")))
for _name in METHODS:
    _give(_name)
for _name in (*BINARY, *COMPARED):
    _give_operator(_name)
