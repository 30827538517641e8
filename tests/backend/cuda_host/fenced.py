"""Plays the kernels with a forbidden page after every array; ends with a fault if they read or write there."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys

import numpy as np

from neurosyn.backend.cupy_backend import CupyBackend
from neurosyn.chip.crossbar import pack_bits
from neurosyn.testing.programs import random_program
from tests.backend.checks import row
from tests.backend.cuda_host.stand_in import DeviceArray, StandIn

_MAPS = []


def fenced(shape, dtype):
    """Return an array whose last byte is the last of a page."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape, dtype=np.int64))
    size = count * dtype.itemsize
    pages = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
    memory = mmap.mmap(-1, pages + mmap.PAGESIZE)
    _MAPS.append(memory)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(start + pages), mmap.PAGESIZE, 0) == 0
    return np.frombuffer(memory, dtype, count, pages - size).reshape(shape)


class Fenced(StandIn):
    """The stand-in with fenced arrays."""

    def empty(self, shape, dtype):
        return DeviceArray(fenced(shape, dtype), self.copies)


def play():
    random = np.random.default_rng(0)
    backend = CupyBackend()
    noisy = row(weights=1, stochastic_weights=True, stochastic_leak=True, threshold_mask_bits=18)
    resting = row(weights=(-1, 1, 0, 0), threshold=1, negative_saturation=True)
    for kind in (noisy, row(weights=200, threshold=2**18 - 1), resting):
        for axons, neurons in ((5, 3), (70, 33), (300, 290)):
            program = random_program(random, np.array([kind]), cores=2, axons=axons, neurons=neurons)
            loaded = backend.load(program)
            state = loaded.initial_state()
            for _ in range(2):
                loaded.step(pack_bits(random.random((2, axons)) < 0.5), *state)
            if loaded.stateless:
                cores = np.array([1], np.int32)
                loaded.evaluate_frames(cores, pack_bits(random.random((18, 1, axons)) < 0.5))


def main():
    stand_in = Fenced()
    sys.modules["cupy"] = stand_in
    play()
    # The fence holds: a kernel that goes one neuron too far is stopped.
    child = os.fork()
    if child == 0:
        stand_in.edit = lambda code: code.replace("if (neuron >= neurons)", "if (neuron > neurons)")
        play()
        os._exit(0)
    fault = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print("stopped by the fence, as it should be" if fault < 0 else "the fence does not hold")  # noqa: T201


if __name__ == "__main__":
    main()
