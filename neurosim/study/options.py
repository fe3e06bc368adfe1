"""The options of a study, declared once: `compare`, its command line and the table [study] of a TOML file have them.

Plain data, so that ``neurosim --help`` answers at once; `neurosim.study.config` checks values.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

NEEDED: Final = object()
"""The default of an option that must be given."""


class Option(NamedTuple):
    """The type of an option, its ``default``, the name of its value in the help text, and that text."""

    kind: Literal["names", "name", "count", "seeds", "flag"]
    default: Any
    called: str
    help: str


OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "rules": Option("names", NEEDED, "LIST", "Comma list; options of a rule follow colons."),
        "network": Option("name", "mlp", "NAME", "The network; options follow colons."),
        "data": Option("name", "digits", "NAME", "The data set."),
        "epochs": Option("count", None, "N", "Epochs of every run; default: the committed settings."),
        "seeds": Option("seeds", 3, "N", "N means seeds 0 .. N-1; a list 3,5,8 means those."),
        "backend": Option("name", "auto", "NAME", "auto, reference, cpu or cuda."),
        "log": Option("name", None, "DIR", "Folder of the run logs; default: a dated folder."),
        "overwrite": Option("flag", False, "", "Replace the logs in an existing folder."),
        "resume": Option("flag", False, "", "Continue the interrupted study in --log."),
        "report": Option("name", None, "FILE.html", "The report; default: report.html in the log."),
        "json": Option("name", None, "FILE", "Write the results as JSON; - is stdout."),
        "data_path": Option("name", None, "DIR", "The folder that holds the data set."),
        "limit": Option("count", None, "N", "Use the first N training samples."),
    }
)
"""Name -> option; with the settings and the candidate values (tune), which are tables of their own."""
