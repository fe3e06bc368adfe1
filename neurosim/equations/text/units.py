"""Units of the equations: ms, mV, pA, pF, nS, GOhm, Hz and 1, their products, quotients and powers.

The units fit together without factors: pA = mV nS, ms = pF / nS, mV = pA GOhm. Only the hertz does not: 1 Hz is
0.001 / ms. So it counts as a unit of its own, and a conversion is written with a parameter of unit 1/(ms*Hz).
Synaptic rules have one more, w: the unit of the weights, whatever input they lead to.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

_HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Unit:
    """A product of powers of mV, nS, ms, Hz and w; ``powers`` are their exponents, in this order.

    >>> parse_unit("pA") == parse_unit("mV") * parse_unit("nS"), str(parse_unit("mV") / parse_unit("ms"))
    (True, 'mV/ms')
    """

    powers: tuple[Fraction, ...]

    def __mul__(self, other: Unit) -> Unit:
        return Unit(tuple(map(operator.add, self.powers, other.powers)))

    def __truediv__(self, other: Unit) -> Unit:
        return Unit(tuple(map(operator.sub, self.powers, other.powers)))

    def __pow__(self, exponent: Fraction) -> Unit:
        return Unit(tuple(map(exponent.__mul__, self.powers)))

    def __str__(self) -> str:
        for name, unit in RULE_UNITS.items():
            if self == unit:
                return name
        for name, unit in RULE_UNITS.items():
            for suffix, factor in (("/ms", MS), ("/ms**2", MS ** Fraction(2)), ("/sqrt(ms)", MS**_HALF)):
                if self * factor == unit:
                    return name + suffix
        return "*".join(_power(base, power) for base, power in zip(_BASES, self.powers, strict=True) if power)


def _unit(mv: int = 0, ns: int = 0, ms: int = 0, hz: int = 0, w: int = 0) -> Unit:
    return Unit((Fraction(mv), Fraction(ns), Fraction(ms), Fraction(hz), Fraction(w)))


def _power(base: str, power: Fraction) -> str:
    return base if power == 1 else f"{base}**{power}" if power.denominator == 1 else f"{base}**({power})"


_BASES = ("mV", "nS", "ms", "Hz", "w")
ONE, MS = _unit(), _unit(ms=1)
PER_ROOT_MS = MS**-_HALF  # of white noise
UNITS = MappingProxyType(
    {
        "1": ONE,
        "ms": MS,
        "mV": _unit(mv=1),
        "pA": _unit(mv=1, ns=1),
        "pF": _unit(ns=1, ms=1),
        "nS": _unit(ns=1),
        "GOhm": _unit(ns=-1),
        "Hz": _unit(hz=1),
    }
)


RULE_UNITS = MappingProxyType({**UNITS, "w": _unit(w=1)})


def parse_unit(text: str, known: Mapping[str, Unit] = UNITS) -> Unit:
    """The unit written as ``text``, such as mV, 1/ms, mV/sqrt(ms), 1/(mV*ms), in words of ``known``.

    Raises:
        ValueError: what is not understood, as a word.
    """
    try:
        return _read(ast.parse(text.strip(), mode="eval").body, known)
    except SyntaxError:
        raise ValueError(text.strip()) from None


def _read(node: ast.expr, known: Mapping[str, Unit]) -> Unit:
    match node:
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.Constant(value=1):
            return ONE
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _read(left, known) * _read(right, known)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _read(left, known) / _read(right, known)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(power))):
            return _read(left, known) ** Fraction(power)
        case ast.Call(func=ast.Name(id="sqrt"), args=[inner], keywords=[]):
            return _read(inner, known) ** _HALF
    raise ValueError(ast.unparse(node))
