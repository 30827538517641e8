"""Options of the shipped plugins that have no meaning are refused, each with the name of the option."""

import pytest
from pydantic import ValidationError

from neurosyn.registry import registry


@pytest.mark.parametrize(
    ("group", "name", "table", "message"),
    [
        ("datasets", "archive", {"file": "b.npz", "name": "n", "prefix": "x_"}, r"prefix\n.*must contain \{split\}"),
        ("encoders", "contrast", {"epsilon": 0.0}, "epsilon"),
        ("encoders", "rate", {"ticks": 0}, "ticks"),
        ("encoders", "rate", {"ticks": 256}, "ticks"),
        ("encoders", "rate", {"spacing": "odd"}, "spacing"),
        ("encoders", "thermometer", {"levels": 0}, "levels"),
        ("encoders", "threshold", {"level": 255}, "level"),
        ("encoders", "threshold", {"level": "median"}, "level"),
        ("layers", "conv2d", {}, "features\n.*required"),
        ("layers", "conv2d", {"features": 0}, "features"),
        ("layers", "conv2d", {"features": 8, "stride": 0}, "stride"),
        ("layers", "conv2d", {"features": 8, "pad": 1}, "pad\n.*not permitted"),
        ("topologies", "eedn_one_chip", {"width": 0}, "width"),
        ("topologies", "eedn_one_chip", {"width": 0.3}, "width"),
        ("topologies", "eedn_one_chip", {"width": 1.5}, "width"),
        ("topologies", "eedn_one_chip", {"width": 17}, "width"),
        ("topologies", "eedn_speech", {"width": "quarter"}, "width"),
        ("topologies", "eedn_speech", {"width": 0.5}, "width"),
        ("topologies", "eedn_speech", {"mixing": -1}, "mixing"),
        ("topologies", "layers", {}, "layers\n.*required"),
        ("topologies", "layers", {"layers": []}, "layers"),
        ("topologies", "layers", {"layers": [{"kind": "readout"}]}, "layers"),
        ("topologies", "layers", {"layers": 3}, "layers"),
        ("topologies", "layers", {"written": []}, "written\n.*not permitted"),
        ("trainers", "eedn", {"decay_at": [0.8, 0.6]}, "decay_at"),
        ("trainers", "eedn", {"decay_at": [1.0]}, "decay_at"),
        ("trainers", "eedn", {"dropout": {"x": 1.0}}, "dropout"),
        ("trainers", "eedn", {"epochs": 0}, "epochs"),
        ("trainers", "eedn", {"optimiser": "rmsprop"}, "optimiser"),
        ("trainers", "eedn", {"hysteresis": 0.5}, "hysteresis"),
        ("trainers", "eedn", {"epoch": 3}, "epoch\n.*not permitted"),
        ("trainers", "eedn", {"batch": 10, "parts": 3}, "parts"),
        ("trainers", "eedn", {"kernels": "cupy", "products": "bfloat16"}, "kernels = cupy leave float32"),
    ],
)
def test_options_without_a_meaning_are_refused_by_name(group, name, table, message):
    with pytest.raises(ValidationError, match=message):
        registry.get(group, name).from_table(table)
