"""Specimens: a small valid file of every format that the campaigns need."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["CHECKPOINT", "checkpoint_arrays", "make_specimens"]

CHECKPOINT = "checkpoint-specimen.safetensors"

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


def make_specimens(folder: Path) -> None:
    """Make a small valid file of every format; a finished run is made by simulating one."""
    import neurosyn as ns

    folder.mkdir(parents=True, exist_ok=True)
    _write_archive(folder / "bars.npz")
    scenario = folder / "fuzz.toml"
    scenario.write_text(_SCENARIO.format(archive=folder / "bars.npz"), encoding="utf-8")
    ns.simulate(scenario, out=folder / "run")
    shutil.copytree(folder / "run", folder / "undisturbed", dirs_exist_ok=True)
    for name in ("program.npz", "placement.npz", "model.safetensors"):
        shutil.copy(folder / "run" / name, folder / name)
    _write_checkpoint(folder)
    (folder / "set.txt").write_text(_SET, encoding="utf-8")
    (folder / "over.txt").write_text(_OVER, encoding="utf-8")
    (folder / "ranc.json").write_text(json.dumps(_ranc()), encoding="utf-8")
    (folder / "cpe.json").write_text(_cpe(), encoding="utf-8")
    (folder / "spikes.sfti").write_text(_SFTI, encoding="utf-8")
    (folder / "spikes.raw").write_bytes(_RAW)
    (folder / "spikes.sfcp").write_bytes(_PINS)
    _write_network(folder / "net.nir")
    np.savez(folder / "samples.npz", spikes=np.eye(8, dtype=np.uint8)[None], labels=np.arange(8) % 2)
    _write_events(folder)
    _write_cifar(folder / "cifar" / "cifar-10-binary.tar.gz")
    _write_mat(folder / "svhn" / "test_32x32.mat")
    _write_gtsrb(folder / "gtsrb")
    _write_timit(folder / "timit")
    _write_sounds(folder / "sounds")
    for label in ("a", "b"):
        for number, kind in enumerate(("png", "jpg")):
            path = folder / "pictures" / label / f"{number}.{kind}"
            path.parent.mkdir(parents=True, exist_ok=True)
            _picture(number).save(path)


def _write_events(folder: Path) -> None:
    """Write events as a table, as 5-byte events in the folders of N-MNIST, and as AEDAT 3.1 with its labels."""
    import pandas as pd

    number = np.arange(16)
    table = {"sample": number // 8, "tick": number % 4, "channel": number % 8, "label": number // 8}
    pd.DataFrame(table).to_parquet(folder / "events.parquet")
    for label in "01":
        path = folder / "digits" / "Test" / label / "0.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(bytes([k, 2 * k, 128 * (k % 2), k, 0]) for k in range(16)))
    gestures = folder / "gestures"
    gestures.mkdir(exist_ok=True)
    words = np.stack([number << 17 | number << 2 | number % 2 << 1 | 1, 100 * number], axis=1).astype("<u4")
    packet = np.array([16, 16, 16], "<i4")
    content = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#!END-HEADER\r\n" + np.array([1, 1], "<i2").tobytes()
    content += np.array([8, 4, 0], "<i4").tobytes() + packet.tobytes() + words.tobytes()
    (gestures / "user.aedat").write_bytes(content)
    (gestures / "user_labels.csv").write_text("class,startTime_usec,endTime_usec\n1,0,800\n11,800,1600\n")
    (gestures / "trials_to_test.txt").write_text("user.aedat\n")


def _write_network(path: Path) -> None:
    """Write a NIR file of one layer, if h5py is installed."""
    try:
        import h5py
    except ImportError:
        return
    nodes: dict[str, dict[str, Any]] = {
        "input": {"type": "Input", "shape": np.array([8])},
        "fc": {"type": "Affine", "weight": np.linspace(-1, 1, 32).reshape(4, 8), "bias": np.zeros(4)},
        "lif": {name: np.full(4, 2.0) for name in ("tau", "r", "v_threshold")} | {"type": "LIF", "v_leak": np.zeros(4)},
        "output": {"type": "Output", "shape": np.array([4])},
    }
    with h5py.File(path, "w") as file:
        file.create_dataset("version", data="1.0.8", dtype=h5py.string_dtype())
        graph = file.create_group("node")
        graph.create_dataset("type", data="NIRGraph", dtype=h5py.string_dtype())
        graph.create_dataset("edges", data=np.array([("input", "fc"), ("fc", "lif"), ("lif", "output")], "S"))
        for name, node in nodes.items():
            for key, value in node.items():
                graph.create_dataset(f"nodes/{name}/{key}", data=value)


def checkpoint_arrays() -> dict[str, Any]:
    """Return arrays of the shapes that the checkpoint holds."""
    return {name: np.ones(shape, np.float32) for name, shape in (("hidden", 400), ("moments", (2, 400)))}


def _write_checkpoint(folder: Path) -> None:
    from neurosyn_plugins.trainers.checkpoint import Checkpoint, Progress

    history = [{"epoch": number, "loss": 0.5, "accuracy": 0.75} for number in (1, 2)]
    Checkpoint(folder, "specimen").save(checkpoint_arrays(), Progress(2, 7, 3.5, 5.25, history))


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


def _write_gtsrb(folder: Path) -> None:
    from neurosyn_plugins.datasets.labels.signs import SIGN_CLASSES

    folder.mkdir(parents=True, exist_ok=True)
    columns = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n"
    photo = io.BytesIO()
    _picture(3).save(photo, "PPM")
    members: dict[str, dict[str, bytes]] = {"Training_Images": {}, "Test_Images": {}, "Test_GT": {}}
    for label in range(len(SIGN_CLASSES)):
        below = f"GTSRB/Final_Training/Images/{label:05}"
        row = f"00000_00001.ppm;12;12;1;1;10;10;{label}\n"
        members["Training_Images"] |= {
            f"{below}/GT-{label:05}.csv": (columns + row).encode(),
            f"{below}/00000_00001.ppm": photo.getvalue(),
        }
    rows = [f"{number:05}.ppm;12;12;1;1;10;10;{number}\n" for number in range(4)]
    members["Test_GT"]["GT-final_test.csv"] = (columns + "".join(rows)).encode()
    members["Test_Images"] = {f"GTSRB/Final_Test/Images/{number:05}.ppm": photo.getvalue() for number in range(4)}
    for part, contents in members.items():
        with zipfile.ZipFile(folder / f"GTSRB_Final_{part}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _tone(seed: int, samples: int) -> Any:
    noise = np.random.default_rng(seed).normal(0, 300, samples)
    return (3000 * np.sin(np.arange(samples) * 0.2) + noise).astype("<i2")


def _write_timit(folder: Path) -> None:
    """Write a sentence of a speaker of the core test set, as TIMIT's CD-ROM has it: NIST SPHERE and phones."""
    header = (
        "NIST_1A\n   1024\nchannel_count -i 1\nsample_count -i 9600\nsample_rate -i 16000\nsample_n_bytes -i 2\n"
        "sample_byte_format -s2 01\nsample_sig_bits -i 16\nend_head\n"
    )
    speaker = folder / "TEST" / "DR1" / "MDAB0"
    speaker.mkdir(parents=True, exist_ok=True)
    (speaker / "SX37.WAV").write_bytes(header.encode().ljust(1024) + _tone(1, 9600).tobytes())
    (speaker / "SX37.PHN").write_text("0 2000 h#\n2000 3200 sh\n3200 4800 ix\n4800 8000 eh\n8000 9600 h#\n")


def _write_sounds(folder: Path) -> None:
    """Write archives of encoded sounds; without the package for sound there are none."""
    try:
        import soundfile
    except ModuleNotFoundError:
        return
    from neurosyn_plugins.datasets.official.vad import NOISE_FILE, NOIZEUS_FILE

    folder.mkdir(parents=True, exist_ok=True)
    noises = ("noise_babble", "noise_car", "noise_station", "noise_train")
    speech = [f"speech_sp{number:02}" for number in range(1, 31)]
    more = ("doing_the_dishes", "running_tap", "exercise_bike")
    for path, names in ((NOIZEUS_FILE, (*noises, *speech)), (NOISE_FILE, more)):
        items = []
        for number, _ in enumerate(names):
            stream = io.BytesIO()
            soundfile.write(stream, _tone(number, 4000), 8000, format="FLAC", subtype="PCM_16")
            items.append(stream.getvalue())
        np.savez(
            folder / path,
            bytes=np.frombuffer(b"".join(items), np.uint8),
            offsets=np.cumsum([0, *map(len, items)]),
            names=np.array(names),
        )


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


_SET = """chip.voltage=0.8
chip.chips=[1, 2]
simulate.tick=12.5
simulate.timing="simpy"
train.epochs = 3
network.layers=[{kind="transduction", features=4}, {kind="readout"}]
trace.level=packet
title=a title
"""
_OVER = """chip.voltage=0.8,1.0
chip.chips=[1, 2],[2, 2]
train.epochs=1,2,3
title="a, b",c
"""
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
