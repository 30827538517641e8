"""Products over banks, chunk by chunk."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosyn.model.wiring import flat_rows, wire, wire_layers
from neurosyn.network.layer import Connectivity, MapShape


@st.composite
def connectivities(draw):
    """Any connectivity that keeps the contract, with the size of its input map."""
    sites, features, banks = draw(st.integers(1, 8)), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    inputs = draw(st.integers(1, 12))
    fan_in = draw(st.integers(1, inputs))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    index = np.stack([rng.permutation(inputs)[:fan_in] for _ in range(sites)])
    index[rng.random(index.shape) < 0.2] = -1
    _, number = np.unique(rng.integers(0, banks, sites), return_inverse=True)
    connectivity = Connectivity(
        MapShape(1, sites, features),
        index.astype(np.int32),
        rng.permutation(sites * features).reshape(sites, features).astype(np.int32),
        number.astype(np.int32),
        (1, 1, sites),
    )
    connectivity.check(MapShape(1, 1, inputs), "drawn")
    return connectivity, inputs, rng


@settings(max_examples=100, deadline=None)
@given(connectivities())
def test_products_over_banks_are_the_layers_sums(drawn):
    connectivity, inputs, rng = drawn
    images = 3
    values = rng.integers(0, 2, (images, inputs))
    weights = rng.integers(-1, 2, (connectivity.n_banks, connectivity.fan_in, connectivity.features))
    padded = np.concatenate([values, np.zeros((images, 1), int)], axis=1)
    expected = np.empty((images, connectivity.output.size), int)
    expected[:, connectivity.outputs] = np.einsum(
        "nsk,skf->nsf", padded[:, connectivity.inputs], weights[connectivity.banks]
    )

    rows = rng.permutation(flat_rows(inputs))
    source = np.zeros((inputs + 1, images), int)
    source[rows] = values.T
    wiring = wire(connectivity, rows)
    sums = np.empty((wiring.size, images), int)
    for bank in wiring.banks:
        columns = source[bank.index].reshape(len(bank.index), -1)
        sums[bank.rows] = (weights[bank.number].T @ columns).reshape(-1, images)
    np.testing.assert_array_equal(sums[wiring.rows].T, expected)
    np.testing.assert_array_equal(np.sort(wiring.rows), np.arange(wiring.size))


@given(st.integers(1, 5000), st.integers(1, 200))
def test_chunks_cover_the_sites_once(sites, images):
    index = np.zeros((100, sites), np.int32)
    connectivity = Connectivity(
        MapShape(1, sites, 1),
        index.T,
        np.arange(sites, dtype=np.int32)[:, None],
        np.zeros(sites, np.int32),
        (1, 1, sites),
    )
    (bank,) = wire(connectivity, flat_rows(1)).banks
    chunks = list(bank.chunks(images))
    assert [start for start, _ in chunks] == [0, *(stop for _, stop in chunks[:-1])]
    assert chunks[-1][1] == sites
    assert all((stop - start) * 100 * images * 4 <= 1 << 20 or stop - start == 1 for start, stop in chunks)


def test_no_layers_no_wiring():
    assert wire_layers(()) == []
