"""The commands ``compare`` and ``run``: options of the command line over a file, then one study.

Everything a user may have written wrong is checked before the first cell trains.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.core.errors import InputError

if TYPE_CHECKING:
    from neurosim.study.config import StudyConfig

Epochs = Annotated[int | None, typer.Option(help="Epochs of every cell; default: the committed settings.")]
Seeds = Annotated[str | None, typer.Option(metavar="N", help="N means seeds 0 .. N-1; a list 3,5,8 means those.")]
Log = Annotated[str | None, typer.Option(metavar="DIR", help="Folder of the run logs; default: a dated folder.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the logs in an existing folder.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on in --log, if a study was stopped there.")]
Report = Annotated[str | None, typer.Option(metavar="FILE.html", help="The report; default: report.html in the log.")]
Json = Annotated[str | None, typer.Option("--json", metavar="FILE", help="Write the cells as JSON; - is stdout.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of every cell; repeatable.")
]
Tune = Annotated[
    list[str] | None,
    typer.Option("--tune", metavar="KEY=V1,V2", help="Values of a setting, of which each cell chooses; repeatable."),
]


class Interrupted(Exception):
    """The user stopped a study; the text says where its log is."""


def compare(
    rules: Annotated[
        str | None, typer.Option(metavar="LIST", help="Comma list; options of a rule follow colons.")
    ] = None,
    network: Annotated[str | None, typer.Option(help="The network; options follow colons.  [default: mlp]")] = None,
    data: Annotated[str | None, typer.Option(metavar="NAME", help="The data set.  [default: digits]")] = None,
    epochs: Epochs = None,
    seeds: Seeds = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A study file; options here win over it.")] = None,
    backend: Annotated[str | None, typer.Option(help="auto, reference, cpu or cuda.  [default: auto]")] = None,
    log: Log = None,
    overwrite: Overwrite = False,
    resume: Resume = False,
    report: Report = None,
    json_path: Json = None,
    data_path: Annotated[str | None, typer.Option(metavar="DIR", help="The folder that holds the data set.")] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", help="Use the first N training samples.")] = None,
    settings: Set = None,
    tune: Tune = None,
) -> int:
    """Train networks by several learning rules and compare them.

    \b
    Examples:
      neurosim compare --rules backprop,temporal_derivative:feedback=random --data digits --seeds 3
      neurosim compare --rules backprop --network mlp:hidden=256x128 --data fashion-mnist --set rate=0.05
      neurosim compare --rules backprop,mine:MyRule --tune rate=0.03,0.1,0.3
    """
    given = {
        "rules": None if rules is None else [rule.strip() for rule in rules.split(",") if rule.strip()],
        "network": network,
        "data": data,
        "epochs": epochs,
        "seeds": _seeds(seeds),
        "backend": backend,
        "log": log,
        **_folder_options(overwrite, resume),
        "report": report,
        "json": json_path,
        "data_path": data_path,
        "limit": limit,
    }
    if rules is None and config is None:
        from neurosim.study.components import known

        raise InputError(
            f"compare.rules: expected --rules or --config, got neither; known rules: {', '.join(known('rules'))}"
        )
    return _study(config, given, settings or [], tune or [])


def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="A study file.")],
    epochs: Epochs = None,
    seeds: Seeds = None,
    log: Log = None,
    overwrite: Overwrite = False,
    resume: Resume = False,
    report: Report = None,
    json_path: Json = None,
) -> int:
    """Run the study that a TOML file describes; options given here win over the file.

    \b
    Example:
      neurosim run runs/configs/compare.toml --seeds 1 --epochs 5
    """
    given = {
        "epochs": epochs,
        "seeds": _seeds(seeds),
        "log": log,
        **_folder_options(overwrite, resume),
        "report": report,
        "json": json_path,
    }
    return _study(config, given, [], [])


def _study(path: Path | None, options: dict[str, Any], settings: list[str], tune: list[str]) -> int:
    from neurosim.study.config import load_config, study_config

    given = {key: value for key, value in options.items() if value is not None}
    values = dict(_setting(text) for text in settings)
    candidates = {
        key: [_value(word) for word in words.split(",")] for key, words in (_split("tune", text) for text in tune)
    }
    if path is None:
        return _run_study(study_config({"study": given, "settings": values, "tune": candidates}))
    return _run_study(load_config(path).override(given, values, candidates))


def _folder_options(overwrite: bool, resume: bool) -> dict[str, bool]:
    """What the command line says of an existing folder, over what a file says."""
    return {"overwrite": overwrite, "resume": resume} if overwrite or resume else {}


def _run_study(config: StudyConfig) -> int:
    """Check the paths, run, then print the table and where the results are; 1 if no cell succeeded."""
    table = config.study
    for owner, path in (("report", table.report), ("json", table.json_path)):
        if path is not None and path != "-":
            check_file(owner, Path(path))
    from neurosim.runlog import default_name
    from neurosim.study import progress
    from neurosim.study.comparison import LOGS, check_resume
    from neurosim.study.comparison import compare as run_cells

    check_resume(table.resume, table.overwrite, table.log)
    folder = Path(table.log) if table.log is not None else LOGS / default_name("compare", table.seeds[0])
    try:
        study = run_cells(
            table.rules,
            table.network,
            table.data,
            table.epochs,
            table.seeds,
            settings=config.settings,
            tune=config.tune,
            data_path=table.data_path,
            limit=table.limit,
            backend=table.backend,
            log=folder,
            overwrite=table.overwrite,
            resume=table.resume,
            progress=progress.auto(),
        )
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


def _seeds(text: str | None) -> int | list[int] | None:
    """``--seeds``: a count, or a list of seeds."""
    try:
        return None if text is None else [int(seed) for seed in text.split(",")] if "," in text else int(text)
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
    """Refuse a path at which no file can be written, before the work that would be lost."""
    place = path.parent
    while not place.exists() and place != place.parent:
        place = place.parent
    if path.is_dir():
        problem = "a folder"
    elif not place.is_dir():
        problem = f"a path inside the file {place}"
    elif not os.access(path if path.exists() else place, os.W_OK):
        problem = "a place without permission to write"
    else:
        return
    raise InputError(f"{owner}: expected a file that can be written, got {path}, {problem}")
