"""Exceptions of one line: bad input, raised at the API boundary (configuration, build, load), and runs that failed."""

from __future__ import annotations

from collections.abc import Iterable


class InputError(ValueError):
    """Input that cannot be used. Form: ``owner.field: expected ..., got ...; remedy``.

    The command line prints the text alone to stderr and exits with 2.

    Examples
    --------
    >>> raise InputError("epochs: expected a whole number >= 1, got 0")
    Traceback (most recent call last):
    neurosim.core.errors.InputError: epochs: expected a whole number >= 1, got 0
    """


class DeviceError(RuntimeError):
    """The GPU failed; records so far are kept. The command line treats it as bad input."""


class DivergenceError(ArithmeticError):
    """A state became NaN or infinite; records so far are kept. The command line treats it as bad input."""


USER_ERRORS = (InputError, DeviceError, DivergenceError)
"""What the command line answers with one line."""


def one_of(owner: str, got: object, known: Iterable[str], meant: str | None = None) -> InputError:
    """An error for an unknown word, which lists the known ones and the one that is ``meant``, or else a similar one.

    >>> print(one_of("data", "mnits", ["mnist", "digits"]))
    data: expected one of digits, mnist, got 'mnits'; did you mean 'mnist'?
    """
    from difflib import get_close_matches

    names = sorted(known)
    plain = {name.lower(): name for name in names}
    close = [meant] if meant else [plain[word] for word in get_close_matches(str(got).lower(), plain, n=1)]
    hint = f"; did you mean {close[0]!r}?" if close else ""
    listed = f"one of {', '.join(names)}" if names else "no name, since there is none to choose from"
    return InputError(f"{owner}: expected {listed}, got {one_line(repr(got))}{hint}")


def one_line(error: object) -> str:
    """The text of ``error`` on one line."""
    return " ".join(str(error).split())
