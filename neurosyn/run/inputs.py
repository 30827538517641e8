"""Inputs of the stages: the data set in use, the network that fits it, the test frames and the chip's input spikes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurosyn.chip.options import ChipOptions
from neurosyn.data.dataset import Dataset, Split, SplitName
from neurosyn.data.encoder import MOST_TICKS, Encoder
from neurosyn.data.folder import data_context
from neurosyn.data.source import DataSource, load_source
from neurosyn.engine.options import SimulateOptions
from neurosyn.engine.probes.plugin import ProbePlugin
from neurosyn.errors import PluginError, ScenarioError
from neurosyn.importing.model import SpikingModel
from neurosyn.importing.topology import SpikingTopology
from neurosyn.model.model import Model
from neurosyn.network.layer import Layer, MapShape, Readout
from neurosyn.network.network import Network, build_network
from neurosyn.network.topology import LayerSpec, Topology
from neurosyn.options import Options, PluginOptions
from neurosyn.registry import FILE_MODULE, blame, registry
from neurosyn.scenario.scenario import Scenario
from neurosyn.scenario.tables import TABLES
from neurosyn.support.fingerprint import package_digest, path_digests
from neurosyn.training.hold_out import hold_out
from neurosyn.training.model_source import ModelSource
from neurosyn.training.trainer import TrainingData

__all__ = ["Frames", "RunInputs"]

MOST_STEPS = 100_000
"""Most steps of a sample."""
_TOGETHER = 64
"""Samples that are encoded together."""


class Frames(NamedTuple):
    """Test frames to simulate, and their numbers in the split."""

    split: Split
    numbers: NDArray[np.int64]


class RunInputs:
    """The inputs of a scenario's stages, loaded when they are first used.

    Parameters
    ----------
    scenario
        Options of data, encoder, network and training.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._encoder = scenario.options("encoder", Encoder)  # type: ignore[type-abstract]

    @cached_property
    def model_file(self) -> Path | None:
        """The trained model that the scenario names for the data in use; None if it trains one."""
        return self.model_source.file()

    @cached_property
    def train_table(self) -> str:
        """The scenario's table of training that fits the data in use: ``train`` or ``train.stand_in``."""
        varies = self.source.used_stand_in and self._scenario.has("train.stand_in")
        return "train.stand_in" if varies else "train"

    @property
    def model_source(self) -> ModelSource:
        """The source of the model for the data in use: a file, or training."""
        return self._scenario.options(f"{self.train_table}.extra", ModelSource)

    @cached_property
    def source(self) -> DataSource:
        """The data set in use, for training and test alike: that of the scenario, or its stand-in.

        Raises
        ------
        DataError
            If neither has what the scenario needs.
        """
        scenario = self._scenario
        dataset = scenario.options("data", Dataset)  # type: ignore[type-abstract]
        stand_in = None
        if scenario.has("data.stand_in"):
            stand_in = scenario.options("data.stand_in", Dataset)  # type: ignore[type-abstract]
        with blame("datasets", scenario.kind("data"), "available"):
            splits = self._splits("train")
            of_stand_in = self._splits("train.stand_in") if scenario.has("train.stand_in") else None
            return load_source(dataset, stand_in, data_context(scenario.seed), *splits, stand_in_splits=of_stand_in)

    def _splits(self, table: str) -> tuple[SplitName, ...]:
        """Return the splits that are needed with the training table `table`: one if the network is trained."""
        if self.is_spiking:
            return ("test",)
        trained = self._scenario.options(f"{table}.extra", ModelSource).model != ""
        return ("test",) if trained else ("train", "test")

    def fingerprint(self) -> list[Any]:
        """Return the parts of a stage's key that stand for the images: name and fingerprint of the data set."""
        source = self.source
        return [source.info.name, source.dataset.fingerprint(source.context)]

    def plugin_facts(self, *tables: str) -> list[Any]:
        """Return the parts of a stage's key that stand for what plugins read: files that options name, fingerprints.

        Parameters
        ----------
        *tables
            Tables of plugins, such as ``data``, for which the data set in use counts.
        """
        return [
            fact for table in tables for group, plugin in self._plugins(table) for fact in self._facts(group, plugin)
        ]

    def _plugins(self, table: str) -> Iterator[tuple[str, Options]]:
        """Yield the plugins of a table with their groups: the layers with those of ``network``."""
        scenario = self._scenario
        if table == "data":
            yield "datasets", self.source.dataset
        elif table == "probes":
            yield from (("probes", probe) for probe in scenario.named("probes", ProbePlugin).values())
        else:
            group = TABLES[table.partition(".")[0]].group
            assert group is not None
            yield group, scenario.options(table, Options)
        if table == "network" and not self.is_spiking:
            if scenario.has("network.member"):
                yield "topologies", scenario.options("network.member", Options)
            for number, spec in enumerate(self.layer_specs, 1):
                options = {key: value for key, value in spec.items() if key != "name"}
                yield "layers", registry.build("layers", options, f"network: layer {number}", Layer, Readout)

    def _facts(self, group: str, plugin: Options) -> Iterator[Any]:
        folder = self.source.context.folder
        if isinstance(plugin, Dataset):  # its fingerprint is in the key with its name
            overrides, facts = type(plugin).fingerprint is not Dataset.fingerprint, {}
        elif isinstance(plugin, PluginOptions):
            overrides = type(plugin).fingerprint is not PluginOptions.fingerprint
            with blame(group, type(plugin).__name__, "fingerprint"):
                facts = plugin.fingerprint()
        if facts:
            yield facts
        # The code of shipped plugins, and that of plugin files, is part of the keys by itself.
        package = type(plugin).__module__.partition(".")[0]
        if package not in ("neurosyn", "neurosyn_plugins") and not package.startswith(FILE_MODULE):
            yield package_digest(package)
        yield from path_digests(plugin.to_table(), folder, folders=not overrides)

    @cached_property
    def frames(self) -> Frames:
        """The test frames to simulate: all, or as many as `simulate.frames` says, drawn by seed."""
        wanted = self._scenario.options("simulate", SimulateOptions).frames
        with blame("datasets", self._scenario.kind("data"), "load"):
            split = self.source.load("test")
        index = np.arange(len(split))
        if wanted is not None and wanted < len(split):
            rng = np.random.default_rng(self._scenario.seed_of("frames"))
            index = np.sort(rng.permutation(len(split))[:wanted])
        return Frames(split.take(index), index)

    def training_data(self, progress: Callable[[int, int, str], None]) -> TrainingData:
        """Return the images to train on and those of the validation."""
        choice = self.model_source
        rng = np.random.default_rng(self._scenario.seed_of("split"))
        with blame("datasets", self._scenario.kind("data"), "load"):
            split = self.source.load("train", progress)
        train, validation = hold_out(split, choice.validation, choice.images, rng)
        return TrainingData(
            train, validation, self._encoder, self._scenario.resolved["encoder"], self.source.info.classes
        )

    @cached_property
    def network(self) -> Network:
        """The network that the scenario describes, for this data."""
        scenario, info, shape = self._scenario, self.source.info, self._encoded_shape
        if self.is_spiking:
            raise ScenarioError(
                f"{scenario.place(('network', 'kind'))}: network '{scenario.kind('network')}' is trained and keeps "
                "state, and this needs a network of layers; use `neurosyn simulate`, `compile`, `place` or `import`"
            )
        ticks = self._encoded_ticks
        topology = scenario.options("network", Topology)  # type: ignore[type-abstract]
        with blame("topologies", scenario.kind("network"), "copies"):
            copies = topology.copies
        seed = scenario.seed_of("network")
        network = build_network(self.layer_specs, shape, len(info.classes), seed, copies, ticks_per_frame=ticks)
        if not self._encoder.binary and not network.off_chip:
            raise ScenarioError(
                f"{scenario.path}: encoder '{scenario.kind('encoder')}' gives real values, and no layer before the "
                "chip turns them into spikes; begin with a transduction layer or choose an encoder that gives spikes "
                "(rate, thermometer, threshold)"
            )
        return network

    @property
    def is_spiking(self) -> bool:
        """Whether the scenario's network keeps state from step to step, and is trained (`SpikingTopology`)."""
        return isinstance(self._scenario.options("network", Options), SpikingTopology)

    @cached_property
    def spiking_model(self) -> SpikingModel:
        """The scenario's network with state, mapped to the chip.

        Raises
        ------
        ScenarioError
            If it does not suit the data.
        """
        topology = self._scenario.options("network", SpikingTopology)  # type: ignore[type-abstract]
        chip = self._scenario.options("chip", ChipOptions)
        with blame("topologies", self._scenario.kind("network"), "graph"):
            graph = topology.graph()
        model = SpikingModel.of(topology.path.name, graph, topology, topology.calibration, chip.description)
        mapping, place = model.mapping, self._scenario.place(("network",))
        if self._encoded_shape.size != mapping.network.inputs:
            raise ScenarioError(
                f"{place}: {model.name} takes {mapping.network.inputs:,} elements a step, the encoder gives "
                f"{self._encoded_shape}; use the data that the network was trained on"
            )
        classes = len(self.source.info.classes)
        if classes != mapping.outputs:
            raise ScenarioError(
                f"{place}: {model.name} has {mapping.outputs} outputs, the data {classes} classes; use the data that "
                "the network was trained on, or name all classes with data.classes"
            )
        if not self._encoder.binary:
            raise ScenarioError(
                f"{place}: encoder '{self._scenario.kind('encoder')}' gives real values, and {model.name} takes "
                "spikes; choose an encoder that gives spikes (events, rate, thermometer, threshold)"
            )
        return model

    def samples(self) -> NDArray[np.uint8]:
        """Return the input spikes of a network with state, uint8 (T, samples, elements), in order channel, row, column.

        Raises
        ------
        PluginError
            If the encoder breaks its contract.
        """
        images, ticks, shape = self.frames.split.images, self._encoded_ticks, self._encoded_shape
        spikes = np.empty((ticks, len(images), shape.size), np.uint8)
        name = self._scenario.kind("encoder")
        for start in range(0, len(images), _TOGETHER):
            part = images[start : start + _TOGETHER]
            with blame("encoders", name, "encode"):
                encoded = self._encoder.encode(part)
            if encoded.shape != (len(part) * ticks, *shape):
                raise PluginError(
                    f"plugin encoders/{name}: encode() returned {encoded.shape}, not {(len(part) * ticks, *shape)}; "
                    "correct the plugin"
                )
            frames = encoded.reshape(len(part), ticks, *shape).transpose(1, 0, 4, 2, 3)
            spikes[:, start : start + len(part)] = frames.reshape(ticks, len(part), -1) != 0
        return spikes

    @cached_property
    def _encoded_ticks(self) -> int:
        """T, the ticks in which a frame enters."""
        kind, most = self._scenario.kind("encoder"), MOST_STEPS if self.is_spiking else MOST_TICKS
        with blame("encoders", kind, "ticks_of"):
            ticks = self._encoder.ticks_of(self.source.info.shape)
        if not isinstance(ticks, int) or not 1 <= ticks <= most:
            raise PluginError(
                f"plugin encoders/{kind}: a frame takes {ticks!r} ticks, not a whole number of 1…{most}; correct the "
                "plugin, or cut the samples"
            )
        return ticks

    @cached_property
    def _encoded_shape(self) -> MapShape:
        with blame("encoders", self._scenario.kind("encoder"), "shape"):
            return MapShape(*self._encoder.shape(self.source.info.shape))

    @cached_property
    def layer_specs(self) -> list[LayerSpec]:
        """The layers that the topology lists for this data."""
        kind, topology = self._scenario.kind("network"), self._scenario.options("network", Topology)  # type: ignore[type-abstract]
        with blame("topologies", kind, "layers"):
            specs = topology.layers(self._encoded_shape, len(self.source.info.classes))
        if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
            raise PluginError(f"plugin topologies/{kind}: layers() returned no list of tables; correct the plugin")
        return specs

    def input_spikes(self, model: Model, frames: slice = slice(None)) -> NDArray[np.uint8]:
        """Return the chip's input spikes of all frames or some, uint8 (frames · ticks per frame, inputs)."""
        from neurosyn.model.inference import input_spikes

        return input_spikes(model, self._encoder, self.frames.split.images[frames])

    def check_model(self, model: Model, file: Path) -> None:
        """Refuse a model that was trained for other data, another encoder or another network than the scenario's.

        Raises
        ------
        ScenarioError
            With what differs.
        """
        # The number of copies is not compared: it belongs to the model.
        wanted, described = self.network.describe(), model.network.describe()
        encoder = self._scenario.resolved["encoder"]
        problem = ""
        if described["inputs"] != wanted["inputs"]:
            problem = f"has inputs of shape {described['inputs']}, the scenario {wanted['inputs']}"
        elif described["n_classes"] != wanted["n_classes"]:
            problem = f"has {described['n_classes']} classes, the scenario's data {wanted['n_classes']}"
        elif difference := self._other_classes(model):
            problem = difference
        elif described["layers"] != wanted["layers"]:
            problem = "holds another network than [network] describes"
        elif model.network.ticks_per_frame != self.network.ticks_per_frame or model.encoder != encoder:
            problem = f"was trained with encoder {model.encoder}, the scenario says {encoder}"
        if problem:
            raise ScenarioError(
                f"{self._scenario.path}: train.model: {file.name} {problem}; train one with `neurosyn train` or "
                "correct the scenario"
            )

    def _other_classes(self, model: Model) -> str:
        """Return how the classes that a model was trained for differ from those of the data; "" if they do not.

        Models of earlier versions do not name their classes.
        """
        trained, given = model.provenance.get("classes"), list(self.source.info.classes)
        if not isinstance(trained, list) or trained == given:
            return ""
        if sorted(map(str, trained)) == sorted(given):
            return "was trained for the same classes in another order"
        first = next(
            (f"class {k} is '{old}', in the scenario's data '{new}'"
             for k, (old, new) in enumerate(zip(trained, given, strict=False)) if old != new), "others"
        )  # fmt: skip
        return f"was trained for other classes: {first}"
