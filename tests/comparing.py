"""Comparison of results: dataclasses with arrays in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any

import numpy as np


def assert_equal(one: Any, other: Any, *, apart: Collection[str] = ()) -> None:
    """Check that two dataclasses are equal, with arrays of equal dtypes; fields named in `apart` may differ."""
    assert type(one) is type(other)
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            if field.name not in apart:
                assert_equal(getattr(one, field.name), getattr(other, field.name), apart=apart)
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other
