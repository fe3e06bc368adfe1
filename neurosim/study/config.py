"""A study as a TOML file: its tables, checked; their options are declared in `neurosim.study.options`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field, create_model

from neurosim.core.arrays import check_backend_name
from neurosim.core.errors import InputError, one_line
from neurosim.core.toml import to_toml
from neurosim.core.validation import STRICT, validated
from neurosim.learning.settings import Settings
from neurosim.study.options import NEEDED, OPTIONS, Option
from neurosim.study.run_plan import seed_list

_Name = Annotated[str, Field(min_length=1)]
_KINDS: Mapping[str, Any] = MappingProxyType(
    {
        "names": Annotated[list[_Name], Field(min_length=1)],
        "name": _Name,
        "count": Annotated[int, Field(ge=1)],
        "seeds": Annotated[list[int], BeforeValidator(seed_list)],
        "flag": bool,
    }
)


def _field(name: str, option: Option) -> Any:
    """Type and default of an option, as pydantic takes them."""
    kind = _KINDS[option.kind]
    if option.default is NEEDED:
        return kind, Field(alias=name)
    return (kind | None if option.default is None else kind), Field(option.default, alias=name, validate_default=True)


if TYPE_CHECKING:
    StudyTable: TypeAlias = Any
else:  # the table [study]; "json" is a method of pydantic's models
    StudyTable = create_model(
        "StudyTable",
        __config__=STRICT,
        **{f"{name}_path" if name == "json" else name: _field(name, option) for name, option in OPTIONS.items()},
    )


class StudyConfig(BaseModel):
    """A study as a TOML file: [study], [settings] of every run, [tune] with candidate values per setting."""

    model_config = STRICT

    study: StudyTable
    settings: dict[str, Any] = {}
    tune: dict[str, list[Any]] = {}

    def override(
        self, study: Mapping[str, Any], settings: Mapping[str, Any], tune: Mapping[str, Any] | None = None
    ) -> StudyConfig:
        """This configuration with some entries replaced, checked again."""
        tables = self.model_dump(by_alias=True, exclude_none=True)
        replaced = {"study": tables["study"] | dict(study), "settings": self.settings | dict(settings)}
        return study_config(tables | replaced | {"tune": self.tune | dict(tune or {})})

    def arguments(self) -> dict[str, Any]:
        """The arguments of `compare`: all but the places of the report and of JSON."""
        table: dict[str, Any] = self.study.model_dump(exclude={"report", "json_path"})
        return table | {"settings": self.settings, "tune": self.tune}

    def to_toml(self) -> str:
        """The resolved configuration as TOML; `load_config` of it gives an equal one."""
        return to_toml(self.model_dump(by_alias=True, exclude_none=True))


def study_config(tables: Mapping[str, Any], where: str = "") -> StudyConfig:
    """The checked study of ``tables`` (study, settings, tune); ``where`` (a file) is put before each error."""
    config = validated(StudyConfig, tables, where, dot=": " if where else "")
    prefix = f"{where}: " if where else ""
    check_backend_name(f"{prefix}study.backend", config.study.backend)
    anything = Settings(epochs=1, rate=1.0)
    anything.override(config.settings, f"{prefix}settings")
    for key, candidates in config.tune.items():
        for value in candidates:
            anything.override({key: value}, f"{prefix}tune")
        if not candidates:
            raise InputError(f"{prefix}tune.{key}: expected at least one candidate value, got an empty list")
    return config


def load_config(path: str | Path) -> StudyConfig:
    """The study that the TOML file at ``path`` describes.

    Raises:
        InputError: no such file, broken TOML (with the line), an unknown key, or a value of the wrong kind.
    """
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else one_line(error)
        raise InputError(f"{path}: expected a readable TOML file, got: {reason}") from error
    return study_config(tables, str(path))
