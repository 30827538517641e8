"""Test kit of plugin authors and of the project itself.

``check_layer``, ``check_topology``, ``check_trainer``, ``check_dataset``, ``check_encoder``, ``check_placer`` and
``check_probe`` raise `ConformanceError` with every breach of the plugin's contract, a sentence each. `random_run`
draws the columns of a run, for tests of probes.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
