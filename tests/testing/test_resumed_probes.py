"""Conformance check of probes that take part in checkpoints."""

import numpy as np
import pytest

from neurosyn.plugins import ProbePlugin
from neurosyn.testing import ConformanceError, check_probe


class Sums(ProbePlugin):
    """Sums up spikes."""

    _spikes: int

    def started(self, info):
        self._spikes = 0

    def tick(self, columns):
        self._spikes += len(columns.spike_core)

    def state(self):
        return {"spikes": np.array(self._spikes)}

    def resumed(self, info, state):
        self._spikes = int(state["spikes"])

    def results(self):
        return {"spikes": self._spikes}


class Forgets(Sums):
    """Begins at 0 again."""

    def resumed(self, info, state):
        self._spikes = 0


class Nested(Sums):
    """Has a state that no file can hold."""

    def state(self):
        return {"spikes": [self._spikes]}


def test_probes_that_are_resumed():
    check_probe(Sums)
    with pytest.raises(ConformanceError, match="gives other results when it is resumed"):
        check_probe(Forgets)
    with pytest.raises(ConformanceError, match="'spikes' is no array of numbers or texts"):
        check_probe(Nested)
