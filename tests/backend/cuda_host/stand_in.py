"""A stand-in for the part of CuPy that the backend and training use; its device is the CPU.

Arrays on the device are no NumPy arrays and never become any by themselves: whatever would copy without being asked
raises. Copies are counted, and memory beside the arrays is watched.
"""

from __future__ import annotations

import sys
from collections import Counter
from types import ModuleType, SimpleNamespace

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from tests.backend.cuda_host.host_module import HostModule, LaunchError

_GUARD, _GARBAGE = 64, 0xA5


class DeviceArray(NDArrayOperatorsMixin):
    """An array on the device, or a view of one; NumPy's functions take it and give such arrays back, as with CuPy."""

    def __init__(self, here, copies, memory=None):
        self.here, self._copies, self._memory = here, copies, memory
        self.shape, self.dtype, self.flags, self.size = here.shape, here.dtype, here.flags, here.size
        self.ndim, self.itemsize = here.ndim, here.itemsize

    @classmethod
    def new(cls, shape, dtype, copies):
        """Return an array full of garbage."""
        dtype = np.dtype(dtype)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        memory = np.full(size + 2 * _GUARD, _GARBAGE, np.uint8)
        return cls(memory[_GUARD : _GUARD + size].view(dtype).reshape(shape), copies, memory)

    def __array__(self, *_args, **_options):
        raise TypeError("implicit conversion to a NumPy array; use get()")

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method != "__call__" or ufunc.signature is not None:
            return NotImplemented
        return self._call(ufunc, inputs, options)

    def __array_function__(self, function, _types, inputs, options):
        return self._call(function, inputs, options)

    def _call(self, function, inputs, options):
        out = options.pop("out", None)
        if out is not None:
            (out,) = out if isinstance(out, tuple) else (out,)
            options["out"] = self._there(out)
        made = function(*map(self._there, inputs), **options)
        return out if out is not None else DeviceArray(np.asarray(made), self._copies)

    def _there(self, value):
        """Return what there is on the device; only numbers go there without being asked."""
        if isinstance(value, DeviceArray):
            return value.here
        if isinstance(value, tuple):
            return tuple(map(self._there, value))
        if isinstance(value, np.ndarray):
            raise TypeError("a NumPy array among CuPy's; use asarray()")
        return value

    def __getitem__(self, key):
        return DeviceArray(self.here[self._there(key)], self._copies)

    def __setitem__(self, key, value):
        self.here[self._there(key)] = self._there(value)

    def reshape(self, *shape):
        return DeviceArray(self.here.reshape(*shape), self._copies)

    def swapaxes(self, one, other):
        return DeviceArray(self.here.swapaxes(one, other), self._copies)

    def astype(self, dtype, copy=True):
        return self if self.dtype == dtype and not copy else DeviceArray(self.here.astype(dtype), self._copies)

    def sum(self, axis, dtype=None):
        return DeviceArray(self.here.sum(axis=axis, dtype=dtype), self._copies)

    def mean(self, axis, dtype=None):
        return DeviceArray(self.here.mean(axis=axis, dtype=dtype), self._copies)

    def __len__(self):
        return self.shape[0]

    def check_guards(self):
        if self._memory is None:
            return
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
        return DeviceArray.new(shape, dtype, self.copies)

    def zeros(self, shape, dtype):
        array = self.empty(shape, dtype)
        array.here[...] = 0
        return array

    def asarray(self, array):
        copy = self.empty(array.shape, array.dtype)
        copy.set(array)
        return copy

    def matmul(self, one, other, out=None):
        """Write to whole arrays only, as cuBLAS does."""
        if out is None:
            return DeviceArray(np.matmul(one.here, other.here), self.copies)
        if not out.flags.c_contiguous:
            raise ValueError("Output array must be C-contiguous")
        np.matmul(one.here, other.here, out=out.here)
        return out

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
