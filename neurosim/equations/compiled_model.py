"""`CompiledModel`: a model for one time step and precision, with the text of its step for each machine."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.core.errors import InputError, one_of
from neurosim.core.time_steps import to_steps
from neurosim.equations.neuron_model import NeuronModel
from neurosim.equations.print.modules import load_module
from neurosim.equations.print.shared import printable
from neurosim.equations.print.to_cuda import print_cuda
from neurosim.equations.print.to_numba import print_numba
from neurosim.equations.print.to_numpy import print_numpy
from neurosim.equations.program.integration import plan
from neurosim.equations.program.ir import Program, written
from neurosim.equations.program.lowering import lower
from neurosim.equations.program.portable import Precision
from neurosim.equations.text.expressions import Value, evaluate
from neurosim.equations.text.neuron_equations import Equations

TARGETS = ("numpy", "numba", "cuda")
PRECISIONS: tuple[Precision, ...] = ("float32", "float64")
_MAX_STEPS = 65535  # of the refractory counter, uint16


@dataclass(frozen=True, eq=False)
class CompiledModel:
    """A model ready to run in steps of ``dt`` ms, as `compile_model` makes it.

    Attributes
    ----------
    name : str
        Of the model.
    precision : str
        float32 or float64.
    dt : float
        The time step in ms.
    states, inputs : tuple of str
        The rows of the state matrix; those of the matrix of input buffers, which are names of states.
    coefficients : dict
        The constants computed on the host: first single numbers, in the order of c, then those per neuron, in the
        order of a.
    held, t_ref_steps
        The states that stand still after a spike, and for how many steps; None: the model has no refractory time.
    noise : int
        How many standard normal numbers a neuron needs per step.
    integrator : dict
        How each state is integrated.
    initial : dict
        The states at the start, numbers or arrays (n,).
    shared : tuple of str
        The variables of the whole population; with any, ``update`` needs the whole population at once.
    signals : dict
        The rows of c that hold signals of the network, 0 there, by name.
    units : dict
        Those of the states.
    size : int or None
        The number of neurons if a parameter is given per neuron.
    hash : str
        Names the code: models that differ in values only have the same.
    program : Program
        One step in the intermediate form.
    """

    name: str
    precision: Precision
    dt: float
    states: tuple[str, ...]
    inputs: tuple[str, ...]
    coefficients: dict[str, Value]
    held: tuple[str, ...]
    t_ref_steps: int | npt.NDArray[np.int64] | None
    noise: int
    integrator: dict[str, str]
    initial: dict[str, Value]
    shared: tuple[str, ...]
    signals: dict[str, int]
    units: dict[str, str]
    size: int | None
    hash: str
    program: Program = field(repr=False)

    def source(self, target: str) -> str:
        """The text of one step for ``target``: a Python module (numpy, numba) or a CUDA header (cuda).

        The modules define ``update(x, slot, scale, c, a, z, ref, mask)``, which does one step and returns whether
        any neuron spiked. With n neurons and the run's precision: x (n_states, n) is changed; slot int32
        (n_inputs, n) is used and zeroed; scale (n_inputs,); c (n_scalars,); a (n_arrays, n); z (noise, n) standard
        normal numbers; ref uint16 (n,) is changed; mask uint8 (n,) is set to 1 where a neuron spiked.

        Parameters
        ----------
        target : str
            numpy, numba or cuda.

        Returns
        -------
        str
            The source text.

        Raises
        ------
        InputError
            An unknown target.
        """
        title = f"One step of {printable(self.name)}: {', '.join(self.states)}. Generated; {self.precision}."
        if target == "numpy":
            return print_numpy(self.program, self.precision, title)
        if target == "numba":
            return print_numba(self.program, self.precision, title)
        if target == "cuda":
            return print_cuda(self.program, self.precision, title, f"model_{self.hash[:16]}")
        raise one_of("source.target", target, TARGETS)

    def scalars(self) -> npt.NDArray[np.floating]:
        """The argument c of ``update``.

        Returns
        -------
        array (n_scalars,)
            In the precision of the model.
        """
        return np.array([self.coefficients[name] for name in self.program.scalars], self.precision)

    def arrays(self, n: int) -> npt.NDArray[np.floating]:
        """The argument a of ``update``.

        Parameters
        ----------
        n : int
            The number of neurons.

        Returns
        -------
        array (n_arrays, n)
            In the precision of the model.
        """
        rows = [self.coefficients[name] for name in self.program.arrays]
        return np.array(rows, self.precision).reshape(len(rows), n)


def compile_model(model: NeuronModel, dt: float, precision: str = "float32") -> CompiledModel:
    """A model for one time step and precision.

    Parameters
    ----------
    model : NeuronModel
        The model.
    dt : float
        The time step in ms.
    precision : str
        float32 or float64.

    Returns
    -------
    CompiledModel
        The program of one step with its constants.

    Raises
    ------
    InputError
        A time step, precision or parameter value that cannot be used; an integrator that does not fit.

    Examples
    --------
    >>> model = NeuronModel("dv/dt = -v / tau : mV, input\\ntau = 10.0 : ms")
    >>> compiled = compile_model(model, dt=0.1)
    >>> compiled.integrator, [round(float(value), 5) for value in compiled.scalars()]
    ({'v': 'exact'}, [0.99005])
    """
    for known in PRECISIONS:
        if precision == known:
            return _compiled(model, dt, known)
    raise one_of("precision", precision, PRECISIONS)


def _compiled(model: NeuronModel, dt: float, precision: Precision) -> CompiledModel:
    if not (isinstance(dt, int | float) and math.isfinite(dt) and dt > 0):
        raise InputError(f"dt: expected a time in ms > 0, got {dt!r}")
    equations, values = model.equations, {**model.values, "dt": float(dt)}
    how = plan(equations, model.integrator, model.name)
    steps = _refractory_steps(model, values)
    lowered = lower(equations, how, values, steps, precision)
    for name, value in lowered.coefficients.items():
        _usable(model, name, value, precision)
    return CompiledModel(
        name=model.name,
        precision=precision,
        dt=float(dt),
        states=equations.states,
        inputs=equations.inputs,
        coefficients=lowered.coefficients,
        held=equations.held,
        t_ref_steps=steps,
        noise=lowered.program.noise,
        integrator=how.report,
        initial=_initial(equations, values),
        shared=tuple(equations.shared),
        signals={name: lowered.program.scalars.index(name) for name in lowered.program.signals},
        units={name: str(equations.units[name]) for name in equations.states},
        size=model.size,
        hash=hashlib.sha256(f"{precision}\n{written(lowered.program)}".encode()).hexdigest(),
        program=lowered.program,
    )


def _initial(equations: Equations, values: dict[str, Value]) -> dict[str, Value]:
    """The states after the statements of 'on start', from zero."""
    states: dict[str, Value] = dict.fromkeys(equations.states, 0.0)
    for name, expression in equations.on_start:
        states[name] = evaluate(expression, {**values, **states})
    return states


def _refractory_steps(model: NeuronModel, values: dict[str, Value]) -> int | npt.NDArray[np.int64] | None:
    if model.equations.refractory is None:
        return None
    duration = np.asarray(evaluate(model.equations.refractory, values))
    steps = to_steps(duration, np.float64(values["dt"]))
    if not ((duration >= 0) & (steps <= _MAX_STEPS)).all():
        got = f"{duration.min():g} to {duration.max():g}" if duration.ndim else f"{duration:g}"
        longest = _MAX_STEPS * np.float64(values["dt"])
        raise InputError(f"{model.name}: expected a refractory time from 0 to {longest:g} ms, got {got}")
    return steps.astype(np.int64) if steps.ndim else int(steps)


def _usable(model: NeuronModel, name: str, value: Value, precision: Precision) -> None:
    """Refuse a constant that is no number of the precision; a parameter itself may be infinite."""
    with np.errstate(over="ignore"):
        rounded = np.asarray(value, precision)
    good = ~np.isnan(rounded) if name in model.values else np.isfinite(rounded)
    if name in model.values:
        good &= np.isfinite(rounded) | np.isinf(value)
    if not good.all():
        worst = np.asarray(value)[~good].flat[0] if rounded.ndim else value
        values = ", ".join(f"{key} = {number}" for key, number in model.values.items() if key in name)
        remedy = f"; check {values}" if values else "; check time constants and conductances that are 0"
        raise InputError(f"{model.name}: expected the constant {name} to be a finite {precision}, got {worst}{remedy}")


def load_update(model: CompiledModel, target: str) -> Callable[..., Any]:
    """The function ``update`` of a model, see `CompiledModel.source`.

    Parameters
    ----------
    model : CompiledModel
        The model.
    target : str
        numpy or numba.

    Returns
    -------
    callable
        One step.
    """
    update: Callable[..., Any] = load_module(model.source(target)).update
    return update
