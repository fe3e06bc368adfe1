"""The command ``neurosim``. User errors print one line on stderr and exit with code 2.

Every command imports what it needs when it runs, so that ``neurosim --help`` answers at once. A command returns its
exit code; None is 0.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

import neurosim.cli.study_commands
from neurosim.core.errors import USER_ERRORS, InputError

BAD_INPUT, INTERRUPTED = 2, 130
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,  # plain help: it starts faster and keeps the examples' lines
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(rich_markup_mode=None)
app.command()(neurosim.cli.study_commands.compare)
app.command()(neurosim.cli.study_commands.run)
app.add_typer(data_app, name="data")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 1 (a result says no), 2 (bad input), 130 (interrupted)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # a rule in the user's own file: --rules mine:MyRule
    debug = "--debug" in words  # taken anywhere in the line, as one adds it after a failure
    try:
        with _log_to_stderr() if debug else nullcontext():
            code = app([word for word in words if word != "--debug"], prog_name="neurosim", standalone_mode=False)
        if code != INTERRUPTED:
            return int(code or 0)
        line = "interrupted"
    except Exception as error:
        answer = _answer(error)
        if answer is None:
            raise
        code, line = answer
        if debug:
            traceback.print_exc()
    print(line, file=sys.stderr)
    return int(code)


@contextmanager
def _log_to_stderr() -> Iterator[None]:
    """Within the block, messages of the package's loggers go to stderr, such as tracebacks of failed runs."""
    logger, handler = logging.getLogger("neurosim"), logging.StreamHandler(sys.stderr)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _answer(error: Exception) -> tuple[int, str] | None:
    """The exit code and the line for ``error``; None for an error that only a bug can raise."""
    usage_error = typer.BadParameter.__mro__[1]  # typer does not export it
    text = " ".join(str(error).split())
    if isinstance(error, usage_error):
        return BAD_INPUT, _usage(error)
    if isinstance(error, neurosim.cli.study_commands.Interrupted | typer.Abort):
        return INTERRUPTED, text or "interrupted"
    if isinstance(error, USER_ERRORS):
        return BAD_INPUT, text
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename is not None else ""
        return BAD_INPUT, f"{where}expected a readable and writable path, got: {error.strerror}"
    if isinstance(error, OSError | MemoryError):
        return BAD_INPUT, f"{type(error).__name__}: {text}"
    return None


def _usage(error: Any) -> str:
    """A wrong option or argument, with the help to read."""
    text = " ".join(error.format_message().split()).rstrip(".")
    command = error.ctx.command_path if error.ctx else "neurosim"
    return f"{command}: {text}; see `{command} --help`"


@app.callback(invoke_without_command=True)
def neurosim_command(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; may stand anywhere.")] = False,
) -> None:
    """Compare learning rules fairly, on the same networks, data, seeds and budgets.

    \b
    Examples:
      neurosim compare --rules backprop,temporal_derivative:feedback=random --data digits
      neurosim run runs/configs/compare.toml
      neurosim doctor
    """
    if version:
        from neurosim.core.version import __version__

        print(f"neurosim {__version__}")
        raise typer.Exit()
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit()


@app.command()
def report(
    logs: Annotated[list[Path], typer.Argument(metavar="LOG...", help="Run logs, or folders of run logs.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE.html", help="The page to write.")],
) -> None:
    """Write one HTML page that compares the runs.

    \b
    Example:
      neurosim report runs/logs/monday runs/logs/tuesday -o both.html
    """
    from neurosim.report import build
    from neurosim.report.page import check_page

    for log in logs:
        _must_exist(log)
    neurosim.cli.study_commands.check_file("report", out)
    check_page(out)
    print(build(logs, out))


@app.command()
def info(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="A run log, or the folder of a study.")],
    as_json: AsJson = False,
) -> None:
    """Print what a run log holds: status, configuration, provenance and results; of a study, one line per run.

    \b
    Example:
      neurosim info runs/logs/monday/backprop.h5
    """
    from neurosim.runlog import info as describe

    _must_exist(log)
    found = describe(log)
    if "entries" in found and not as_json:
        print("\n".join(map(_entry, found["entries"])) or "no run has finished")
    else:
        _show(found, as_json)


@app.command()
def recover(log: Annotated[Path, typer.Argument(metavar="LOG", help="An incomplete run log.")]) -> None:
    """Close a run log left open by a crash or a power cut.

    \b
    Example:
      neurosim recover runs/logs/monday/backprop.h5
    """
    from neurosim.runlog import recover as repair

    _must_exist(log)
    print(repair(log).note)


@app.command("list")
def list_choices(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="rules, networks, bench or settings; default: all, in short.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List rules, networks (of studies, and for bench) and settings, with their options.

    \b
    Example:
      neurosim list rules
    """
    from neurosim.study.listing import KINDS, as_plain, as_text, listed

    if kind is not None:
        entries = listed(kind)
        print(json.dumps(as_plain(entries)) if as_json else as_text(entries))
    elif as_json:
        print(json.dumps({kind: as_plain(listed(kind)) for kind in (*KINDS, "settings")}))
    else:
        for each in KINDS:
            print(f"{each}:", *(f"  {entry.name:28} {entry.summary}" for entry in listed(each)), "", sep="\n")
        print("neurosim list rules, networks, bench or settings shows the options; neurosim data list: data sets.")


@data_app.callback()
def data() -> None:
    """List, locate or download data sets.

    \b
    Example:
      neurosim data fetch fashion-mnist
    """


@data_app.command("list")
def list_data(as_json: AsJson = False) -> None:
    """List the known data sets and where each was found.

    \b
    Example:
      neurosim data list
    """
    from dataclasses import asdict

    from neurosim.datasets import available

    entries = available()
    if as_json:
        print(json.dumps([asdict(entry) for entry in entries]))
        return
    for entry in entries:
        shape = "x".join(map(str, entry.sample_shape))
        size = f"{entry.n_train} + {entry.n_test} samples of {shape}, {entry.n_classes} classes"
        print(f"{entry.name:14} {size:47} {entry.found or 'absent: ' + entry.how_to_get}")


@data_app.command("path")
def data_path(name: Annotated[str, typer.Argument(metavar="NAME", help="A data set.")]) -> None:
    """Print the folder of a data set.

    \b
    Example:
      neurosim data path fashion-mnist
    """
    from neurosim.datasets import locate

    print(locate(name))


@data_app.command("fetch")
def fetch_data(name: Annotated[str, typer.Argument(metavar="NAME", help="A data set.")]) -> None:
    """Download a data set into the cache, verify it and print its folder.

    \b
    Example:
      neurosim data fetch mnist
    """
    from neurosim.datasets import fetch

    print(fetch(name))


@app.command()
def doctor(as_json: AsJson = False) -> int:
    """Check this installation: versions, backends, data sets, and a self-test of two seconds.

    \b
    Example:
      neurosim doctor
    """
    from neurosim.cli.doctor import as_text, examine

    findings = examine()
    if as_json:
        print(json.dumps([finding._asdict() for finding in findings]))
    else:
        print(as_text(findings))
    return int(any(finding.status == "broken" for finding in findings))


@app.command()
def bench(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A benchmark; a wrong name lists the known ones.")],
    backend: Annotated[str, typer.Option(help="auto, reference, cpu or cuda.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Threads; default: all that are allowed.")] = None,
    scale: Annotated[float | None, typer.Option(help="Amount of work; 1 is the published size.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Biological seconds that are timed; default: 10.")] = None,
    drive: Annotated[str | None, typer.Option(help="poisson or dc.")] = None,
    record: Annotated[bool | None, typer.Option("--record/--no-record", help="Keep the spikes (default).")] = None,
    repeat: Annotated[int | None, typer.Option(min=1, help="How often it is timed; the median counts.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The seed.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Measure speed and print one result: ``layers`` trains a perceptron, the others run a spiking network.

    \b
    Example:
      neurosim bench microcircuit --scale 0.1 --seconds 2 --json
    """
    from neurosim.cli.bench import run

    measured = run(
        name,
        backend=backend,
        threads=threads,
        seed=seed,
        scale=scale,
        seconds=seconds,
        drive=drive,
        record=record,
        repeat=repeat,
    )
    _show(measured, as_json)


def _must_exist(log: Path) -> None:
    if not log.exists():
        raise InputError(f"log: expected a run log, got {log}, which does not exist")


def _entry(entry: Mapping[str, Any]) -> str:
    """One line for an entry of an index: a run of a study, or a part of a run."""
    from neurosim.study.comparison import outcome

    if "status" not in entry:
        return str(entry.get("log"))
    if lacking := {"log", "rule", "network", "data", "seed"} - entry.keys():
        raise InputError(f"index: expected entries of a study, got one without {', '.join(sorted(lacking))}")
    log = f" ({entry['log']})" if entry["log"] else ""
    return f"{entry['rule']} {entry['network']} {entry['data']} seed {entry['seed']}: {outcome(entry)}{log}"


def _show(values: Mapping[str, Any], as_json: bool) -> None:
    print(json.dumps(values, default=str) if as_json else "\n".join(_lines(values)))


def _lines(values: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Nested values, one ``key: value`` per line; nested tables are indented."""
    for key, value in values.items():
        if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            value = dict(enumerate(value))
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{key}: {value}"
