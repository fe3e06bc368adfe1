"""exp, expm1, log, tanh, sin, cos and tan in basic operations and bit moves: the same bits in NumPy, Numba and CUDA.

Each is written once, in the intermediate form, and printed like everything else. Within about 2 units in the last
place of the exact value where that is a normal number. At the edges:

    exp    0 below -125 ln 2 (float64: -1021 ln 2), where the result would be less than twice the smallest normal
           number; inf above the logarithm of the largest number
    expm1  -1 below -40; inf above 127.49 ln 2 (float64: 1023.49 ln 2), slightly before exp
    log    -inf at 0 and at numbers below the normal ones; nan below 0
    sin, cos, tan    nan beyond 2^20 pi (float64: 2^49 pi); their error is 2.5 (tan: 4.5) units in the last place of the
           value or, where that is more, one of the argument
    nan gives nan

Method: x = k ln 2 + r with k whole and |r| <= ln 2 / 2; exp r - 1 by its Taylor series; 2^k by the exponent's bits.
log (m 2^k) = k ln 2 + 2 artanh((m - 1) / (m + 1)) by its series, m in [sqrt 1/2, sqrt 2). ln 2 in two parts, of which
the first has so few bits that k times it is exact (the parts as in Cephes and fdlibm).
sin and cos: x = k pi / 2 + r with |r| <= pi / 4, pi / 2 in parts of few bits each (Cody & Waite 1980), Taylor series.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np

from neurosim.equations.program.ir import Builder, Names, Operand, Operation

Precision: TypeAlias = Literal["float32", "float64"]
FUNCTIONS = ("exp", "expm1", "log", "tanh", "sin", "cos", "tan")  # each after those that it calls
LOG2_E, TWO_OVER_PI = 1.4426950408889634, 0.6366197723675814
_HALF_PI = Fraction("1.57079632679489661923132169163975144209858469968755291487472296153908203143104499314017412671")


@dataclass(frozen=True)
class Function:
    """The function portable_``name`` of one real ``argument``: the value ``result`` as computed by ``body``."""

    name: str
    argument: str
    body: tuple[Operation, ...]
    result: str


@dataclass(frozen=True)
class _Format:
    """What the algorithms need to know of a floating-point format."""

    dtype: type[np.float32] | type[np.float64]
    fraction_bits: int
    bias: int
    ln2_high: float
    ln2_low: float
    exp_terms: int  # the last power of r in the Taylor series
    log_terms: int  # the last power of s in the series of artanh
    root_half: int  # the bits of sqrt(1/2)
    half_pi: tuple[float, ...]  # its parts, which add up to it
    sine_terms: int  # the last power of r in the series of sin; that of cos has one more

    @property
    def rounder(self) -> float:
        """1.5 times the number above which there are no fractions: adding it rounds, and leaves k in the low bits."""
        return 1.5 * 2.0**self.fraction_bits

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return float(np.finfo(self.dtype).max)


def _format(precision: Precision) -> _Format:
    if precision == "float32":
        half_pi = _parts(8, 8, 8, 24)
        return _Format(np.float32, 23, 127, 0.693359375, -2.12194440e-4, 7, 9, 0x3F3504F3, half_pi, 9)
    high, low = 6.93147180369123816490e-01, 1.90821492927058770002e-10
    return _Format(np.float64, 52, 1023, high, low, 13, 23, 0x3FE6A09E667F3BCD, _parts(30, 30, 53), 17)


def _parts(*bits: int) -> tuple[float, ...]:
    """pi / 2 as a sum of numbers with so many bits, each the next ones of it."""
    parts, rest = [], _HALF_PI
    for count in bits:
        unit = Fraction(2) ** (math.frexp(rest)[1] - count)
        parts.append(float(rest // unit * unit))
        rest -= Fraction(parts[-1])
    return tuple(parts)


def function(name: str, precision: Precision) -> Function:
    """That of `FUNCTIONS` called ``name``."""
    names = Names()
    argument, builder = names.fresh("value"), Builder(names)
    make = {"exp": _exp, "expm1": _expm1, "log": _log, "tanh": _tanh, "sin": _sin, "cos": _cos, "tan": _tan}[name]
    result = make(builder, argument, _format(precision))
    return Function(name, argument, tuple(line for line in builder.lines if isinstance(line, Operation)), result)


def _clipped(b: Builder, x: Operand, low: float, high: float) -> str:
    """x within [low, high]; nan stays."""
    x = b.emit("select", b.emit("lt", x, low, kind="flag"), low, x)
    return b.emit("select", b.emit("gt", x, high, kind="flag"), high, x)


def _reduced(b: Builder, x: str, form: _Format) -> tuple[str, str]:
    """exp(r) - 1, and a word whose low bits are k."""
    shifted = b.emit("add", b.emit("mul", x, LOG2_E), form.rounder)
    k = b.emit("sub", shifted, form.rounder)
    r = b.emit("sub", b.emit("sub", x, b.emit("mul", k, form.ln2_high)), b.emit("mul", k, form.ln2_low))
    series = b.emit("mul", r, 1 / math.factorial(form.exp_terms))
    for power in range(form.exp_terms - 1, 1, -1):
        series = b.emit("add", series, 1 / math.factorial(power))
        series = b.emit("mul", series, r)
    return b.emit("add", r, b.emit("mul", series, r)), b.emit("bits", shifted, kind="word")


def _two_to(b: Builder, k: str, offset: int, form: _Format) -> str:
    """2^(k + offset) as a real; only the low bits of the word k count."""
    high = b.emit("shift_left", k, form.fraction_bits, kind="word")
    return b.emit("from_bits", b.emit("word_add", high, (form.bias + offset) << form.fraction_bits, kind="word"))


def _exp(b: Builder, x: str, form: _Format) -> str:
    low, high = (2 - form.bias) * math.log(2), math.log(form.largest)
    less_one, k = _reduced(b, _clipped(b, x, low, high), form)
    half = b.emit("mul", b.emit("add", less_one, 1.0), _two_to(b, k, -1, form))  # 2^128 itself is no float32
    result = b.emit("add", half, half)
    result = b.emit("select", b.emit("lt", x, low, kind="flag"), 0.0, result)
    return b.emit("select", b.emit("gt", x, high, kind="flag"), math.inf, result)


def _expm1(b: Builder, x: str, form: _Format) -> str:
    high = (form.bias + 0.49) * math.log(2)
    less_one, k = _reduced(b, _clipped(b, x, -40.0, high), form)
    power = _two_to(b, k, 0, form)
    result = b.emit("add", b.emit("mul", power, less_one), b.emit("sub", power, 1.0))
    return b.emit("select", b.emit("gt", x, high, kind="flag"), math.inf, result)


def _tanh(b: Builder, x: str, form: _Format) -> str:
    e = b.emit("expm1", b.emit("mul", _clipped(b, x, -20.0, 20.0), 2.0))
    return b.emit("div", e, b.emit("add", e, 2.0))


def _log(b: Builder, x: str, form: _Format) -> str:
    word = b.emit("bits", x, kind="word")
    k = b.emit("shift_right", b.emit("word_sub", word, form.root_half, kind="word"), form.fraction_bits, kind="word")
    above = b.emit("shift_left", k, form.fraction_bits, kind="word")
    m = b.emit("from_bits", b.emit("word_sub", word, above, kind="word"))
    s = b.emit("div", b.emit("sub", m, 1.0), b.emit("add", m, 1.0))
    squared, twice = b.emit("mul", s, s), b.emit("add", s, s)
    series = b.emit("mul", squared, 1 / form.log_terms)
    for power in range(form.log_terms - 2, 1, -2):
        series = b.emit("mul", b.emit("add", series, 1 / power), squared)
    exponent = b.emit("from_word", k)
    low = b.emit("add", b.emit("mul", twice, series), b.emit("mul", exponent, form.ln2_low))
    result = b.emit("add", b.emit("mul", exponent, form.ln2_high), b.emit("add", twice, low))
    result = b.emit("select", b.emit("le", x, form.largest, kind="flag"), result, x)  # inf and nan
    below = b.emit("select", b.emit("lt", x, 0.0, kind="flag"), math.nan, -math.inf)
    tiny = float(np.finfo(form.dtype).smallest_normal)
    return b.emit("select", b.emit("lt", x, tiny, kind="flag"), below, result)


def _quarter_turns(b: Builder, x: str, form: _Format) -> tuple[str, str, str]:
    """sin r and cos r, and a word whose low two bits count the quarter turns."""
    shifted = b.emit("add", b.emit("mul", x, TWO_OVER_PI), form.rounder)
    k = b.emit("sub", shifted, form.rounder)
    r = x
    for part in form.half_pi:
        r = b.emit("sub", r, b.emit("mul", k, part))
    squared = b.emit("mul", r, r)
    series: dict[int, str] = {}
    for last in (form.sine_terms, form.sine_terms + 1):
        total: Operand = _term(last)
        for power in range(last - 2, 1, -2):
            total = b.emit("add", b.emit("mul", squared, total), _term(power))
        series[last % 2] = b.emit("mul", squared, total)
    sine = b.emit("add", r, b.emit("mul", r, series[1]))
    cosine = b.emit("add", series[0], 1.0)
    return sine, cosine, b.emit("bits", shifted, kind="word")


def _term(power: int) -> float:
    """The coefficient of r^power in the series of sin (odd) or cos (even)."""
    return (-1.0 if power % 4 > 1 else 1.0) / math.factorial(power)


def _sine_after(b: Builder, x: str, form: _Format, quarters: int) -> str:
    """sin(x + quarters pi / 2)."""
    sine, cosine, k = _quarter_turns(b, x, form)
    if quarters:
        k = b.emit("word_add", k, quarters, kind="word")
    top = np.dtype(form.dtype).itemsize * 8 - 1
    is_odd = b.emit("ne", b.emit("shift_left", k, top, kind="word"), 0, kind="flag")
    is_negative = b.emit("lt", b.emit("shift_left", k, top - 1, kind="word"), 0, kind="flag")
    size = b.emit("select", is_odd, cosine, sine)
    return _within_turns(b, x, b.emit("select", is_negative, b.emit("neg", size), size), form)


def _within_turns(b: Builder, x: str, value: str, form: _Format) -> str:
    """The value; nan where x is so large that quarter turns cannot be counted."""
    near = b.emit("le", b.emit("abs", x), math.ldexp(math.pi, form.fraction_bits - 3), kind="flag")
    return b.emit("select", near, value, math.nan)


def _sin(b: Builder, x: str, form: _Format) -> str:
    return _sine_after(b, x, form, 0)


def _cos(b: Builder, x: str, form: _Format) -> str:
    return _sine_after(b, x, form, 1)


def _tan(b: Builder, x: str, form: _Format) -> str:
    sine, cosine, k = _quarter_turns(b, x, form)
    is_odd = b.emit("shift_left", k, np.dtype(form.dtype).itemsize * 8 - 1, kind="word")
    is_odd = b.emit("ne", is_odd, 0, kind="flag")
    above = b.emit("select", is_odd, b.emit("neg", cosine), sine)
    return _within_turns(b, x, b.emit("div", above, b.emit("select", is_odd, sine, cosine)), form)
