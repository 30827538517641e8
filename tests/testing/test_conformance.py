"""Conformance checks of broken plugins: each problem has a message with what is wrong and what to do."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
from pydantic import ConfigDict

import neurosyn.testing as kit
from neurosyn.plugins import (
    Connectivity,
    DataError,
    Dataset,
    DatasetInfo,
    Disturbance,
    Encoder,
    Field,
    Layer,
    MapShape,
    Placer,
    ProbePlugin,
    Readout,
    ScenarioError,
    Split,
    Topology,
    Trainer,
)
from neurosyn.registry import registry

CONV = registry.get("layers", "conv2d")
EEDN = registry.get("trainers", "eedn")


def problems(check, plugin, *arguments):
    with pytest.raises(kit.ConformanceError) as caught:
        check(plugin, *arguments)
    text = "\n".join(caught.value.problems)
    assert str(caught.value) == text
    return text


# What all plugins have in common.


def test_shipped_plugins_conform():
    checks = {
        "layers": kit.check_layer,
        "encoders": kit.check_encoder,
        "placers": kit.check_placer,
        "probes": kit.check_probe,
    }
    for found in registry:
        if found.name == "metis" and importlib.util.find_spec("pymetis") is None:
            continue
        if found.origin == "neurosyn" and found.group in checks:
            options = {"moves_per_core": 10} if found.name == "anneal" else None
            checks[found.group](found.load(), options)
    kit.check_topology(registry.get("topologies", "eedn_tiny"))


def test_class_of_another_contract_and_one_without_methods():
    class Idle(Layer):
        """Idle."""

    assert "layers/Idle: class: lacks connect(); add what the contract Layer requires" in problems(
        kit.check_layer, Idle
    )
    assert "placers/Conv2d: class: does not derive from Placer" in problems(kit.check_placer, CONV)


def test_class_without_words_and_with_another_configuration():
    class Mute(CONV):
        model_config = ConfigDict(extra="allow", frozen=False)
        depth: int = 3

    said = problems(kit.check_layer, Mute)
    assert "layers/Mute: class: has no docstring" in said
    assert "layers/Mute: option depth: has no description" in said
    assert "layers/Mute: model_config: sets extra to 'allow'; leave it as it is" in said
    assert "layers/Mute: model_config: sets frozen to False" in said


def test_options_that_are_missing_or_do_not_suit():
    class Named(CONV):
        """Named."""

        colour: str = Field(description="a colour")

    assert "layers/Named: option colour: is required and has no example; give Field(…, examples=[…])" in problems(
        kit.check_layer, Named
    )
    kit.check_layer(Named, {"colour": "red"})

    class Example(CONV):
        """Example."""

        colour: str = Field(description="a colour", examples=["red"])

    kit.check_layer(Example)
    kit.check_layer(Example(features=4, colour="blue"))
    assert "layers/Conv2d: option features: should be greater than or equal to 1, not 0" in problems(
        kit.check_layer, CONV, {"features": 0}
    )


# Layers and read-outs.


def wiring(shape, **changes):
    site = np.arange(shape.size, dtype=np.int32)[None, :4]
    whole = Connectivity(
        output=MapShape(1, 1, 2),
        inputs=site,
        outputs=np.array([[0, 1]], np.int32),
        banks=np.zeros(1, np.int32),
        grid=(1, 1, 1),
    )
    return replace(whole, **changes)


def layer(connect, **attributes):
    return type("Broken", (Layer,), {"__doc__": "Broken.", "connect": connect, "__module__": __name__, **attributes})


def refuses(self, inputs):
    raise ScenarioError("not today")


@pytest.mark.parametrize(
    ("connect", "said"),
    [
        (lambda self, inputs: None, "connect() on a 6×6×4 map: returns NoneType; return a Connectivity"),
        (lambda self, inputs: 1 / 0, "connect() on a 6×6×4 map: ZeroDivisionError: division by zero; correct it"),
        (lambda self, inputs: wiring(inputs, inputs=np.zeros((1, 2), np.int32)), "a site sees one input twice"),
        (lambda self, inputs: wiring(inputs, banks=np.ones(1, np.int32)), "bank numbers are not 0, 1, 2"),
        (lambda self, inputs: wiring(inputs, output=MapShape(1, 1, 3)), "do not name every element"),
        (lambda self, inputs: wiring(inputs, output=(1, 1, 2)), "has an output of type tuple; give a MapShape"),
        (refuses, "connect(): refuses every map of the check (6×6×4: not today"),
        (
            lambda self, inputs: wiring(
                inputs, inputs=np.random.default_rng().permutation(inputs.size)[None, :4].astype(np.int32)
            ),
            "gives another connectivity in a second call",
        ),
    ],
)
def test_layers_whose_connectivity_is_wrong(connect, said):
    assert said in problems(kit.check_layer, layer(connect))


def test_layer_that_fits_no_core_says_what_is_too_large():
    def connect(self, inputs):
        if inputs.size < 192:
            raise ScenarioError("too small")
        return wiring(inputs, inputs=np.arange(inputs.size, dtype=np.int32)[None])

    assert "layers/Broken: on the chip: does not fit a core: " in problems(kit.check_layer, layer(connect))


def test_flags_of_a_layer_are_truth_values():
    said = problems(kit.check_layer, layer(lambda self, inputs: wiring(inputs), permute="no"))
    assert "layers/Broken: permute: is 'no'; it is True or False" in said


@pytest.mark.parametrize(
    ("assign", "said"),
    [
        (lambda self, outputs, n: [0] * outputs.size, "returns list; return int32 (144,)"),
        (lambda self, outputs, n: np.zeros(outputs.size), "returns float64 (144,); return int32 (144,)"),
        (lambda self, outputs, n: np.full(outputs.size, n, np.int32), "gives classes 2…2; give −1…1"),
        (lambda self, outputs, n: np.zeros(outputs.size, np.int32), "leaves a class without an output"),
        (
            lambda self, outputs, n: np.random.default_rng().integers(0, n, outputs.size, np.int32),
            "gives other classes in a second call",
        ),
        (lambda self, outputs, n: {}["x"], "KeyError: 'x'; correct it"),
    ],
)
def test_readouts(assign, said):
    broken = type("Broken", (Readout,), {"__doc__": "Broken.", "assign": assign, "__module__": __name__})
    assert said in problems(kit.check_layer, broken)


# Topologies.


_KEPT = [{"kind": "transduction"}, {"kind": "conv2d", "features": 20}, {"kind": "readout"}]


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (lambda self, inputs, n: tuple(_KEPT), "returns tuple; return a list of tables"),
        (lambda self, inputs, n: [dict(_KEPT[0], x=np.int32(3)), *_KEPT[1:]], "must be plain values"),
        (lambda self, inputs, n: _KEPT, "returns the same tables in two calls; return new ones"),
        (lambda self, inputs, n: [{"kind": "convolution"}, {"kind": "readout"}], "no plugin named 'convolution'"),
        (
            lambda self, inputs, n: [*_KEPT[:1], {"kind": "conv2d", "features": 60, "kernel": 9}, *_KEPT[2:]],
            "a layer does not fit a core",
        ),
        (lambda self, inputs, n: [{"kind": "transduction"}], "refuses all data of the check"),
    ],
)
def test_topologies(layers, said):
    broken = type("Broken", (Topology,), {"__doc__": "Broken.", "layers": layers, "__module__": __name__})
    assert said in problems(kit.check_topology, broken)


# Encoders.


@pytest.mark.parametrize(
    ("encode", "binary", "said"),
    [
        (lambda self, images: images / 255, False, "returns float64 (8, 12, 12, 3); return float32 (8, 12, 12, 3)"),
        (lambda self, images: (images - images.mean()).astype(np.float32), False, "depend on the other images"),
        (lambda self, images: images * np.float32(2), True, "gives values other than 0 and 1"),
        (lambda self, images: np.full(images.shape, np.nan, np.float32), False, "values that are not finite"),
        (lambda self, images: images.sort() or images, False, "ValueError: "),
        (
            lambda self, images: np.random.default_rng().random(images.shape, np.float32),
            False,
            "gives other values in a second call",
        ),
    ],
)
def test_encoders(encode, binary, said):
    broken = type(
        "Broken", (Encoder,), {"__doc__": "Broken.", "encode": encode, "binary": binary, "__module__": __name__}
    )
    assert said in problems(kit.check_encoder, broken)


# Placers.


def in_rows(program, board):
    y, x = np.divmod(np.arange(program.cores, dtype=np.int32), board.mesh.width)
    return np.stack([x, y], axis=1)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (lambda self, p, b, s, r: in_rows(p, b).tolist(), "returned list, not int32 (1, 2)"),
        (lambda self, p, b, s, r: np.zeros((p.cores, 2), np.int32), "two cores share a position"),
        (lambda self, p, b, s, r: in_rows(p, b), "returns; raise ChipLimitError"),
        (lambda self, p, b, s, r: in_rows(p, b)[np.random.default_rng().permutation(p.cores)], "for the same seed"),
        (lambda self, p, b, s, r: r(2, 1, "moves") or in_rows(p, b), "reports more progress than the total"),
        (lambda self, p, b, s, r: p.activity.fill(1) or in_rows(p, b), "ValueError"),
    ],
)
def test_placers(place, said):
    broken = type("Broken", (Placer,), {"__doc__": "Broken.", "place": place, "__module__": __name__})
    assert said in problems(kit.check_placer, broken)


# Probes.


def probe(**methods):
    return type("Broken", (ProbePlugin,), {"__doc__": "Broken.", "__module__": __name__, **methods})


_SEEN = []


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        ({"tick": lambda self, c: c.columns.hops.sum()}, "tick() of a run with ticks without timing: AttributeError"),
        ({"tick": lambda self, c: c.spike_core.fill(0)}, "tick() of a run with timed ticks: ValueError"),
        ({"results": lambda self: {"x": float("inf")}}, "results() of a run with timed ticks: ValueError"),
        ({"results": lambda self: _SEEN.append(1) or {"n": len(_SEEN)}}, "reset all state in started()"),
        ({"tables": lambda self: {"t": {"a": [1], "b": [1, 2]}}}, "the columns of table t are not of one length"),
        ({"disturb": lambda self, p, s: Disturbance(replace(p, about={}), ())}, "does not say how"),
        ({"disturb": lambda self, p, s: Disturbance(p, ("",))}, "has a deviation that is no text"),
        (
            {
                "disturb": lambda self, p, s: Disturbance(
                    replace(p, activity=np.random.default_rng().random(p.activity.shape, np.float32)), ("changed",)
                )
            },
            "gives another program for the same seed",
        ),
    ],
)
def test_probes(methods, said):
    assert said in problems(kit.check_probe, probe(**methods))


# Data sets.


class Dots(Dataset):
    """Dots in one half of the image or the other."""

    def info(self, context):
        return DatasetInfo("dots", False, "none", "made here", ("left", "right"), (4, 4, 1), {"train": 6, "test": 6})

    def available(self, context, split):
        return None

    def load(self, split, context):
        random = np.random.default_rng(len(split))
        return Split(random.integers(0, 256, (6, 4, 4, 1), np.uint8), random.integers(0, 2, 6, np.int32))


def test_data_set_that_conforms():
    kit.check_dataset(Dots)


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        ({"available": lambda s, c, split: "not here"}, "gives a reason why the split is missing, yet it loads"),
        ({"available": lambda s, c, split: ""}, "available('train'): returns ''"),
        ({"info": lambda s, c: {"name": "dots"}}, "info(): returns dict; return a DatasetInfo"),
        ({"info": lambda s, c: replace(Dots().info(c), name=" ")}, "info(): its name is ' '"),
        ({"info": lambda s, c: replace(Dots().info(c), official="no")}, "official is 'no'; give True or False"),
        ({"info": lambda s, c: replace(Dots().info(c), classes=("a", "a"))}, "has 2 classes, 1 different"),
        ({"info": lambda s, c: replace(Dots().info(c), shape=(4, 4, 3))}, "are (4, 4, 1), described as (4, 4, 3)"),
        ({"info": lambda s, c: replace(Dots().info(c), sizes={"test": 7})}, "has 6 images, info() has 7"),
        ({"load": lambda s, split, c: Dots().load("train", c)}, "gives the same images for training and test"),
        ({"load": lambda s, split, c: Split(*(a[:0] for a in vars(Dots().load(split, c)).values() if a is not None))},
         "there are none; give at least one"),
        ({"load": lambda s, split, c: replace(Dots().load(split, c), labels=np.full(6, 2, np.int32))}, "labels are"),
        ({"load": lambda s, split, c: Dots().load("x" * np.random.default_rng().integers(99), c)}, "in a second call"),
        ({"load": lambda s, split, c: None}, "load('train'): returns NoneType; return a Split"),
        ({"fingerprint": lambda s, c: {"time": object()}}, "is no dictionary of plain values"),
    ],
)  # fmt: skip
def test_data_sets(methods, said):
    broken = type("Broken", (Dots,), {"__doc__": "Broken.", "__module__": __name__, **methods})
    assert said in problems(kit.check_dataset, broken)


def test_data_set_whose_files_are_absent():
    def load(self, split, context):
        raise DataError("dots: there is no dots.bin; put it there")

    def fails(self, split, context):
        raise FileNotFoundError("dots.bin")

    absent = {
        "__doc__": "Absent.",
        "__module__": __name__,
        "available": lambda s, c, split: "no dots.bin; put it there",
    }
    kit.check_dataset(type("Absent", (Dots,), {**absent, "load": load}))
    said = problems(kit.check_dataset, type("Absent", (Dots,), {**absent, "load": fails}))
    assert "load('train'): raises FileNotFoundError where files are missing; raise DataError" in said


# Trainers.


def train_quickly(network, data, context):
    return EEDN(epochs=1, batch=32).train(network, data, context)


@pytest.mark.parametrize(
    ("train", "said"),
    [
        (lambda self, n, d, c: None, "train(): returns NoneType; return a Model"),
        (lambda self, n, d, c: d.train.images.fill(0), "train(): ValueError"),
        (lambda self, n, d, c: c.report("epoch 1"), "reports a value that is no dictionary"),
        (lambda self, n, d, c: np.random.rand(3), "draws from NumPy's global random numbers"),  # noqa: NPY002
        (lambda self, n, d, c: replace(train_quickly(n, d, c), encoder={}), "has the encoder {}; pass on"),
        (
            lambda self, n, d, c: replace(train_quickly(n, d, c), provenance={"x": {1}}),
            "provenance must be plain values",
        ),
        (
            lambda self, n, d, c: train_quickly(n, d, replace(c, seed=int(np.random.default_rng().integers(2**40)))),
            "gives another model for the same seed",
        ),
    ],
)
def test_trainers(train, said):
    broken = type("Broken", (Trainer,), {"__doc__": "Broken.", "train": train, "__module__": __name__})
    assert said in problems(kit.check_trainer, broken)


def test_trainer_that_conforms():
    kit.check_trainer(EEDN, {"epochs": 1, "batch": 32})


# Files that no key stands for.


class Filed(Dots):
    """Dots that read a file."""

    file: str = Field("none", description="the file")

    def load(self, split, context):
        (context.folder / "dots.txt").read_text(encoding="utf-8")
        return super().load(split, context)


def test_file_that_nothing_notices_is_a_problem(context):
    context.folder.mkdir()
    (context.folder / "dots.txt").write_text("dots", encoding="utf-8")
    assert f"fingerprint(): {context.folder / 'dots.txt'} is read" in problems(kit.check_dataset, Filed, None, context)


@pytest.mark.parametrize(
    ("options", "methods"),
    [
        ({"file": "dots.txt"}, {}),
        ({"file": "."}, {}),
        ({}, {"fingerprint": lambda s, c: {"size": (c.folder / "dots.txt").stat().st_size}}),
        ({}, {"fingerprint": lambda s, c: {"text": (c.folder / "dots.txt").read_text(encoding="utf-8")}}),
        ({}, {"fingerprint": lambda s, c: {"names": sorted(path.name for path in c.folder.iterdir())}}),
    ],
)
def test_file_that_the_key_holds_is_none(options, methods, context):
    context.folder.mkdir()
    (context.folder / "dots.txt").write_text("dots", encoding="utf-8")
    noticed = type("Noticed", (Filed,), {"__doc__": "Noticed.", "__module__": __name__, **methods})
    kit.check_dataset(noticed, options, context)


def test_fingerprint_that_passes_over_a_file_is_a_problem(context):
    context.folder.mkdir()
    for name in ("dots.txt", "other.txt"):
        (context.folder / name).write_text("dots", encoding="utf-8")
    methods = {"fingerprint": lambda s, c: {"size": (c.folder / "other.txt").stat().st_size}}
    careless = type("Careless", (Filed,), {"__doc__": "Careless.", "__module__": __name__, **methods})
    assert "dots.txt is read" in problems(kit.check_dataset, careless, {"file": "."}, context)


def test_file_of_a_trainer(tmp_path):
    file = tmp_path / "weights.txt"
    file.write_text("1", encoding="utf-8")

    class Careless(EEDN):
        """A trainer that reads and writes files."""

        def train(self, network, data, context):
            file.read_text(encoding="utf-8")
            (context.folder / "note.txt").write_text("note", encoding="utf-8")
            (context.folder / "note.txt").read_text(encoding="utf-8")
            return super().train(network, data, context)

    found = problems(kit.check_trainer, Careless, {"epochs": 1, "batch": 8})
    assert found.count("is read") == 1
    assert str(file) in found
