"""A stand-in for the part of CuPy that the backend uses; its device is the CPU.

Arrays on the device are no NumPy arrays and never become any by themselves: whatever would copy without being asked
raises. Copies are counted, and memory beside the arrays is watched.
"""

from __future__ import annotations

import sys
from collections import Counter
from types import ModuleType, SimpleNamespace

import numpy as np

from tests.backend.cuda_host.host_module import HostModule, LaunchError

_GUARD, _GARBAGE = 64, 0xA5


class DeviceArray:
    """An array on the device."""

    def __init__(self, shape, dtype, copies):
        self._copies = copies
        dtype = np.dtype(dtype)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        self._memory = np.full(size + 2 * _GUARD, _GARBAGE, np.uint8)
        self.here = self._memory[_GUARD : _GUARD + size].view(dtype).reshape(shape)
        self.shape, self.dtype, self.flags = self.here.shape, dtype, self.here.flags

    def __array__(self, *_args, **_options):
        raise TypeError("implicit conversion to a NumPy array; use get()")

    def __len__(self):
        return self.shape[0]

    def check_guards(self):
        size = len(self._memory) - 2 * _GUARD
        if (np.delete(self._memory, slice(_GUARD, _GUARD + size)) != _GARBAGE).any():
            raise LaunchError("a kernel wrote beside an array")

    def get(self, out=None):
        self._copies["to host"] += 1
        if out is None:
            return self.here.copy()
        if out.dtype != self.dtype or out.shape != self.shape or not out.flags.c_contiguous:
            raise ValueError("out does not fit")
        out[...] = self.here
        return out

    def set(self, array):
        if not isinstance(array, np.ndarray) or array.dtype != self.dtype or array.shape != self.shape:
            raise TypeError("set() wants a NumPy array of the same type and shape")
        self._copies["to device"] += 1
        self.here[...] = array


class StandIn(ModuleType):
    """A module to be used in place of ``cupy``."""

    __version__ = "0 (stand-in)"
    ndarray = DeviceArray

    def __init__(self):
        super().__init__("cupy")
        self.copies = Counter()
        self.order = 0
        self.edit = lambda code: code
        """What is done to the kernels before they are compiled."""
        self._modules = {}
        properties = {"name": b"a stand-in for a GPU", "totalGlobalMem": 2**30}
        runtime = SimpleNamespace(getDeviceProperties=lambda _: properties, runtimeGetVersion=lambda: 12_040)
        device = SimpleNamespace(id=0, compute_capability="00")
        self.cuda = SimpleNamespace(runtime=runtime, Device=lambda: device)

    def empty(self, shape, dtype):
        return DeviceArray(shape, dtype, self.copies)

    def zeros(self, shape, dtype):
        array = self.empty(shape, dtype)
        array.here[...] = 0
        return array

    def asarray(self, array):
        copy = self.empty(array.shape, array.dtype)
        copy.set(array)
        return copy

    def RawModule(self, *, code, options):
        code = self.edit(code)
        if code not in self._modules:
            self._modules[code] = HostModule(code, options)
        return SimpleNamespace(get_function=lambda name: self._kernel(self._modules[code], name))

    def _kernel(self, module, name):
        assert name in module.kernels, name

        def launch(grid, block, arguments):
            module.set_order(self.order)
            arrays = [argument for argument in arguments if isinstance(argument, DeviceArray)]
            values = [argument.here if isinstance(argument, DeviceArray) else argument for argument in arguments]
            module.launch(name, grid, block, tuple(values))
            for array in arrays:
                array.check_guards()

        return launch


def install(monkeypatch, stand_in):
    """Let ``import cupy`` give the stand-in."""
    monkeypatch.setitem(sys.modules, "cupy", stand_in)
