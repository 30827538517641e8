"""Layer ``readout``: the assignment of features to classes."""

from __future__ import annotations

import numpy as np
from neurosyn_plugins.layers.readout import Readout

from neurosyn.network.layer import MapShape


def test_readout_counts_every_feature_modulo_the_classes():
    classes = Readout().assign(MapShape(1, 2, 7), 3)
    assert classes.dtype == np.int32
    assert classes.tolist() == [0, 1, 2, 0, 1, 2, 0] * 2
