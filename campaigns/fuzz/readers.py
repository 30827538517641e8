"""Readers under trial: a valid specimen of each format, and the public function that reads it."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["READERS", "Reader", "make_specimens"]

_SCENARIO = """
name = "fuzz"
seed = 3
[data]
kind = "archive"
file = "{archive}"
name = "bars"
[network]
kind = "layers"
layers = [
  {{ kind = "transduction", features = 4 }},
  {{ kind = "conv2d", features = 24, kernel = 4, stride = 4 }},
  {{ kind = "readout" }},
]
[train]
epochs = 1
batch = 16
validation = 0.0
[simulate]
timing = "compiled"
frames = 4
"""


@dataclass(frozen=True)
class Reader:
    """One reader.

    Attributes
    ----------
    file
        The specimen that is mutated, below the folder of specimens.
    read
        Reads the mutated file, given the case's folder, in which the file has its usual place.
    text
        Whether the file is a text.
    around
        Other files and folders of the specimens that the reader needs beside it.
    """

    file: str
    read: Callable[[Path], object]
    text: bool = False
    around: tuple[str, ...] = ()


def make_specimens(folder: Path) -> None:
    """Make a small valid file of every format; a finished run is made by simulating one."""
    import neurosyn as ns

    folder.mkdir(parents=True, exist_ok=True)
    _write_archive(folder / "bars.npz")
    scenario = folder / "fuzz.toml"
    scenario.write_text(_SCENARIO.format(archive=folder / "bars.npz"), encoding="utf-8")
    ns.simulate(scenario, out=folder / "run")
    for name in ("program.npz", "placement.npz", "model.safetensors"):
        shutil.copy(folder / "run" / name, folder / name)
    _checkpoint(folder, write=True)
    (folder / "ranc.json").write_text(json.dumps(_ranc()), encoding="utf-8")
    (folder / "cpe.json").write_text(_cpe(), encoding="utf-8")
    (folder / "spikes.sfti").write_text(_SFTI, encoding="utf-8")
    (folder / "spikes.raw").write_bytes(_RAW)
    (folder / "spikes.sfcp").write_bytes(_PINS)
    _write_cifar(folder / "cifar" / "cifar-10-binary.tar.gz")
    _write_mat(folder / "svhn" / "test_32x32.mat")
    for label in ("a", "b"):
        for number, kind in enumerate(("png", "jpg")):
            path = folder / "pictures" / label / f"{number}.{kind}"
            path.parent.mkdir(parents=True, exist_ok=True)
            _picture(number).save(path)


def _picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (12, 12, 3), dtype=np.uint8))


def _write_archive(path: Path) -> None:
    arrays: dict[str, Any] = {}
    for split, count in (("train", 24), ("test", 6)):
        items = []
        for number in range(count):
            stream = io.BytesIO()
            _picture(number).save(stream, "PNG")
            items.append(stream.getvalue())
        arrays[f"{split}_bytes"] = np.frombuffer(b"".join(items), np.uint8)
        arrays[f"{split}_offsets"] = np.cumsum([0, *map(len, items)])
        arrays[f"{split}_labels"] = np.arange(count, dtype=np.uint8) % 3
    np.savez(path, **arrays)


def _write_cifar(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name in [*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"]:
            content = bytes([1]) + bytes(3072) + bytes([9]) + bytes(range(256)) * 12
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def _write_mat(path: Path) -> None:
    from scipy.io import savemat

    path.parent.mkdir(parents=True, exist_ok=True)
    images = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 3), dtype=np.uint8)
    savemat(path, {"X": images, "y": np.array([[1], [10], [3]], np.uint8)}, do_compression=True)


def _ranc() -> dict[str, Any]:
    neuron = {
        "reset_potential": 0, "weights": [1, -1, 0, 0], "leak": 0, "positive_threshold": 1, "negative_threshold": 0,
        "destination_core_offset": [1, 0], "destination_axon": 0, "destination_tick": 0, "current_potential": 0,
        "reset_mode": 0,
    }  # fmt: skip
    core = {"axons": [0, 1, 0], "neurons": [neuron, neuron], "connections": [[1, 0], [0, 1], [1, 1]]}
    return {
        "packets": [[{"destination_core": [0, 0], "destination_axon": 0, "destination_tick": 0}]],
        "cores": [{**core, "coordinates": [0, 0]}, {**core, "coordinates": [1, 0]}],
        "output_bus": {"coordinates": [2, 0], "num_outputs": 2},
    }


def _cpe() -> str:
    path = Path(__file__).parents[2] / "tests" / "formats" / "data" / "two_cores.json"
    return path.read_text(encoding="utf-8")


_SFTI = (
    '{"class":"SpikeWriter","encoding":"TEXT","nscsVersion":"1.4.0"}\n'
    '{"version":"sfti1.0","defaultDestinationDelay":1}\n'
    '{"spike":{"srcTime":0,"destCore":3,"destAxon":2}}\n{"spike":{"srcTime":4,"destCore":7,"destAxon":1}}\n'
)
_RAW = b'{"class":"SpikeWriter","encoding":"RAWI3","nscsVersion":"1.4.0","defaultDestinationDelay":1}\xff' + b"".join(
    number.to_bytes(4, "big") for number in (0, 3, 2, 5, 7, 1)
)
_PINS = (
    b'{"class":"SpikeWriter","encoding":"CONNPIN","nscsVersion":"1.4.0"}\n'
    b'{ "defaultDestinationDelay" : 1,\n "connectors" : [ { "ID" : 0, "csize" : 3, "bpp" : 8 } ] }\xff'
    b"\xfe\xfc\xfe\xfc" + bytes(12) + b"\0\0\0\2\0\1\1\1" + b"\xfe\xfc\xfe\xfc" + b"\xff" * 4 + bytes(8)
)  # fmt: skip


def _program(name: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        from neurosyn.formats.open_program import open_program

        return open_program(folder / name)

    return read


def _spikes(name: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        from neurosyn.formats.open_program import open_program
        from neurosyn.formats.spikes.files import read_outputs, read_spikes

        read = read_outputs if name.endswith(".sfcp") else read_spikes
        return read(folder / name, open_program(folder / "cpe.json").program)

    return read


def _placement(folder: Path) -> object:
    from neurosyn.formats.placement_file import load_placement

    return load_placement(folder / "placement.npz")


def _model(folder: Path) -> object:
    from neurosyn.model.model_file import load_model

    return load_model(folder / "model.safetensors")


def _checkpoint(folder: Path, *, write: bool = False) -> object:
    from neurosyn_plugins.trainers.checkpoint import Checkpoint, Progress

    checkpoint = Checkpoint(folder, "specimen")
    arrays = {name: np.ones(shape, np.float32) for name, shape in (("hidden", 400), ("moments", (2, 400)))}
    if write:
        history = [{"epoch": number, "loss": 0.5, "accuracy": 0.75} for number in (1, 2)]
        checkpoint.save(arrays, Progress(2, 7, 3.5, 5.25, history))
        return None
    progress = checkpoint.load(arrays, 4, 10)
    if progress is not None and not (0 <= progress.epoch <= 4 and all(np.isfinite(a).all() for a in arrays.values())):
        raise AssertionError(f"a training would go on from {progress}")
    return progress


def _scenario(folder: Path) -> object:
    from neurosyn.scenario.scenario import load_scenario

    return load_scenario(folder / "fuzz.toml")


def _trace(folder: Path) -> object:
    from neurosyn.trace.reader import Trace

    trace = Trace(folder / "run" / "trace")
    return [
        trace.head(name, 5) for name in ("ticks", "cores", "links", "energy", "spikes", "packets") if trace.has(name)
    ]


def _compare(folder: Path) -> object:
    import neurosyn as ns

    return ns.compare([folder / "run"]).to_dict()


def _analyse(folder: Path) -> object:
    from neurosyn.analysis.catalogue import ANALYSES, analyse_run

    number = sum((folder / "run" / "summary.json").read_bytes()[:200]) % len(ANALYSES)
    return analyse_run(list(ANALYSES)[number], folder / "run").to_dict()


def _report(folder: Path) -> object:
    import neurosyn as ns

    return ns.open_run(folder / "run").report


def _dataset(kind: str, folder_of: str, **options: Any) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        from neurosyn.plugins import DataContext
        from neurosyn.registry import registry

        cls: Any = registry.get("datasets", kind)
        context = DataContext(folder / folder_of, folder / "cache")
        split = cls(**options).load("test", context)
        if len(split.labels) != len(split.images):
            raise AssertionError(f"{len(split.labels)} labels for {len(split.images)} images")
        return split

    return read


READERS: dict[str, Reader] = {
    "cpe": Reader("cpe.json", _program("cpe.json"), text=True),
    "ranc": Reader("ranc.json", _program("ranc.json"), text=True),
    "program": Reader("program.npz", _program("program.npz")),
    "placement": Reader("placement.npz", _placement),
    "model": Reader("model.safetensors", _model),
    "checkpoint": Reader("checkpoint-specimen.safetensors", _checkpoint),
    "scenario": Reader("fuzz.toml", _scenario, text=True, around=("bars.npz",)),
    "spikes text": Reader("spikes.sfti", _spikes("spikes.sfti"), text=True, around=("cpe.json",)),
    "spikes raw": Reader("spikes.raw", _spikes("spikes.raw"), around=("cpe.json",)),
    "spikes pins": Reader("spikes.sfcp", _spikes("spikes.sfcp"), around=("cpe.json",)),
    "trace manifest": Reader("run/trace/trace.json", _trace, text=True, around=("run",)),
    "trace table": Reader("run/trace/ticks.parquet", _trace, around=("run",)),
    "summary, compared": Reader("run/summary.json", _compare, text=True, around=("run",)),
    "summary, analysed": Reader("run/summary.json", _analyse, text=True, around=("run",)),
    "summary, reported": Reader("run/summary.json", _report, text=True, around=("run",)),
    "outputs, reported": Reader("run/outputs.npz", _report, around=("run",)),
    "image archive": Reader("bars.npz", _dataset("archive", ".", file="bars.npz", name="bars")),
    "image folder": Reader("pictures/a/0.png", _dataset("folder", ".", folder="pictures"), around=("pictures",)),
    "image folder, JPEG": Reader("pictures/b/1.jpg", _dataset("folder", ".", folder="pictures"), around=("pictures",)),
    "cifar archive": Reader("cifar/cifar-10-binary.tar.gz", _dataset("cifar10", "cifar")),
    "svhn file": Reader("svhn/test_32x32.mat", _dataset("svhn", "svhn")),
}
"""By name; slow ones last would starve, so cases are dealt to all readers in turn."""


@contextmanager
def case_folder(specimens: Path, folder: Path, reader: Reader, content: bytes) -> Iterator[Path]:
    """Lay out a case: the mutated file, and links to what stands beside it."""
    folder.mkdir(parents=True)
    try:
        for name in reader.around:
            source = specimens / name
            if source.is_dir():
                shutil.copytree(source, folder / name, symlinks=True, copy_function=_link)
            else:
                _link(source, folder / name)
        target = folder / reader.file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_bytes(content)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _link(source: Any, target: Any) -> None:
    Path(target).hardlink_to(source)
