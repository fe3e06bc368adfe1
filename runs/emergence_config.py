"""The protocols of runs/stdp_emergence.py: what runs/configs/stdp_emergence.toml holds, checked."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from neurosim.core.validation import STRICT, validated

PROTOCOLS = Path(__file__).parent / "configs" / "stdp_emergence.toml"
Count = Annotated[int, Field(ge=1)]
Time = Annotated[float, Field(gt=0)]  # ms


class Pairs(BaseModel):
    """Time constants of the three rules, and the spacing of lags."""

    model_config = STRICT

    tau_p: Time
    tau_m: Time
    tau_f: Time
    tau_s: Time
    spacing: Time


class Ramps(BaseModel):
    """How many trials, the rate in Hz at lag 0, the longest lag and the width of a bin in ms."""

    model_config = STRICT

    trials: Count
    rate: Annotated[float, Field(gt=0)]
    reach: Count
    bin: Count


class Trained(BaseModel):
    """How a network is trained, what of it is observed, and how its changes are regressed on the lags of its spikes."""

    model_config = STRICT

    epochs: Count
    samples: Count
    trials: Count
    inputs: Count
    bin: Count
    ahead: Count
    ridge: Annotated[float, Field(gt=0)]
    shuffles: Count
    seed: Annotated[int, Field(ge=0)]


class Protocols(BaseModel):
    """All three."""

    model_config = STRICT

    pairs: Pairs
    ramps: Ramps
    trained: Trained


def load_protocols(path: Path = PROTOCOLS) -> Protocols:
    """The protocols that the TOML file at ``path`` describes.

    Raises:
        InputError: an unknown key, a missing one, or a value of the wrong kind.
    """
    return validated(Protocols, tomllib.loads(path.read_text(encoding="utf-8")), str(path), dot=": ")
