"""Exact propagators of linear equations with constant coefficients, by the matrix exponential, in float64.

The constant terms and what is constant during a step become columns of one augmented matrix M, so that
x(t + h) = exp(M h) x(t) holds exactly, whatever h, also where time constants are equal.
Source: Rotter & Diesmann (1999), Biol. Cybern. 81:381.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from neurosim.equations.text.expressions import Expression, Value, evaluate

Rows = Mapping[str, Mapping[str, Expression]]


def propagators(rows: Rows, values: Mapping[str, Value], h: float) -> dict[str, dict[str, Value]]:
    """{state: {column: entry of exp(M h)}}, without the entries that are zero by structure.

    ``rows`` are those of `Integration.exact`. An entry is an array (n,) if a parameter per neuron bears on it.
    """
    from scipy.linalg import expm

    columns = [*rows, *sorted({column for row in rows.values() for column in row} - rows.keys())]
    place = {column: k for k, column in enumerate(columns)}
    entries = {
        (name, column): evaluate(coefficient, values)
        for name, row in rows.items()
        for column, coefficient in row.items()
    }
    arrays = {key: value for key, value in entries.items() if isinstance(value, np.ndarray)}
    stacked = np.stack(list(arrays.values()), axis=1) if arrays else np.empty((1, 0))
    distinct, member = np.unique(stacked, axis=0, return_inverse=True)
    matrices = np.zeros((len(distinct), len(columns), len(columns)))
    for (name, column), value in entries.items():
        if isinstance(value, float):
            matrices[:, place[name], place[column]] = value * h
    for k, (name, column) in enumerate(arrays):
        matrices[:, place[name], place[column]] = distinct[:, k] * h
    exponentials: npt.NDArray[np.float64] = expm(matrices)
    reach = _reach(rows)
    per_neuron = {name for name, _ in arrays}
    result: dict[str, dict[str, Value]] = {}
    for name in rows:
        result[name] = {}
        for column in columns:
            if column not in reach[name]:
                continue
            between = {other for other in rows if other in reach[name] and column in reach[other]}
            entry = exponentials[:, place[name], place[column]]
            result[name][column] = entry[member.ravel()] if between & per_neuron else float(entry[0])
    return result


def _reach(rows: Rows) -> dict[str, set[str]]:
    """What each state depends on, itself and indirectly included."""
    reach = {name: {name, *row} for name, row in rows.items()}
    for _ in rows:
        for name in rows:
            reach[name] = reach[name].union(*(reach.get(other, set()) for other in reach[name]))
    return reach
