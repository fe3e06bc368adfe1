"""The commands ``compare`` and ``run``: options of the command line replace those of a file, then a study runs.

All input is checked before the first run trains.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.core.errors import InputError
from neurosim.study.options import NEEDED, OPTIONS, Option

if TYPE_CHECKING:
    from neurosim.study.config import StudyConfig

Command = Callable[..., int]


def with_options(*names: str, defaults: bool = True) -> Callable[[Command], Command]:
    """Decorate a command so that it takes these options of a study as keywords, its help with their ``defaults``.

    None, or False for a flag, stands for an option that was not written.
    """

    def decorate(command: Command) -> Command:
        own = [each for each in inspect.signature(command, eval_str=True).parameters.values() if each.name != "given"]
        taken = [_parameter(name, OPTIONS[name], defaults) for name in names]
        ordered = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*taken, *own)]
        command.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
        return command

    return decorate


def _parameter(name: str, option: Option, shows_default: bool) -> inspect.Parameter:
    kind = {"flag": bool, "count": int | None}.get(option.kind, str | None)
    text = option.help
    if shows_default and option.default not in (None, False, NEEDED):
        text += f"  [default: {option.default}]"
    written = typer.Option(f"--{name.replace('_', '-')}", metavar=option.called or None, help=text)
    default = False if option.kind == "flag" else None
    return inspect.Parameter(
        name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=Annotated[kind, written]
    )


class Interrupted(Exception):
    """The user interrupted a study; the text has the folder of its log."""


@with_options(*OPTIONS)
def compare(
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A study file; options here win over it.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of every run; repeatable.")
    ] = None,
    tune: Annotated[
        list[str] | None,
        typer.Option("--tune", metavar="KEY=V1,V2", help="Values of a setting, of which each run chooses; repeatable."),
    ] = None,
    **given: Any,
) -> int:
    """Train networks by several learning rules and compare them.

    \b
    Examples:
      neurosim compare --rules backprop,temporal_derivative:feedback=random --data digits --seeds 3
      neurosim compare --rules backprop --network mlp:hidden=256x128 --data fashion-mnist --set rate=0.05
      neurosim compare --rules backprop,mine:MyRule --tune rate=0.03,0.1,0.3
    """
    if given["rules"] is None and config is None:
        from neurosim.study.components import known

        names = ", ".join(known("rules"))
        raise InputError(f"compare.rules: expected --rules or --config, got neither; known rules: {names}")
    return _study(config, given, settings or [], tune or [])


@with_options("epochs", "seeds", "log", "overwrite", "resume", "report", "json", defaults=False)
def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="A study file.")],
    **given: Any,
) -> int:
    """Run the study that a TOML file describes; options given here win over the file.

    \b
    Example:
      neurosim run runs/configs/compare.toml --seeds 1 --epochs 5
    """
    return _study(config, given, [], [])


def _study(path: Path | None, options: dict[str, Any], settings: list[str], tune: list[str]) -> int:
    from neurosim.study.config import load_config, study_config

    read = {"names": _names, "seeds": _seeds}
    flags = options["overwrite"] or options["resume"]  # one of them replaces what a file says of both
    given = {
        name: read.get(OPTIONS[name].kind, lambda value: value)(value)
        for name, value in options.items()
        if value is not None and (flags or OPTIONS[name].kind != "flag")
    }
    values = dict(_setting(text) for text in settings)
    candidates = {
        key: [_value(word) for word in words.split(",")] for key, words in (_split("tune", text) for text in tune)
    }
    if path is None:
        return _run_study(study_config({"study": given, "settings": values, "tune": candidates}))
    return _run_study(load_config(path).override(given, values, candidates))


def _run_study(config: StudyConfig) -> int:
    """Check the paths, run, then print the table and the paths of the results; 1 if no run succeeded."""
    table = config.study
    from neurosim.report.page import check_page
    from neurosim.runlog import default_name
    from neurosim.study import comparison, progress

    for owner, path, check in (
        ("report", table.report, check_page),
        ("json", table.json_path, comparison.check_json),
    ):
        if path is not None and path != "-":
            check_file(owner, Path(path))
            check(path)

    comparison.check_resume(table.resume, table.overwrite, table.log)
    folder = Path(table.log) if table.log is not None else comparison.LOGS / default_name("compare", table.seeds[0])
    try:
        study = comparison.compare(**config.arguments() | {"log": folder, "progress": progress.auto()})
    except KeyboardInterrupt as stop:
        instead = "in place of --overwrite " if table.overwrite else ""
        so_far = f"; the log so far: {folder}; to go on, add {instead}--log {folder} --resume"
        raise Interrupted(f"interrupted{so_far if folder.exists() else ''}") from stop
    words = sys.stderr if table.json_path == "-" else sys.stdout  # stdout then holds JSON alone
    print(study.table(), f"log: {folder}", sep="\n", file=words, flush=True)
    print(f"report: {study.report(table.report)}", file=words)
    if table.json_path == "-":
        print(study.json())
    elif table.json_path is not None:
        study.write_json(table.json_path)
        print(f"json: {table.json_path}")
    return int(not any(cell["status"] == "ok" for cell in study.cells))


def _names(text: str) -> list[str]:
    """``--rules``: names between commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def _seeds(text: str) -> int | list[int]:
    """``--seeds``: a number of seeds, or a list of them."""
    try:
        return [int(seed) for seed in text.split(",")] if "," in text else int(text)
    except ValueError:
        raise InputError(f"seeds: expected a number of seeds or a list as 3,5,8, got {text!r}") from None


def _setting(text: str) -> tuple[str, Any]:
    """``--set key=value``."""
    key, value = _split("set", text)
    return key, _value(value)


def _split(owner: str, text: str) -> tuple[str, str]:
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise InputError(f"{owner}: expected key=value, got {text!r}")
    return key, value


def _value(text: str) -> Any:
    """A TOML number or boolean, otherwise text."""
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def check_file(owner: str, path: Path) -> None:
    """Refuse a path where no file can be written, before any work is done."""
    place = path.parent
    while not place.exists() and place != place.parent:
        place = place.parent
    if path.is_dir():
        problem = "a folder"
    elif not place.is_dir():
        problem = f"a path inside the file {place}"
    elif not os.access(path if path.exists() else place, os.W_OK):
        problem = "a path without write permission"
    else:
        return
    raise InputError(f"{owner}: expected a file that can be written, got {path}, {problem}")
