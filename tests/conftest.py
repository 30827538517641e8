"""Fixtures of all tests: data folders, small networks and models, a small run, one BLAS thread."""

from __future__ import annotations

import io
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

import numpy as np
from hypothesis import settings
from PIL import Image

from neurosyn.data.dataset import DataContext
from neurosyn.data.encoder import Encoder
from neurosyn.model.model import Model
from neurosyn.network.layer import MapShape
from neurosyn.network.network import Network
from neurosyn.registry import registry
from tests.networks import SHAPE, Binary, Plain, make_random_model, make_small_network
from tests.runs import record_board, simulate_scenario

# How long an example takes says more about the machine's load than about the code.
settings.register_profile("neurosyn", deadline=None)
settings.load_profile("neurosyn")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Run the tests of a single file in this process: no worker has to start, and output and debuggers work."""
    files = {argument.partition("::")[0] for argument in config.args}
    return 0 if len(files) == 1 and files.pop().endswith(".py") else None


@pytest.fixture(autouse=True)
def own_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugin files that a test loads are gone after it."""
    known = registry._discover()
    monkeypatch.setattr(registry, "_plugins", {group: dict(plugins) for group, plugins in known.items()})


@pytest.fixture
def default_signals() -> Iterator[None]:
    """Ctrl-C and hang-ups end what runs, also where pytest itself ignores them (``nohup``, a job in the background).

    Child processes inherit an ignored signal, so they have the default handling too.
    """
    defaults = {"SIGINT": signal.default_int_handler, "SIGTERM": signal.SIG_DFL, "SIGHUP": signal.SIG_DFL}
    before = {
        getattr(signal, name): signal.signal(getattr(signal, name), handler)
        for name, handler in defaults.items()
        if hasattr(signal, name)
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def real_data() -> Path:
    """The folder with real data sets; the test is skipped where there is none."""
    folder = os.environ.get("NEUROSYN_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("NEUROSYN_DATA names no folder with real data")
    return Path(folder)


@pytest.fixture
def empty_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder in place of the user's."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("NEUROSYN_DATA", str(folder))
    monkeypatch.setenv("NEUROSYN_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def context(tmp_path: Path) -> DataContext:
    """A context whose folders, ``data`` and ``cache`` below `tmp_path`, do not exist yet; its seed is 3."""
    return DataContext(tmp_path / "data", tmp_path / "cache", seed=3)


@pytest.fixture(scope="session")
def chip_outputs():
    """Compile a model and play frames of input spikes: chip_outputs(model, bits) has the output spikes of each."""
    from neurosyn.chip.options import ChipOptions
    from neurosyn.compiler.compile import compile_network
    from neurosyn.engine.options import SimulateOptions
    from neurosyn.engine.simulation import simulate_frames
    from neurosyn.placement.place import place_program

    def play(model, bits):
        program, chip = compile_network(model), ChipOptions()
        placer = registry.get("placers", "row_major")()
        placement = place_program(program, chip.board, placer, seed=0)
        return simulate_frames(program, placement, chip, SimulateOptions(timing="none"), bits).spikes

    return play


@pytest.fixture(scope="session")
def shape() -> MapShape:
    """Shape of the images of `small_network`."""
    return SHAPE


@pytest.fixture(scope="session")
def small_network() -> Callable[..., Network]:
    """Make a network of three layers: ``small_network(n_classes)``."""
    return make_small_network


@pytest.fixture(scope="session")
def random_model() -> Callable[..., Model]:
    """Make a model with random parameters: ``random_model(network, seed, hidden=...)``."""
    return make_random_model


@pytest.fixture(scope="session")
def plain_encoder() -> Encoder:
    """Grey levels from −1 to 1."""
    return Plain()


@pytest.fixture(scope="session")
def binary_encoder() -> Encoder:
    """The lowest bit of each value."""
    return Binary()


TINY = """
name = "tiny"
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
  {{ kind = "conv2d", features = 30, kernel = 3, groups = 2 }},
  {{ kind = "readout" }},
]

[train]
epochs = 2
batch = 16
validation = 0.0

[simulate]
timing = "simpy"
frames = 20
timed_frames = 1
"""
"""A network of 16 cores, which trains and is simulated in well under a second."""


@pytest.fixture(scope="session")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of noisy 12×12 images with a bright row band (0), column band (1) or neither (2)."""
    rng = np.random.default_rng(5)
    arrays: dict[str, np.ndarray] = {}
    for split, count in (("train", 240), ("test", 40)):
        images = rng.integers(0, 90, (count, 12, 12), dtype=np.uint8)
        labels = rng.integers(0, 3, count, dtype=np.int32)
        encoded = []
        for image, label in zip(images, labels, strict=True):
            at = rng.integers(2, 9)
            if label == 0:
                image[at : at + 2] += 150
            elif label == 1:
                image[:, at : at + 2] += 150
            stream = io.BytesIO()
            Image.fromarray(np.repeat(image[:, :, None], 3, axis=2)).save(stream, "PNG")
            encoded.append(stream.getvalue())
        arrays[f"{split}_bytes"] = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        arrays[f"{split}_offsets"] = np.cumsum([0, *map(len, encoded)])
        arrays[f"{split}_labels"] = labels
    path = tmp_path_factory.mktemp("bars") / "bars.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="session")
def tiny(bars: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario that goes the whole way in about a second."""
    path = tmp_path_factory.mktemp("tiny") / "tiny.toml"
    path.write_text(TINY.format(archive=bars), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def finished_run(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the finished tiny scenario; for reading only."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    simulate_scenario(tiny, folder)
    return folder


@pytest.fixture
def tiny_run(finished_run: Path, tmp_path: Path) -> Path:
    """A copy of the finished run to do with as one likes."""
    folder = tmp_path / "run"
    shutil.copytree(finished_run, folder)
    return folder


@pytest.fixture(scope="session")
def board_trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of a small program on two chips, with every packet; for reading only."""
    return record_board(tmp_path_factory.mktemp("board") / "trace")
