"""Translate pydantic errors into our one-line form, ``owner.field: expected ..., got ...``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from neurosim.core.errors import InputError, one_of

ModelT = TypeVar("ModelT", bound=BaseModel)
STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
"""How every model of ours is checked: no unknown key, no conversion of types, no NaN."""

OTHER_NAMES = MappingProxyType(
    {
        "lr": "rate",
        "learning_rate": "rate",
        "optimizer": "optimiser",
        "batch_size": "batch",
        "weight_decay": "l2",
    }
)
"""What other programs call our settings."""


def validated(model: type[ModelT], values: Mapping[str, Any], owner: str, dot: str = ".") -> ModelT:
    """``values`` as a ``model``; its first error as an InputError that names ``owner`` and the field."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        complaints = error.errors(include_url=False)
        unknown = [item for item in complaints if item["type"] == "extra_forbidden"]  # often the cause of the others
        raise _complaint(model, (unknown or complaints)[0], owner + dot) from error


def _complaint(model: type[BaseModel], first: ErrorDetails, prefix: str) -> InputError:
    where = prefix + ".".join(str(part) for part in first["loc"])
    kind, limits = first["type"], first.get("ctx", {})
    if kind == "extra_forbidden":
        for part in first["loc"][:-1]:
            model = cast(type[BaseModel], model.model_fields[str(part)].annotation)
        names = [field.alias or name for name, field in model.model_fields.items()]
        owner = (prefix + ".".join(str(part) for part in first["loc"][:-1])).rstrip(".: ")
        got = str(first["loc"][-1])
        meant = OTHER_NAMES.get(got.lower())
        return one_of(owner or "config", got, names, meant if meant in names else None)
    if kind == "missing":
        return InputError(f"{where}: expected a value, got none")
    template = {
        "greater_than": "a number > {gt:g}",
        "greater_than_equal": "a number >= {ge:g}",
        "less_than": "a number < {lt:g}",
        "int_type": "a whole number",
        "float_type": "a number",
        "finite_number": "a finite number",
        "bool_type": "true or false",
        "string_type": "text",
        "string_too_short": "text that is not empty",
        "list_type": "a list",
        "too_short": "a list that is not empty",
        "dict_type": "a table",
        "model_type": "a table",
        "literal_error": "{expected}",
    }.get(kind)
    expected = template.format(**limits) if template else first["msg"].removeprefix("Value error, expected ")
    return InputError(f"{where}: expected {expected}, got {first['input']!r}")
