"""Readers under trial: a valid specimen of each format, and the public function that reads it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from neurosyn_plugins.datasets.official.vad import NOIZEUS_FILE

from campaigns.fuzz.specimens import CHECKPOINT, checkpoint_arrays
from neurosyn.errors import NeurosynError

__all__ = ["READERS", "Reader", "case_folder"]


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
    needs
        An optional package, without which the reader is left out; "" if there is none.
    slow
        Whether a case takes some tenths of a second: it then comes up less often.
    """

    file: str
    read: Callable[[Path], object]
    text: bool = False
    around: tuple[str, ...] = ()
    needs: str = ""
    slow: bool = False


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


def _checkpoint(folder: Path) -> object:
    from neurosyn_plugins.trainers.checkpoint import Checkpoint

    arrays = checkpoint_arrays()
    progress = Checkpoint(folder, "specimen").load(arrays, 4, 10)
    if progress is not None and not (0 <= progress.epoch <= 4 and all(np.isfinite(a).all() for a in arrays.values())):
        raise AssertionError(f"a training would go on from {progress}")
    return progress


def _set(folder: Path) -> object:
    """Read each line of a file as a value of ``--set``."""
    from neurosyn.scenario.changes import parse_assignments
    from neurosyn.scenario.scenario import load_scenario

    def read(argument: str) -> object:
        return load_scenario(folder / "fuzz.toml", changes=parse_assignments([argument]))

    return _each(read, _arguments(folder / "set.txt"))


def _over(folder: Path) -> object:
    """Read each line of a file as a value of ``--over``; the runs of the sweep are checked, none is run."""
    from neurosyn.run.sweep import Sweep
    from neurosyn.scenario.changes import parse_ranges

    def read(argument: str) -> object:
        return Sweep(folder / "fuzz.toml", parse_ranges([argument]), out=folder / "sweep").points

    return _each(read, _arguments(folder / "over.txt"))


def _each(read: Callable[[str], object], arguments: list[str]) -> object:
    """Read all arguments; of the errors, raise the one with the lowest exit code: 1 is a mistake of neurosyn."""
    outcomes, errors = [], []
    for argument in arguments[:40]:
        try:
            outcomes.append(read(argument))
        except NeurosynError as error:
            errors.append(error)
    if errors:
        raise min(errors, key=lambda error: error.exit_code)
    return outcomes


def _arguments(path: Path) -> list[str]:
    # As Python reads a command line: bytes that are no text become surrogates; a NUL cannot be passed.
    return path.read_bytes().replace(b"\0", b"").decode("utf-8", "surrogateescape").splitlines()


def _record(folder: Path) -> object:
    """Resume a finished run whose record of stages is damaged: it ends with the same results."""
    import neurosyn as ns

    ns.simulate(folder / "fuzz.toml", out=folder / "run")
    for name in ("model.safetensors", "program.npz", "placement.npz", "outputs.npz"):
        if (folder / "run" / name).read_bytes() != (folder / "undisturbed" / name).read_bytes():
            raise AssertionError(f"{name} differs from that of an undisturbed run")
    return None


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

    path = folder / "run" / "summary.json"
    number = 0
    if path.is_file():
        with path.open("rb") as stream:
            number = sum(stream.read(200)) % len(ANALYSES)
    return analyse_run(list(ANALYSES)[number], folder / "run").to_dict()


def _report(folder: Path) -> object:
    import neurosyn as ns

    return ns.open_run(folder / "run").report


def _dataset(kind: str, folder_of: str, *, split: str = "test", **options: Any) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        from neurosyn.plugins import DataContext
        from neurosyn.registry import registry

        cls: Any = registry.get("datasets", kind)
        context = DataContext(folder / folder_of, folder / "cache")
        loaded = cls(**options).load(split, context)
        if len(loaded.labels) != len(loaded.images):
            raise AssertionError(f"{len(loaded.labels)} labels for {len(loaded.images)} images")
        return loaded

    return read


def _sounds(folder: Path) -> object:
    from neurosyn_plugins.datasets.readers.sound_archive import decode_item, read_sounds

    archive = read_sounds(folder / "sounds" / NOIZEUS_FILE)
    return [decode_item(archive, name) for name in archive.names]


def _network(folder: Path) -> object:
    from neurosyn.formats.nir.reader import read_nir
    from neurosyn.importing.mapping import map_graph
    from neurosyn.importing.options import ImportOptions

    return map_graph(read_nir(folder / "net.nir"), ImportOptions(), "net.nir")


def _samples(name: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        from neurosyn.importing.samples import read_samples

        return read_samples(folder / name, 8)

    return read


_ALL: dict[str, Reader] = {
    "cpe": Reader("cpe.json", _program("cpe.json"), text=True),
    "ranc": Reader("ranc.json", _program("ranc.json"), text=True),
    "program": Reader("program.npz", _program("program.npz")),
    "placement": Reader("placement.npz", _placement),
    "model": Reader("model.safetensors", _model),
    "checkpoint": Reader(CHECKPOINT, _checkpoint),
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
    "stages, resumed": Reader(
        "run/stages.json", _record, text=True, around=("run", "undisturbed", "fuzz.toml", "bars.npz"), slow=True
    ),
    "values of --set": Reader("set.txt", _set, text=True, around=("fuzz.toml", "bars.npz")),
    "values of --over": Reader("over.txt", _over, text=True, around=("fuzz.toml", "bars.npz")),
    "image archive": Reader("bars.npz", _dataset("archive", ".", file="bars.npz", name="bars")),
    "image folder": Reader("pictures/a/0.png", _dataset("folder", ".", folder="pictures"), around=("pictures",)),
    "image folder, JPEG": Reader("pictures/b/1.jpg", _dataset("folder", ".", folder="pictures"), around=("pictures",)),
    "cifar archive": Reader("cifar/cifar-10-binary.tar.gz", _dataset("cifar10", "cifar")),
    "svhn file": Reader("svhn/test_32x32.mat", _dataset("svhn", "svhn")),
    "gtsrb table": Reader("gtsrb/GTSRB_Final_Test_GT.zip", _dataset("gtsrb", "gtsrb"), around=("gtsrb",)),
    "gtsrb photographs": Reader(
        "gtsrb/GTSRB_Final_Test_Images.zip", _dataset("gtsrb", "gtsrb", cut_out=True), around=("gtsrb",)
    ),
    "gtsrb training": Reader(
        "gtsrb/GTSRB_Final_Training_Images.zip", _dataset("gtsrb", "gtsrb", split="train"), around=("gtsrb",)
    ),
    "timit sound": Reader(
        "timit/TEST/DR1/MDAB0/SX37.WAV", _dataset("timit", "."), around=("timit",), needs="soundfile"
    ),
    "timit phones": Reader(
        "timit/TEST/DR1/MDAB0/SX37.PHN", _dataset("timit", "."), text=True, around=("timit",), needs="soundfile"
    ),
    "network of another framework": Reader("net.nir", _network, needs="h5py"),
    "samples of spikes": Reader("samples.npz", _samples("samples.npz")),
    "table of events": Reader("events.parquet", _samples("events.parquet")),
    "events of 5 bytes": Reader(
        "digits/Test/0/0.bin", _dataset("event_files", ".", folder="digits", steps=4), around=("digits",)
    ),
    "aedat": Reader(
        "gestures/user.aedat", _dataset("event_files", ".", folder="gestures", steps=4), around=("gestures",)
    ),
    "aedat, labels": Reader(
        "gestures/user_labels.csv",
        _dataset("event_files", ".", folder="gestures", steps=4),
        text=True,
        around=("gestures",),
    ),
    "sound archive": Reader(f"sounds/{NOIZEUS_FILE}", _sounds, needs="soundfile"),
}
READERS = {name: reader for name, reader in _ALL.items() if not reader.needs or find_spec(reader.needs)}
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
