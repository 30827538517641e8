"""Door for plugin authors: every contract, and what the methods of plugins take and return.

::

    from neurosyn.plugins import Connectivity, Field, Layer, MapShape

These names are stable; the modules that define them may move. ``__init__.pyi`` lists them by submodule, and each is
imported on first use.

Helpers stay in submodules of their own, which are as stable: `files` (reading and writing), `inference` and `wiring`
(trained models), `gpu` (CuPy) and `jit` (Numba).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
