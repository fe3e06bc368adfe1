"""`Network`: declares populations, projections, drives, signals and records; `compile` makes a `Simulation` of them.

Nothing is sampled before `compile`, and all samples depend on the seed and on names alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.connectivity import FromArrays
from neurosim.connectivity.rows import MAX_POPULATION
from neurosim.core.checks import check_name, check_number, check_seed, shown, whole_number
from neurosim.core.errors import InputError, one_of
from neurosim.equations import SynapticRule
from neurosim.equations.text.reading import RESERVED
from neurosim.equations.text.rule_equations import is_state
from neurosim.simulation.checks import (
    check_builder,
    check_graded,
    check_model,
    check_rule,
    input_of,
    population_record,
    projection_record,
)
from neurosim.simulation.parts import Declaration, Drive, GlobalSignal, Graded, Population, Projection, Record

if TYPE_CHECKING:
    from neurosim.simulation.simulation import Simulation


class Network:
    """A network of spiking neurons under construction.

    Parameters
    ----------
    seed : int
        In [0, 2^64); with the names of the parts it determines synapses, initial values and random input.

    Examples
    --------
    >>> import neurosim as ns
    >>> from neurosim.neurons import LIF
    >>> net = ns.Network(seed=1)
    >>> exc = net.population("exc", 80, LIF(tau_m=20.0))
    >>> recurrent = net.connect(exc, exc, ns.FixedProbability(0.1), weight=ns.Normal(10.0, 1.0), delay=1.5)
    >>> noise = net.drive(exc, rate=2000.0, weight=1000.0)
    >>> net.record(exc, "spikes")
    >>> simulation = net.run(50.0, dt=0.1, backend="reference")
    >>> len(simulation.spikes(exc).times) > 0
    True
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = check_seed("Network.seed", seed)
        self.populations: list[Population] = []
        self.projections: list[Projection] = []
        self.drives: list[Drive] = []
        self.signals: list[GlobalSignal] = []
        self.records: list[Record] = []

    def __repr__(self) -> str:
        sizes = {population.name: population.size for population in self.populations}
        parts = f"projections={len(self.projections)}, drives={len(self.drives)}, records={len(self.records)}"
        return f"Network(seed={self.seed}, populations={sizes}, {parts})"

    @property
    def declaration(self) -> Declaration:
        """The parts declared so far, as they are compiled."""
        populations, projections, drives = tuple(self.populations), tuple(self.projections), tuple(self.drives)
        return Declaration(populations, projections, drives, tuple(self.signals), tuple(self.records), self.seed)

    def population(self, name: str, size: int, model: Any, initial: Mapping[str, Any] | None = None) -> Population:
        """Add neurons of one model.

        Parameters
        ----------
        name : str
            A name that no other part has, without "/".
        size : int
            The number of neurons, >= 1.
        model : NeuronModel, Poisson or SpikeTimes
            Equations, such as `neurosim.neurons.LIF`, or a source of spikes.
        initial : mapping, optional
            Initial values of states: a number, an array (size,) or a distribution. Default: the model's.

        Returns
        -------
        Population
            A handle; all methods take it or its name.

        Raises
        ------
        InputError
            The name is in use, the population is empty or too large, or the model does not suit.
        """
        self._check_free("population", check_name("population.name", name))
        size = whole_number(f"population {name!r}.size", size, 1, MAX_POPULATION)
        population = Population(name, size, model, dict(initial or {}))
        check_model(population)
        self.populations.append(population)
        return population

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
        graded: str | Graded | None = None,
        name: str | None = None,
    ) -> Projection:
        """Add a projection: synapses from ``pre`` to ``post``.

        Parameters
        ----------
        pre, post : Population or str
            Populations of this network.
        builder : Builder
            Which neurons are connected: one of `neurosim.connectivity`.
        to : str, optional
            The input of the postsynaptic model that is reached; needed if there are several.
        weight : number, distribution or array
            In the unit of that input; default 1. An array has one number per synapse in canonical order (for
            `AllToAll` with autapses also shape (n_pre, n_post)). Without a rule, weights are rounded to the grid of
            their input, 15 bits and a sign.
        delay : number, distribution or array
            In ms, rounded half up to steps, at least one; default 1.
        dendritic_delay : float
            In ms, rounded to steps: the rule sees spikes of ``post`` later by so much.
        rule : SynapticRule, optional
            Changes the weights (`neurosim.rules.PairSTDP`, say), which then are not rounded.
        copies : {"sample", "shared"}, optional
            With a rule in a batch: each sample has its own synapses, or all change one set.
        graded : str or Graded, optional
            A state of ``pre``'s model that is sent in every step instead of spikes: a synapse of delay d adds weight
            times the state as it was at the end of the step d before. Weights are real numbers then.
        name : str, optional
            Default: "<pre>_to_<post>".

        Returns
        -------
        Projection
            A handle.

        Raises
        ------
        InputError
            A population of another network, no builder, or options that exclude each other.
        """
        pre, post = self._population("connect.pre", pre), self._population("connect.post", post)
        check_builder(builder)
        check_rule(rule, dendritic_delay, copies)
        transmitted = check_graded(pre, graded, rule)
        name = self._unused(f"{pre.name}_to_{post.name}") if name is None else name
        self._check_free("connect", check_name("connect.name", name))
        listed = builder if isinstance(builder, FromArrays) else None
        weight = 1.0 if weight is None and (listed is None or listed.weight is None) else weight
        delay = 1.0 if delay is None and (listed is None or listed.delay is None) else delay
        target, late = input_of("connect.to", post, to), float(dendritic_delay)
        projection = Projection(name, pre, post, builder, target, weight, delay, rule, late, copies, transmitted)
        self.projections.append(projection)
        return projection

    def signal(self, name: str) -> GlobalSignal:
        """Add a global signal: a value, one per sample, that synaptic rules and neurons read by its name.

        It is 0 until ``set(signal, "value", ...)`` or ``run(..., signals=...)`` writes it, and stays until the next
        time. `on <name>` of a rule happens at the end of the step in which it is given a value other than 0. The text
        of a neuron declares it: `name : unit, signal`.

        Parameters
        ----------
        name : str
            A name that equations can read.

        Returns
        -------
        GlobalSignal
            A handle.

        Raises
        ------
        InputError
            The name is in use or reserved.
        """
        self._check_free("signal", check_name("signal.name", name))
        if not name.isidentifier() or is_state(name) or name in (*RESERVED, "pre", "post", "start", "every", "send"):
            raise InputError(f"signal.name: expected a name that equations can read, got {name!r}")
        signal = GlobalSignal(name)
        self.signals.append(signal)
        return signal

    def drive(
        self, population: Population | str, rate: float, weight: float, to: str | None = None, name: str | None = None
    ) -> Drive:
        """Add independent Poisson input to each neuron of a population.

        Parameters
        ----------
        population : Population or str
            A population of this network.
        rate : float
            Events per second and neuron, in Hz; any number of them may fall into one step.
        weight : float
            What each event adds, in the unit of the input.
        to : str, optional
            The input that is reached; needed if there are several.
        name : str, optional
            Default: "drive_of_<population>".

        Returns
        -------
        Drive
            A handle.

        Raises
        ------
        InputError
            A population of another network, a rate below 0, a number that is not finite.
        """
        target = self._population("drive.population", population)
        if check_number("drive.rate", rate) < 0:
            raise InputError(f"drive.rate: expected a rate >= 0 in Hz, got {rate!r}")
        name = self._unused(f"drive_of_{target.name}") if name is None else name
        self._check_free("drive", check_name("drive.name", name))
        receptor = input_of("drive.to", target, to)
        drive = Drive(name, target, float(rate), check_number("drive.weight", weight), receptor)
        self.drives.append(drive)
        return drive

    def record(
        self,
        what: Population | Projection | str | Iterable[Population | Projection | str],
        variables: str | Sequence[str],
        every: float | None = None,
        neurons: Sequence[int] | None = None,
        of: Sequence[int] | None = None,
    ) -> None:
        """Record variables of populations, or of projections with a rule.

        Parameters
        ----------
        what : Population, Projection, str, or several of them
            The parts to record.
        variables : str or sequence of str
            "spikes", "rate" or states of a population; variables of a projection's rule.
        every : float, optional
            In ms: the time between two samples of a variable (default: one step), or the width of the bins of "rate".
        neurons : sequence of int, optional
            The neurons whose states are recorded; default: all.
        of : sequence of int, optional
            Of a projection: the synapses, in canonical order, or the neurons where a variable has one value for each.

        Raises
        ------
        InputError
            A part of another network, a time that is not > 0, the same record twice.
        """
        parts = [what] if isinstance(what, Population | Projection | str) else list(what)
        names = [variables] if isinstance(variables, str) else variables
        if not isinstance(names, Iterable):
            raise InputError(f"record.variables: expected a name or names, got {shown(variables)}")
        if every is not None:
            check_number("record.every", every, least=0.0)
        for part in (self._part("record.what", given) for given in parts):
            for name in names:
                if isinstance(part, Projection):
                    record = projection_record(part, name, every, of)
                else:
                    record = population_record(part, name, every, neurons)
                if any(old.part is part and old.variable == name for old in self.records):
                    raise InputError(f"record: expected each record once, got {name!r} of {part.name!r} twice")
                self.records.append(record)

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
        """Draw the synapses and make a simulation of this network.

        Parameters
        ----------
        dt : float
            The time step in ms.
        backend : {"auto", "cpu", "cuda", "reference"}
            The engine; `Simulation.backend_reason` says why auto chose what it chose.
        threads : int, optional
            Of the cpu backend; they change no spike. Default: chosen.
        batch : int
            The number of samples of the network side by side, which differ in what is random.
        precision : {"float32", "float64"}
            Of states.
        seed : int, optional
            Of what is drawn while it runs; default: the network's. Synapses and initial values follow the network's.
        log : path, optional
            A file for the records, which else stay in memory; then use the simulation as a context manager.
        overwrite : bool
            Whether an existing log may be replaced.

        Returns
        -------
        Simulation
            At time 0.

        Raises
        ------
        InputError
            Anything that does not fit; no file is left behind.
        """
        from neurosim.simulation.assemble import Choices, assemble
        from neurosim.simulation.simulation import Simulation

        run_seed = self.seed if seed is None else check_seed("compile.seed", seed)
        choices = Choices(dt, backend, threads, batch, precision, run_seed)
        if not self.populations:
            raise InputError("compile: expected a network with populations, got none; add one by population(...)")
        return Simulation(assemble(self.declaration, choices, log, overwrite))

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
        """Compile, run and close the log.

        Parameters
        ----------
        ms : float
            How long to run, a multiple of ``dt``.
        dt, backend, threads, batch, precision, seed, log, overwrite
            As of `compile`.
        progress : callable, optional
            Called now and then with the time done and the total, in ms.

        Returns
        -------
        Simulation
            For reading what it recorded.
        """
        with self.compile(dt, backend, threads, batch, precision, seed, log, overwrite) as simulation:
            simulation.run(ms, progress)
        return simulation

    def _check_free(self, owner: str, name: str) -> None:
        """InputError if another part has the name."""
        for kind, parts in self._kinds().items():
            if name in (part.name for part in parts):
                raise InputError(f"{owner}.name: expected a name that is free, got {name!r}, which is a {kind}'s")

    def _unused(self, name: str) -> str:
        """``name``, with a number if it is in use."""
        taken = {part.name for parts in self._kinds().values() for part in parts}
        numbered = (f"{name}_{number}" for number in count(2))
        return name if name not in taken else next(other for other in numbered if other not in taken)

    def _kinds(self) -> dict[str, Sequence[Any]]:
        kinds = ("population", "projection", "drive", "signal")
        return dict(zip(kinds, (self.populations, self.projections, self.drives, self.signals), strict=True))

    def _part(self, owner: str, what: Population | Projection | str) -> Population | Projection:
        """The population or projection of this network with that handle or name."""
        for projection in self.projections:
            if projection is what or projection.name == what:
                return projection
        return self._population(owner, what)

    def _population(self, owner: str, what: Any) -> Population:
        """The population of this network with that handle or name."""
        for population in self.populations:
            if population is what or population.name == what:
                return population
        if isinstance(what, str):
            raise one_of(owner, what, [population.name for population in self.populations])
        raise InputError(f"{owner}: expected a population of this network, got {what!r}")
