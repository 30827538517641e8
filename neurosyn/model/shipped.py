"""Trained models that ship with neurosyn: packed trinary weights and integer leaks."""

from __future__ import annotations

from pathlib import Path

from neurosyn.errors import DataError, did_you_mean

__all__ = ["model_path", "shipped_model", "shipped_models"]


def shipped_models() -> dict[str, Path]:
    """Return the files of all shipped models by name."""
    return {path.stem: path for path in sorted(Path(__file__).with_name("shipped").glob("*.safetensors"))}


def shipped_model(name: str) -> Path:
    """Return the file of a shipped model.

    Raises
    ------
    DataError
        If none has this name; the message lists what there is.
    """
    models = shipped_models()
    if name not in models:
        there_are = ", ".join(models) or "none"
        raise DataError(f"model shipped:{name}: does not exist{did_you_mean(name, models)} (there are: {there_are})")
    return models[name]


def model_path(name: str) -> Path:
    """Return the path of a model file, which may not exist, or of a shipped model by ``shipped:NAME``.

    Raises
    ------
    DataError
        If no shipped model has this name; the message lists what there is.
    """
    scheme, colon, own_name = name.partition(":")
    return shipped_model(own_name) if colon and scheme == "shipped" else Path(name)
