"""Export of a trained network to NIR, with samples and the outputs that another framework must give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np

from neurosyn.errors import ScenarioError
from neurosyn.formats.nir.writer import write_nir
from neurosyn.importing.trained_layers import export_layers
from neurosyn.model.inference import infer
from neurosyn.model.model_file import load_model
from neurosyn.run.inputs import RunInputs
from neurosyn.scenario.scenario import load_scenario
from neurosyn.support.files import write_npz
from neurosyn.version import __version__

__all__ = ["export_network"]


def export_network(
    source: Path,
    target: Path,
    *,
    neurons: Literal["lif", "threshold"] = "lif",
    inputs: Path | None = None,
    expected: Path | None = None,
    frames: int = 100,
) -> dict[str, Any]:
    """Write the layers of a trained network that run on the chip as a NIR file.

    Parameters
    ----------
    source
        A run folder, or a model file.
    target
        The NIR file.
    neurons
        Type of the nodes (`export_layers`).
    inputs, expected
        Files for the chip's input spikes of test frames, and for the output counts of the trained network; only of a
        run.
    frames
        Number of these frames.

    Returns
    -------
    dict
        Plain values: ``file``, ``nodes``, ``notes``, ``frames``.

    Raises
    ------
    ScenarioError
        If samples are wanted of what is no run folder.
    ChipLimitError
        If a layer cannot be written.
    """
    is_run = source.is_dir()
    if (inputs is not None or expected is not None) and not is_run:
        raise ScenarioError(f"{source}: is no run folder, which has the frames; leave out --inputs and --expected")
    model = load_model(source / "model.safetensors" if is_run else source)
    exported = export_layers(model, neurons)
    readout = model.network.readout[exported.output_order]
    metadata = {
        "writer": f"neurosyn {__version__}",
        "notes": " ".join(exported.notes),
        "output_class": readout.astype(np.int64),
        "classes": json.dumps(model.provenance.get("classes", [])),
    }
    write_nir(target, exported.graph, metadata)
    count = 0
    if inputs is not None or expected is not None:
        run = RunInputs(load_scenario(source / "scenario.toml", changes={"simulate.frames": frames}))
        spikes = run.input_spikes(model)
        steps, labels = model.network.ticks_per_frame, run.frames.split.labels
        count = len(labels)
        if inputs is not None:
            shape = model.network.chip_inputs
            maps = spikes.reshape(count, steps, *shape).transpose(1, 0, 4, 2, 3).reshape(steps, count, -1)
            packed = {"spikes": np.packbits(maps, axis=2), "shape": np.array(maps.shape)}
            write_npz(inputs, {**packed, "labels": labels.astype(np.int64)})
        if expected is not None:
            outputs = infer(model, spikes)[:, exported.output_order]
            counts = outputs.reshape(count, steps, -1).sum(axis=1, dtype=np.int64)
            write_npz(expected, {"counts": counts, "labels": labels.astype(np.int64)})
    kinds = [{"name": name, "type": node.kind} for name, node in exported.graph.nodes.items()]
    return {"file": str(target), "nodes": kinds, "notes": list(exported.notes), "frames": count}
