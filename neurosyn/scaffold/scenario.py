"""Generator of scenarios: data, network, trainer and a smoke profile, checked before the file is written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from neurosyn.errors import ScenarioError
from neurosyn.scenario.document import read_document
from neurosyn.scenario.scenario import load_scenario
from neurosyn.support.files import atomic_path

__all__ = ["DATA", "write_scenario"]

_STAND_INS = {
    "cifar10": "synth_objects",
    "gtsrb": "synth_signs",
    "logo32": "synth_logos",
    "svhn": "synth_digits",
    "timit": "synth_phones",
    "vad": "synth_vad",
}
"""Stand-ins of the data sets whose files may be absent."""
_MODELS = {("svhn", "eedn_one_chip"): "shipped:svhn_synth_digits"}
_TRAINING: dict[str, Any] = {"epochs": 4, "rate": 0.3, "decay_at": [0.4, 0.7, 0.9], "validation": 0.02}
"""Training options of the shipped scenarios."""
_STEPS, _BATCH = 300, 64
"""Steps that a training takes at least to learn, and the trainer's images a step."""
DATA = "cifar10"
"""Data set of a scenario for which none is named; its stand-in needs no extra."""


def write_scenario(
    path: Path,
    *,
    data: str = DATA,
    pictures: Path | None = None,
    network: str = "eedn_tiny",
    encoder: str | None = None,
    model: str | None = None,
    changes: Mapping[str, Any] | None = None,
    title: str = "",
    seed: int = 1,
    replace: bool = False,
) -> Path:
    """Write a scenario that passes ``neurosyn scenario check``.

    Parameters
    ----------
    path
        The file to write, a ``.toml``; its stem names the runs.
    data
        Kind of the data set. If its files may be absent, the scenario names the shipped stand-in.
    pictures
        A folder of images, with one folder for each class, in place of `data`.
    network
        Kind of the topology.
    encoder
        Kind of the encoder; None for the default.
    model
        A trained model, in place of training.
    changes
        Values of other options, by dotted key.
    title, seed
        Title of the scenario; seed of everything random.
    replace
        Whether an existing file may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ScenarioError
        If the file exists or cannot be made, or the scenario would be invalid; nothing is written then.
    """
    if path.suffix != ".toml":
        raise ScenarioError(f"{path}: a scenario is a .toml file; write e.g. {path.name or 'my'}.toml")
    if path.exists() and not replace:
        raise ScenarioError(f"{path}: exists already; choose another name, or --force")
    if not path.parent.is_dir():
        raise ScenarioError(f"{path}: there is no folder {path.parent}; make it first")
    document = _document(path, data, pictures, network, encoder, model, title, seed)
    _merge(document, read_document({}, changes=changes).values)
    text = tomlkit.dumps(document)
    # Beside the final file: paths in a scenario are relative to its folder.
    with atomic_path(path) as trial:
        trial.write_text(text, encoding="utf-8")
        try:
            load_scenario(trial)
            load_scenario(trial, profile="smoke")
        except ScenarioError as error:
            raise ScenarioError(str(error).replace(str(trial), str(path))) from error
    return path


def _document(
    path: Path,
    data: str,
    pictures: Path | None,
    network: str,
    encoder: str | None,
    model: str | None,
    title: str,
    seed: int,
) -> tomlkit.TOMLDocument:
    document = tomlkit.document()
    document.add(tomlkit.comment("Check it: neurosyn scenario check. Try it: neurosyn simulate --profile smoke."))
    document["name"], document["title"], document["seed"] = (
        path.stem,
        title or f"{network} on {_data_title(data, pictures)}",
        seed,
    )
    document["data"] = _data(path, data, pictures)
    if encoder is not None:
        document["encoder"] = {"kind": encoder}
    document["network"] = {"kind": network}
    document["train"] = train = tomlkit.table()
    train["kind"] = "eedn"
    if model is not None:
        train["model"] = model
    else:
        train.update(_TRAINING)
        if pictures is not None:
            train["epochs"] = _epochs(pictures)
        if shipped := _MODELS.get((data, network)) if pictures is None else None:
            train["stand_in"] = {"model": shipped}
    document["simulate"] = {"frames": 1000}
    profiles = tomlkit.table(is_super_table=True)
    profiles["smoke"] = smoke = tomlkit.table(is_super_table=True)
    smoke["simulate"] = {"frames": 50}
    if "stand_in" in document["data"]:
        smoke["data"] = {"stand_in": {"train_size": _STEPS * _BATCH // 4}}
    if model is None and pictures is None:
        smoke["train"] = {"images": _STEPS * _BATCH // 4}
    document["profiles"] = profiles
    return document


def _epochs(pictures: Path) -> int:
    """Return as many passes over the pictures as a training takes to learn."""
    steps = max(1, sum(path.is_file() for path in pictures.rglob("*")) // _BATCH)
    return max(int(_TRAINING["epochs"]), -(-_STEPS // steps))


def _data_title(data: str, pictures: Path | None) -> str:
    return data if pictures is None else pictures.resolve().name


def _data(path: Path, data: str, pictures: Path | None) -> dict[str, Any]:
    if pictures is not None:
        if not pictures.is_dir():
            raise ScenarioError(f"{pictures}: is no folder; name one that has a folder of pictures for each class")
        relative = os.path.relpath(pictures.resolve(), path.parent.resolve())
        return {"kind": "folder", "folder": relative if relative.startswith("../") else f"./{relative}"}
    table: dict[str, Any] = {"kind": data}
    if data in _STAND_INS:
        table["stand_in"] = {"kind": _STAND_INS[data]}
    return table


def _merge(into: Any, values: dict[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
