"""From checked rules to functions: every event as a flat program, every constant computed on the host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neurosim.core.time_steps import whole_steps
from neurosim.equations.program.ir import Builder, Line, Names, Operand, needed, written
from neurosim.equations.program.lowering import lower_expression
from neurosim.equations.text.expressions import Expression, describe, evaluate
from neurosim.equations.text.rule_equations import SEND, Actions, RuleEquations
from neurosim.equations.text.rule_syntax import SIDES

_FREE = "x slot scale c a z ref mask shared n k kernel update acc"  # the arguments of a neuron's update


@dataclass(frozen=True)
class RuleFunction:
    """``name(arguments) -> results`` as computed by ``lines``."""

    name: str
    arguments: tuple[str, ...]
    lines: tuple[Line, ...]
    results: tuple[Operand, ...]


def written_rule(functions: Sequence[RuleFunction]) -> str:
    """The functions as the hash of a rule covers them; see `neurosim.equations.program.ir.written`."""
    texts = [
        f"RuleFunction(name={each.name!r}, arguments={each.arguments!r}, lines={written(each.lines)}, "
        f"results={written(each.results)})"
        for each in functions
    ]
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


@dataclass(frozen=True)
class CompiledEvent:
    """One function of a rule.

    Attributes
    ----------
    name : str
        on_pre, on_post, on_<signal>, every_<number>, pre_spike, post_spike or sum_<name>, which returns ("sends") what
        one synapse adds.
    reads : tuple of str
        Its arguments in order: names of variables, states, signals and constants.
    writes : tuple of str
        What it returns, as a tuple, followed by the value that is sent if it ``sends``.
    sends : bool
        Whether it returns a value to be delivered or added.
    signal : str or None
        That of on_<signal>.
    period : int or None
        That of every_<number> in steps: it comes at the end of each step n for which n + 1 is a multiple.
    """

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    sends: bool
    signal: str | None
    period: int | None


class RuleLowering:
    """The functions of a rule under construction, and the constants that they share."""

    def __init__(self, equations: RuleEquations, name: str, values: Mapping[str, float]) -> None:
        """``values`` are those of the parameters and of dt; ``name`` is that of the rule, for messages."""
        self.equations, self.name, self.values = equations, name, values
        self.constants: dict[str, float] = {}
        self.functions: list[RuleFunction] = []
        self._names = Names(_FREE)
        known = [*equations.variables, *equations.states, *equations.signals, *equations.sums]
        self._arguments = {name: self._names.fresh(name) for name in known}
        self._known_constants = frozenset({*equations.parameters, "dt"})
        self._constants: dict[str, str] = {}

    def events(self) -> dict[str, CompiledEvent]:
        """All events; their functions and those that decay are added to ``functions``."""
        for name, linear in self.equations.decays.items():
            self._decay(name, linear.rest == 0.0)
        found, number = {}, 0
        for event in self.equations.events:
            period = None
            name = f"on_{event.name}"
            if event.period is not None:
                name, number = f"every_{number}", number + 1
                period = whole_steps(f"{self.name}.every", evaluate(event.period, self.values), self.values["dt"])
            signal = event.name if event.name in self.equations.signals and period is None else None
            found[name] = self._event(name, event.actions, (), signal, period)
        for side in SIDES:
            if own := tuple(name for name, kind in self.equations.variables.items() if kind == side):
                found[f"{side}_spike"] = self._event(f"{side}_spike", self.equations.own_spike.get(side, ()), own)
        return found

    def sums(self) -> dict[str, CompiledEvent]:
        """What one synapse adds to each sum; the functions are added to ``functions``."""
        return {name: self._event(f"sum_{name}", ((SEND, adds),), ()) for name, adds in self.equations.sums.items()}

    def _decay(self, name: str, homogeneous: bool) -> None:
        value, factor, asymptote = (self._names.fresh(word) for word in ("value", "factor", "asymptote"))
        into = Builder(self._names)
        if homogeneous:
            result = into.emit("mul", value, factor)
        else:
            distance = into.emit("mul", into.emit("sub", value, asymptote), factor)
            result = into.emit("add", asymptote, distance)
        self.functions.append(RuleFunction(f"decay_{name}", (value, factor, asymptote), tuple(into.lines), (result,)))

    def _event(
        self,
        name: str,
        actions: Actions,
        writes: tuple[str, ...],
        signal: str | None = None,
        period: int | None = None,
    ) -> CompiledEvent:
        """The event of ``actions``; it returns ``writes``, or what they assign where that is empty."""
        into, read = Builder(self._names), dict[str, None]()
        meanings: dict[str, Operand] = dict(self._arguments)
        sent: tuple[Operand, ...] = ()

        def constant(expression: Expression) -> Operand:
            text = describe(expression)
            if text not in self._constants:
                self._constants[text] = self._names.fresh(text if text.isidentifier() else "constant")
                value = evaluate(expression, self.values)
                assert isinstance(value, float)
                self.constants[self._constants[text]] = value
            return self._constants[text]

        for target, right in actions:
            value = lower_expression(right, meanings, into, self._known_constants, constant)
            if target is SEND:
                sent = (value,)
            else:
                meanings[target] = value
        writes = writes or tuple(dict.fromkeys(target for target, _ in actions if target is not SEND))
        results = (*(meanings[target] for target in writes), *sent)
        lines = needed(into.lines, results)
        operands = {operand for line in lines for operand in getattr(line, "operands", ())} | set(results)
        read = {text: None for text, argument in self._arguments.items() if argument in operands}
        constants = tuple(name for name in self.constants if name in operands)
        arguments = (*(self._arguments[text] for text in read), *constants)
        self.functions.append(RuleFunction(name, arguments, lines, results))
        return CompiledEvent(name, (*read, *constants), writes, bool(sent), signal, period)
