"""neurosyn: train networks under TrueNorth's constraints and see what the chip makes of them.

::

    import neurosyn as ns

    run = ns.simulate("scenarios/svhn.toml", profile="smoke")
    run.accuracy, run.trace.packets(), run.plot.chip_map()

``__init__.pyi`` lists the names of this package; each is imported on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
