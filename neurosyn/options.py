"""The base of everything that a scenario can configure."""

from __future__ import annotations

import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

__all__ = ["Options"]


class Options(BaseModel):
    """Validated, immutable options: unknown keys are refused and nothing is silently converted.

    A plugin class derives from this (through its contract); its fields are the keys that its table in the scenario
    may have beside ``kind``, each with a description that the help and the schema show.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Self:
        """Validate a TOML table; its arrays may become tuples, nothing else is converted.

        Raises
        ------
        pydantic.ValidationError
            With every mistake in the table.
        """
        return cls.model_validate_json(json.dumps(table, default=str))
