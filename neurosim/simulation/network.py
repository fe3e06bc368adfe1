"""`Network`: populations, projections, drives and records under construction; `compile` makes a simulation of them.

    net = Network(seed=1)
    exc = net.population("exc", 800, LIF(tau_m=20.0))
    net.connect(exc, exc, FixedProbability(0.1), weight=Normal(10.0, 1.0), delay=1.5)
    net.drive(exc, rate=1000.0, weight=20.0)
    net.record(exc, "spikes")
    run = net.run(1000.0, dt=0.1)

Nothing is drawn before `compile`, and everything that is drawn depends on the seed and on names alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim import connectivity
from neurosim.connectivity.rows import MAX_POPULATION, Builder
from neurosim.core.checks import check_name, check_number, check_seed
from neurosim.core.errors import InputError, one_of
from neurosim.equations import NeuronModel, SynapticRule
from neurosim.equations.text.reading import RESERVED
from neurosim.equations.text.rule_equations import is_state
from neurosim.simulation.parts import RATE, SPIKES, Drive, GlobalSignal, Population, Projection, Record, check_graded
from neurosim.simulation.sources import Poisson, SpikeTimes

if TYPE_CHECKING:
    from neurosim.simulation.simulation import Simulation

COPIES = ("sample", "shared")


class Network:
    """A network of spiking neurons under construction."""

    def __init__(self, seed: int = 0) -> None:
        """An empty network; ``seed`` (a whole number in [0, 2^64)) decides everything that is drawn for it."""
        self.seed = check_seed("Network.seed", seed)
        self.populations: list[Population] = []
        self.projections: list[Projection] = []
        self.drives: list[Drive] = []
        self.signals: list[GlobalSignal] = []
        self.records: list[Record] = []

    def __repr__(self) -> str:
        sizes = {each.name: each.size for each in self.populations}
        parts = f"projections={len(self.projections)}, drives={len(self.drives)}, records={len(self.records)}"
        return f"Network(seed={self.seed}, populations={sizes}, {parts})"

    def population(self, name: str, size: int, model: Any, initial: Mapping[str, Any] | None = None) -> Population:
        """``size`` neurons of ``model``: equations (`neurosim.neurons`), `Poisson` or `SpikeTimes`.

        ``initial`` maps states to where they start: a number, one per neuron, or a distribution. Default: the model's.

        Raises:
            InputError: the name is in use, the population is empty or too large, or the model does not suit.
        """
        self._free("population", check_name("population.name", name))
        if not isinstance(size, int | np.integer) or isinstance(size, bool) or not 1 <= size <= MAX_POPULATION:
            expected = f"a whole number from 1 to {MAX_POPULATION}"
            raise InputError(f"population {name!r}.size: expected {expected}, got {size!r}")
        made = Population(name, int(size), model, dict(initial or {}))
        _check_model(made)
        self.populations.append(made)
        return made

    def connect(
        self,
        pre: Population | str,
        post: Population | str,
        builder: Any,
        *,
        to: str | None = None,
        weight: Any = None,
        delay: Any = None,
        dendritic_delay: float = 0.0,
        rule: SynapticRule | None = None,
        copies: str | None = None,
        graded: str | None = None,
        bound: float = 1.0,
        w_max: float | None = None,
        name: str | None = None,
        weights: str = "int15",
    ) -> Projection:
        """A projection: synapses drawn by ``builder`` (`neurosim.connectivity`).

        ``to`` names the input of the model that is reached; it may be left out if there is only one. ``weight`` is in
        the unit of that input (default 1: 1 pA, say), ``delay`` in ms (default 1): a number, a distribution, or one
        number per synapse in canonical order; for `AllToAll` with autapses also an array (n_pre, n_post). Delays are
        rounded to steps, at least one. Weights are kept in ``int15``: whole multiples of the grid of their input.

        With a ``rule`` (`neurosim.rules.PairSTDP`, or a `SynapticRule` of one's own) they are real numbers, which it
        changes. It sees the spikes of ``post`` later by ``dendritic_delay`` (ms, rounded to steps). In a batch each
        "sample" has its own ``copies`` of the synapses, or there is one "shared" by all.

        ``graded`` names a state of ``pre``'s model, which is sent in every step instead of spikes: a synapse of delay d
        adds weight times the state as it was at the end of the step d before, clipped to -``bound`` .. ``bound``
        (`neurosim.simulation.Simulation.saturations` counts) and rounded to the grid of its input. Its weights are real
        numbers, which may be set up to ``w_max`` (default: the largest one drawn).

        Raises:
            InputError: a population of another network, no builder, or what does not exist yet (other weights).
        """
        pre, post = self._mine("connect.pre", pre), self._mine("connect.post", post)
        _check_builder(builder)
        if rule is not None and not isinstance(rule, SynapticRule):
            raise InputError(f"connect.rule: expected a SynapticRule such as PairSTDP(...), got {rule!r}")
        if check_number("connect.dendritic_delay", dendritic_delay) < 0 or (dendritic_delay and rule is None):
            expected = "0 without a rule" if rule is None else "a time >= 0 in ms"
            raise InputError(f"connect.dendritic_delay: expected {expected}, got {dendritic_delay!r}")
        if copies is not None and (rule is None or copies not in COPIES):
            known = "None without a rule" if rule is None else "'sample' or 'shared'"
            raise InputError(f"connect.copies: expected {known}, got {copies!r}")
        check_graded(pre, rule, graded, bound, w_max)
        if weights != "int15":
            raise InputError(f"connect.weights: expected 'int15', got {weights!r}; other kinds are not there yet")
        if name is None:
            name = self._unused(f"{pre.name}_to_{post.name}")
        self._free("connect", check_name("connect.name", name))
        weight = 1.0 if weight is None and getattr(builder, "weight", None) is None else weight
        delay = 1.0 if delay is None and getattr(builder, "delay", None) is None else delay
        receptor = _receptor("connect.to", post, to)
        made = Projection(
            name, pre, post, builder, receptor, weight, delay, rule, float(dendritic_delay), copies,
            graded, float(bound), w_max,
        )  # fmt: skip
        self.projections.append(made)
        return made

    def signal(self, name: str, size: int = 1) -> GlobalSignal:
        """A value that synaptic rules and neurons read by its name, one per sample; 0 until it is set.

        It is written by ``set(signal, "value", ...)`` or by ``run(..., signals=...)``, and stays until the next time.
        `on <name>` of a rule happens at the end of the step in which it is given a value other than 0. The text of a
        neuron declares it: `name : unit, signal`.

        Raises:
            InputError: the name is in use or no name for an expression, or the size is not 1.
        """
        self._free("signal", check_name("signal.name", name))
        if not name.isidentifier() or is_state(name) or name in (*RESERVED, "pre", "post", "start", "every", "send"):
            raise InputError(f"signal.name: expected a name that equations can read, got {name!r}")
        if size != 1:
            raise InputError(f"signal.size: expected 1, got {size!r}; larger signals are not there yet")
        made = GlobalSignal(name)
        self.signals.append(made)
        return made

    def drive(
        self, population: Population | str, rate: float, weight: float, to: str | None = None, name: str | None = None
    ) -> Drive:
        """Independent Poisson input to each neuron: events at ``rate`` Hz, each of ``weight`` in the input's unit.

        Raises:
            InputError: a population of another network, a rate below 0, a number that is not finite.
        """
        target = self._mine("drive.population", population)
        if check_number("drive.rate", rate) < 0:
            raise InputError(f"drive.rate: expected a rate >= 0 in Hz, got {rate!r}")
        if name is None:
            name = self._unused(f"drive_of_{target.name}")
        self._free("drive", check_name("drive.name", name))
        made = Drive(name, target, float(rate), check_number("drive.weight", weight), _receptor("drive.to", target, to))
        self.drives.append(made)
        return made

    def record(
        self,
        what: Population | Projection | str | Iterable[Population | Projection | str],
        variables: str | Sequence[str],
        every: float | None = None,
        neurons: Sequence[int] | None = None,
        of: Sequence[int] | None = None,
    ) -> None:
        """Keep ``variables`` of populations ("spikes", "rate", names of states) or of projections with a rule.

        ``every`` (ms) is the time between two samples of a variable (default: each step), or the width of the rate's
        bins (to be given). ``neurons`` limits states to some neurons, ``of`` variables of a projection to some
        synapses (in canonical order), or neurons where it has one value for each.

        Raises:
            InputError: a population of another network, a time that is not > 0, the same record twice.
        """
        parts = [what] if isinstance(what, Population | Projection | str) else list(what)
        names = [variables] if isinstance(variables, str) else list(variables)
        if every is not None:
            check_number("record.every", every, least=0.0)
        for part in (self._part("record.what", each) for each in parts):
            for name in names:
                if isinstance(part, Projection):
                    self._record_synapses(part, name, every, of)
                    continue
                population = part
                if name not in (known := (SPIKES, RATE, *_states(population))):
                    raise one_of(f"record of {population.name!r}", name, known)
                if name == RATE and every is None:
                    raise InputError("record.every: expected the width of a bin in ms for 'rate', got None")
                if name == SPIKES and every is not None:
                    raise InputError(f"record.every: expected None for 'spikes', got {every!r}; record 'rate' for bins")
                self._once(population, name)
                chosen = None if neurons is None or name in (SPIKES, RATE) else _numbers(population, neurons)
                self.records.append(Record(population, name, every, chosen))

    def compile(
        self,
        dt: float = 0.1,
        backend: str = "auto",
        threads: int | None = None,
        batch: int = 1,
        precision: str = "float32",
        seed: int | None = None,
        log: str | Path | None = None,
        overwrite: bool = False,
    ) -> Simulation:
        """The simulation of this network in steps of ``dt`` ms.

        ``backend`` is auto, cpu, cuda or reference; ``backend_reason`` of the result says why auto chose what it chose.
        ``threads`` (default: chosen) serve the cpu backend and change no spike. A ``batch`` runs several samples of the
        network side by side, which differ in what is random. ``seed`` decides that; by default it is the network's.
        Synapses and initial values follow from the network's seed alone. Records go to the file ``log`` if that is
        given, else to memory; with a log, use the simulation as a context manager or `close` it.

        Raises:
            InputError: anything that does not fit; nothing is left behind.
        """
        from neurosim.simulation.assemble import Choices, assemble
        from neurosim.simulation.simulation import Simulation

        own_seed = self.seed if seed is None else check_seed("compile.seed", seed)
        choices = Choices(dt, backend, threads, batch, precision, own_seed)
        if not self.populations:
            raise InputError("compile: expected a network with populations, got none; add one by population(...)")
        return Simulation(assemble(self, choices, log, overwrite))

    def run(
        self,
        ms: float,
        dt: float = 0.1,
        backend: str = "auto",
        threads: int | None = None,
        batch: int = 1,
        precision: str = "float32",
        seed: int | None = None,
        log: str | Path | None = None,
        overwrite: bool = False,
        progress: Callable[[float, float], None] | None = None,
    ) -> Simulation:
        """`compile`, run for ``ms`` and close the log: the simulation, for reading what it recorded.

        ``progress(done, total)`` is called now and then with times in ms. The other arguments are those of `compile`.
        """
        with self.compile(dt, backend, threads, batch, precision, seed, log, overwrite) as simulation:
            simulation.run(ms, progress)
        return simulation

    def _record_synapses(self, part: Projection, name: str, every: float | None, of: Sequence[int] | None) -> None:
        """Keep a variable of a projection with a rule."""
        if part.rule is None:
            expected = "a projection with a rule, whose variables change"
            raise InputError(f"record of {part.name!r}: expected {expected}, got a static one; pass rule= to connect")
        known = part.rule.equations.variables
        if name not in known:
            raise one_of(f"record of {part.name!r}", name, known)
        self._once(part, name)
        chosen = None if of is None else np.asarray(of)
        if chosen is not None and (chosen.ndim != 1 or (chosen.dtype.kind not in "iu" and chosen.size)):
            raise InputError(f"record.of: expected whole numbers, got {of!r}")
        self.records.append(Record(part, name, every, None if chosen is None else chosen.astype(np.int64)))

    def _once(self, part: Population | Projection, name: str) -> None:
        if any(each.part is part and each.variable == name for each in self.records):
            raise InputError(f"record: expected each record once, got {name!r} of {part.name!r} twice")

    def _free(self, owner: str, name: str) -> None:
        kinds = [
            ("population", [each.name for each in self.populations]),
            ("projection", [each.name for each in self.projections]),
            ("drive", [each.name for each in self.drives]),
            ("signal", [each.name for each in self.signals]),
        ]
        for kind, names in kinds:
            if name in names:
                raise InputError(f"{owner}.name: expected a name that is free, got {name!r}, which is a {kind}'s")

    def _unused(self, name: str) -> str:
        parts = (self.populations, self.projections, self.drives, self.signals)
        taken = {each.name for kind in parts for each in kind}
        number = 2
        found = name
        while found in taken:
            found, number = f"{name}_{number}", number + 1
        return found

    def _part(self, owner: str, what: Population | Projection | str) -> Population | Projection:
        """The population or projection of this network that is meant, by handle or name."""
        for each in self.projections:
            if each is what or each.name == what:
                return each
        return self._mine(owner, what)

    def _mine(self, owner: str, population: Any) -> Population:
        """The population of this network that is meant, by handle or name."""
        for each in self.populations:
            if each is population or each.name == population:
                return each
        if isinstance(population, str):
            raise one_of(owner, population, [each.name for each in self.populations])
        raise InputError(f"{owner}: expected a population of this network, got {population!r}")


def _check_builder(builder: Any) -> None:
    if isinstance(builder, type) or not isinstance(builder, Builder):
        known = [name for name in connectivity.__all__ if hasattr(getattr(connectivity, name), "expected_synapses")]
        raise InputError(
            f"connect.builder: expected one of neurosim.connectivity ({', '.join(known)}), such as "
            f"FixedProbability(0.1), got {builder!r}"
        )


def _check_model(made: Population) -> None:
    """Raise an `InputError` if the population's model, its size or its initial states do not suit."""
    owner, model = f"population {made.name!r}", made.model
    if not isinstance(model, NeuronModel | Poisson | SpikeTimes):
        raise InputError(f"{owner}.model: expected a neuron model such as LIF(), Poisson or SpikeTimes, got {model!r}")
    if isinstance(model, NeuronModel) and model.size not in (None, made.size):
        raise InputError(f"{owner}.size: expected {model.size}, as many as its parameters have, got {made.size}")
    for state in made.initial:
        if state not in _states(made):
            raise one_of(f"{owner}.initial", state, _states(made))


def _states(population: Population) -> tuple[str, ...]:
    return population.model.equations.states if isinstance(population.model, NeuronModel) else ()


def _receptor(owner: str, population: Population, to: str | None) -> str:
    """The input that is meant by ``to``, or the only one."""
    if not isinstance(population.model, NeuronModel):
        raise InputError(f"{owner}: expected a population with inputs, got {population.name!r}, a source")
    inputs = population.model.equations.inputs
    if not inputs:
        raise InputError(f"{owner}: expected a population with inputs, got {population.name!r}, whose model has none")
    if to is None and len(inputs) > 1:
        raise InputError(
            f"{owner}: expected one of {', '.join(inputs)}, got None; {population.name!r} has several inputs"
        )
    if to is not None and to not in inputs:
        raise one_of(owner, str(to), inputs)
    return to or inputs[0]


def _numbers(population: Population, neurons: Sequence[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    numbers = np.asarray(neurons)
    good = numbers.ndim == 1 and (numbers.dtype.kind in "iu" or not numbers.size)
    if not good or ((numbers < 0) | (numbers >= population.size)).any():
        raise InputError(f"record.neurons: expected whole numbers in 0 .. {population.size - 1}, got {neurons!r}")
    return numbers.astype(np.int64)
