"""How a network is trained: budget, optimiser, schedule, regularisation, validation split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from neurosim.core.validation import STRICT, validated
from neurosim.layers.meter import Way


def _none_from_text(value: object) -> object:
    """TOML has no null: the word "none" switches an optional setting off."""
    return None if value == "none" else value


Off = BeforeValidator(_none_from_text)


_Positive = Annotated[float, Field(gt=0)]


class Settings(BaseModel):
    """How a run is trained: budget, optimiser, schedule, regularisation and the validation split.

    >>> Settings(epochs=10, rate=0.1).schedule
    'cosine'
    """

    model_config = STRICT

    epochs: Annotated[int, Field(ge=1)]
    rate: Annotated[float, Field(gt=0, description="learning rate at the top of the schedule")]
    batch: Annotated[int, Field(ge=1)] = 100
    schedule: Literal["constant", "cosine", "step"] = "cosine"
    warmup: Annotated[float, Field(ge=0, lt=1, description="fraction of the steps in which the rate rises")] = 0.0
    optimiser: Literal["sgd", "nesterov", "adam", "adamw"] = "sgd"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    clip_norm: Annotated[_Positive | None, Off, Field(description="of the whole direction")] = None
    l2: Annotated[float, Field(ge=0, description="times weights, added to the direction")] = 0.0
    decay: Annotated[
        float, Field(ge=0, lt=1, description="of weights, per step, apart from the direction; in adamw times the rate")
    ] = 0.0
    max_norm: Annotated[_Positive | None, Off, Field(description="of the weights into one unit")] = None
    early_stopping: Annotated[
        Annotated[int, Field(ge=1)] | None, Off, Field(description="patience in epochs; a choice, so it costs a split")
    ] = None
    validation: Annotated[float, Field(gt=0, lt=1, description="fraction held out where a choice is made")] = 1 / 6
    standardise: Annotated[bool, Field(description="inputs less the mean of all, over their deviation")] = False
    products: Annotated[Way, Field(description="all factors, non-zeros alone, or what is faster")] = "dense"
    precision: Literal["float32", "float64"] = "float32"

    def override(self, values: Mapping[str, Any], owner: str = "settings") -> Settings:
        """These settings with some replaced; InputError names ``owner`` and the field.

        >>> Settings(epochs=10, rate=0.1).override({"rate": 0.0})
        Traceback (most recent call last):
        neurosim.core.errors.InputError: settings.rate: expected a number > 0, got 0.0
        """
        return validated(Settings, self.model_dump() | dict(values), owner)
