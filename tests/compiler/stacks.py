"""Hypothesis strategies for small networks of any connectivity."""

import numpy as np
from hypothesis import strategies as st

from neurosyn.network.layer import Connectivity, MapShape
from neurosyn.registry import registry

__all__ = ["stacks", "wirings"]

WINDOWS = registry.get("layers", "conv2d")


@st.composite
def wirings(draw, inputs):
    """A convolution, or a layer of which each position sees inputs of its own choice."""
    if draw(st.booleans()):
        groups = draw(st.sampled_from([g for g in (1, 2, 3) if inputs.channels % g == 0]))
        smaller = min(inputs.height, inputs.width)
        kernel = draw(st.integers(1, min(3, smaller)))
        layer = WINDOWS(
            features=groups * draw(st.integers(1, 3)),
            kernel=kernel,
            stride=draw(st.integers(1, 3)),
            padding=draw(st.integers(0, kernel - 1)),
            groups=groups,
        )
        return layer.connect(inputs)
    rows, columns, features = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    sites, fan_in = rows * columns, draw(st.integers(1, min(6, inputs.size)))
    seen = draw(
        st.lists(
            st.lists(st.integers(0, inputs.size - 1), min_size=fan_in, max_size=fan_in, unique=True),
            min_size=sites,
            max_size=sites,
        )
    )
    window = np.array(seen, np.int32)
    window[draw(st.integers(0, sites - 1)), draw(st.integers(0, fan_in - 1))] = -1
    banks = np.arange(sites, dtype=np.int32) if draw(st.booleans()) else np.zeros(sites, np.int32)
    outputs = np.array(draw(st.permutations(range(sites * features))), np.int32).reshape(sites, features)
    return Connectivity(MapShape(rows, columns, features), window, outputs, banks, (1, rows, columns))


@st.composite
def stacks(draw):
    shape = MapShape(draw(st.integers(1, 5)), draw(st.integers(1, 5)), draw(st.integers(1, 3)))
    inputs, layers = shape, []
    for _ in range(draw(st.integers(1, 3))):
        layers.append(draw(wirings(shape)))
        shape = layers[-1].output
    return layers, inputs
