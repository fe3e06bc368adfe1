"""The innermost loops of the events of a synaptic rule, as text."""

from __future__ import annotations

from collections.abc import Iterator

from neurosim.engines.layout.rule_names import RuleNames, function, indented, signalled

_SEND = """exact = np.rint(sent * per_scale)
kept = exact if exact < limit else limit
kept = kept if kept > -limit else -limit
clipped = I32(clipped + I32(kept != exact))
slots[j] += I32(kept)"""


def inner_loops(of: RuleNames) -> Iterator[str]:
    """The text of each innermost loop: those over one row or one column of synapses, or over a history."""
    events = of.rule.events
    if of.lazy:
        yield _replay(of, full=True)
        yield _replay(of, full=False)
    if "on_pre" in events:
        yield _on_pre(of, full=True)
        yield _on_pre(of, full=False)
    if of.columns:
        yield _column(of)
    for name in of.rule.sums:
        yield _sum(of, name)
    for name in signalled(of.rule):
        yield _row(of, name)


def _replay(of: RuleNames, full: bool) -> str:
    """The post events since a spike arrived last: one after the other in a full row, else synapse by synapse."""
    before = [f"before_{name}" for name in of.rule.post]
    given = [*of.common, "steps", "spikers" if full else "previous", *before, "begin", "end", "arrived"]
    given += [f"pre_of_{name}" for name in of.rule.pre] + ([] if full else ["latest", "places", "chain"])
    traces = {name: of.decayed(name, f"pre_of_{name}", "t", "arrived") for name in of.rule.pre}
    traces |= {name: f"before_{name}[q]" for name in of.rule.post}
    event = ["t = steps[q]", *of.event("on_post", traces)]
    if full:
        loop = ["for q in range(U64(begin), U64(end)):", "    i = U64(spikers[q])", *indented(1, event)]
    else:
        loop = [
            "for i in range(U64(places.shape[0])):",
            "    n = U64(0)",
            "    found = latest[U64(places[i])]",
            "    while found >= begin:",
            "        chain[n] = found",
            "        n += U64(1)",
            "        found = previous[U64(found)]",
            "    while n > U64(0):",
            "        n -= U64(1)",
            "        q = U64(chain[n])",
            *indented(2, event),
        ]
    return function("disjoint", f"replay_{_kind(full)}({', '.join(given)})", loop)


def _on_pre(of: RuleNames, full: bool) -> str:
    """The pre event of a row."""
    rule = of.rule
    given = [*of.common, "t", *(f"pre_of_{name}" for name in rule.pre), *of.state_names("pre")]
    given += [f"post_of_{name}" for name in rule.post] + ([] if full else ["places", "post_arrived"])
    given += [*of.state_names("post"), "slots", "per_scale", "limit"]
    traces = {name: f"pre_of_{name}" for name in rule.pre}
    for name in rule.post:
        traces[name] = f"post_of_{name}[j]" if full else of.decayed(name, f"post_of_{name}[j]", "t", "post_arrived[j]")
    lines = ["clipped = I32(0)", "for i in range(U64(s_w.shape[0])):"]
    lines += ["    j = i" if full else "    j = U64(places[i])"]
    lines += indented(1, of.event("on_pre", traces, {"post": "[j]"}))
    if rule.events["on_pre"].sends:
        lines += indented(1, _SEND.splitlines())
    return function("disjoint", f"arrive_{_kind(full)}({', '.join(given)})", [*lines, "return clipped"])


def _column(of: RuleNames) -> str:
    """The post event of a target."""
    rule = of.rule
    given = [*of.common, "t", "synapses", "segments", "arrived", *(f"pre_of_{name}" for name in rule.pre)]
    given += [f"post_of_{name}" for name in rule.post] + of.state_names("post")
    given += ["state", "source_state", "delays"] if of.state_names("pre") else []
    traces = {name: of.decayed(name, f"pre_of_{name}[g]", "t", "arrived[g]") for name in rule.pre}
    traces |= {name: f"post_of_{name}" for name in rule.post}
    lines = [
        "count = U64(synapses.shape[0])",
        "for n in range(count):",
        "    if n + U64(AHEAD) < count:",
        *(f"        prefetch({row}, synapses[n + U64(AHEAD)])" for row in of.rows),
        "    i, g = U64(synapses[n]), U64(segments[n])",
    ]
    states = [
        f"state_{name} = state[source_state[U64(2) * source] + {row} * source_state[U64(2) * source + U64(1)]]"
        for name, (side, row) in rule.states.items()
        if side == "pre"
    ]
    lines += indented(1, [*(["source = g // U64(delays)"] if states else []), *states])
    lines += indented(1, of.event("on_post", traces))
    return function("disjoint", f"column({', '.join(given)})", lines)


def _row(of: RuleNames, event: str) -> str:
    """The event of a signal or of the clock, for a row."""
    rule = of.rule
    given = [*of.common, "t", "places", *(f"pre_of_{name}" for name in rule.pre), *of.state_names("pre")]
    given += [*(f"post_of_{name}" for name in rule.post), "post_arrived", *of.state_names("post")]
    given += [f"total_{name}" for name in of.read_sums(event)]
    traces = {name: f"pre_of_{name}" for name in rule.pre}
    traces |= {name: of.decayed(name, f"post_of_{name}[j]", "t", "post_arrived[j]") for name in rule.post}
    traces |= {name: f"total_{name}[j]" for name in of.read_sums(event)}
    lines = ["for i in range(U64(places.shape[0])):", "    j = U64(places[i])"]
    lines += indented(1, of.event(event, traces, {"post": "[j]"}))
    return function("disjoint", f"row_{event}({', '.join(given)})", lines)


def _sum(of: RuleNames, name: str) -> str:
    """Add what the synapses of a row add to a sum over the synapses of each target."""
    lines = ["for i in range(U64(places.shape[0])):", "    j = U64(places[i])"]
    lines += indented(1, [*of.event(f"sum_{name}", {}), "total[j] += sent"])
    return function("disjoint", f"add_{name}({', '.join([*of.common, 't', 'places', 'total'])})", lines)


def _kind(full: bool) -> str:
    return "full" if full else "sparse"
