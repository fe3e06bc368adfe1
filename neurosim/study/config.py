"""A study as a TOML file: its tables, checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from neurosim.core.arrays import check_backend_name
from neurosim.core.errors import InputError, one_line
from neurosim.core.toml import to_toml
from neurosim.core.validation import STRICT, validated
from neurosim.learning.settings import Settings

_SEED_LIMIT = 2**64  # a seed is a Philox key of 64 bits


def _seed_list(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 1:
            raise ValueError("expected a number of seeds >= 1 or a list of seeds")
        return list(range(value))
    if not isinstance(value, list | tuple) or not value or len(set(map(repr, value))) < len(value):
        raise ValueError("expected a number of seeds >= 1 or a list of different seeds")
    return list(value)


Name = Annotated[str, Field(min_length=1)]
Seeds = Annotated[list[Annotated[int, Field(ge=0, lt=_SEED_LIMIT)]], BeforeValidator(_seed_list)]


class StudyTable(BaseModel):
    """The table [study]: what is compared on what, and where the results go. ``seeds = N`` means 0 .. N-1."""

    model_config = STRICT

    rules: Annotated[list[Name], Field(min_length=1)]
    network: Name = "mlp"
    data: Name = "digits"
    data_path: Name | None = None
    limit: Annotated[int, Field(ge=1)] | None = None
    epochs: Annotated[int, Field(ge=1)] | None = None
    seeds: Seeds = [0, 1, 2]  # pydantic copies it
    backend: Name = "auto"
    log: Name | None = None
    report: Name | None = None
    json_path: Annotated[Name | None, Field(alias="json")] = None
    overwrite: bool = False
    resume: bool = False


class StudyConfig(BaseModel):
    """A study as a TOML file: [study], [settings] for every cell, [tune] with candidate values per setting."""

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

    def to_toml(self) -> str:
        """The resolved configuration as TOML; `load_config` of it gives an equal one."""
        return to_toml(self.model_dump(by_alias=True, exclude_none=True))


def study_config(tables: Mapping[str, Any], where: str = "") -> StudyConfig:
    """The checked study of ``tables`` (study, settings, tune); ``where`` (a file) is put before each complaint."""
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
