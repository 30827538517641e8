"""The base of everything that a scenario can configure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Options"]


class Options(BaseModel):
    """Validated, immutable options: unknown keys are refused and nothing is silently converted.

    A plugin class derives from this (through its contract); its fields are the keys that its table in the scenario
    may have beside ``kind``, each with a description that the help and the schema show.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
