"""Compiles CUDA C for the CPU, and launches its kernels on NumPy's memory."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import tempfile
import weakref
from pathlib import Path
from typing import NamedTuple

import numpy as np

HEADER = Path(__file__).with_name("cuda_host.h")
COMPILER = shutil.which("g++")
ORDERS = (0, 1, 2_463_534_242)
"""Warps and lanes ascending, descending, and shuffled from a seed."""

_DTYPES = {
    "bool": np.dtype(np.bool_),
    "u8": np.dtype(np.uint8),
    "u16": np.dtype(np.uint16),
    "u32": np.dtype(np.uint32),
    "u64": np.dtype(np.uint64),
    "int": np.dtype(np.int32),
}
_FAULTS = {1: "a barrier that not all threads reach", 2: "more than 1,024 threads in a block"}


class Parameter(NamedTuple):
    """A parameter of a kernel: its C type, whether it is a pointer, and its name."""

    kind: str
    pointer: bool
    name: str


class LaunchError(RuntimeError):
    """A kernel did what the device would not have survived."""


def kernels_of(code: str) -> dict[str, list[Parameter]]:
    """Find the kernels and their parameters."""
    found = {}
    code = re.sub(r"//.*", "", code)
    for name, listed in re.findall(r"__global__[^;{]*?\b(\w+)\s*\(([^()]*)\)\s*\{", code):
        parameters = [re.sub(r"\bconst\b|__restrict__", "", text).strip() for text in listed.split(",")]
        found[name] = [Parameter(re.match(r"\w+", p)[0], "*" in p, re.search(r"\w+$", p)[0]) for p in parameters]
    return found


def _launcher(name: str, parameters: list[Parameter]) -> str:
    """A C function that launches a kernel: its arguments are kept where all threads find them."""
    kept = "\n".join(f"static {p.kind}{'*' if p.pointer else ''} {name}_{p.name};" for p in parameters)
    listed = ", ".join(f"{p.kind}{'*' if p.pointer else ''} {p.name}" for p in parameters)
    set_ = " ".join(f"{name}_{p.name} = {p.name};" for p in parameters)
    passed = ", ".join(f"{name}_{p.name}" for p in parameters)
    return (
        f"{kept}\nstatic void run_{name}() {{ {name}({passed}); }}\n"
        f'extern "C" int launch_{name}(const unsigned* g, const unsigned* b, {listed})\n'
        f"{{ {set_} return cuda_host::launch({{g[0], g[1], g[2]}}, {{b[0], b[1], b[2]}}, run_{name}); }}\n"
    )


class HostModule:
    """Kernels compiled for the CPU."""

    def __init__(self, code: str, options: tuple[str, ...]) -> None:
        assert COMPILER is not None
        self.kernels = kernels_of(code)
        launchers = "".join(_launcher(name, parameters) for name, parameters in self.kernels.items())
        folder = Path(tempfile.mkdtemp(prefix="neurosyn-cuda-host-"))
        self._finalizer = weakref.finalize(self, shutil.rmtree, folder)
        text, library = folder / "kernels.cpp", folder / "kernels.so"
        text.write_text(f'#include "{HEADER}"\n{code}\n{launchers}', encoding="utf-8")
        # Fortified jumps refuse to go from one stack to another.
        flags = ["-std=c++17", "-O1", "-U_FORTIFY_SOURCE", "-fPIC", "-shared"]
        flags += ["-Wall", "-Wno-unknown-pragmas", "-Wno-unused-function"]
        subprocess.run([COMPILER, *flags, "-Werror", *options, "-o", library, text], check=True, capture_output=True)
        self._library = ctypes.CDLL(str(library))

    def set_order(self, order: int) -> None:
        """Choose the order of warps and lanes, one of `ORDERS`."""
        self._library.cuda_host_set_order(ctypes.c_uint(order))

    def launch(self, name: str, grid: tuple[int, ...], block: tuple[int, ...], arguments: tuple[object, ...]) -> None:
        """Launch a kernel on memory: arrays where it wants pointers, scalars of the exact type elsewhere."""
        passed: list[object] = []
        for parameter, argument in zip(self.kernels[name], arguments, strict=True):
            # The device would read the bits of whatever type it is given.
            if not isinstance(argument, np.ndarray if parameter.pointer else np.generic):
                raise TypeError(f"{name}: {parameter.name} is {type(argument).__name__}")
            if argument.dtype != _DTYPES[parameter.kind]:
                raise TypeError(f"{name}: {parameter.name} is {argument.dtype}, not {parameter.kind}")
            if isinstance(argument, np.ndarray):
                passed.append(ctypes.c_void_p(argument.ctypes.data))
            else:
                passed.append(ctypes.c_int(int(argument)))
        sizes = [(ctypes.c_uint * 3)(*size, *(1,) * (3 - len(size))) for size in (grid, block)]
        if min(grid) < 1 or max((*grid, 0)[1:]) > 65_535:
            raise LaunchError(f"{name}: a grid of {grid} blocks")
        fault = getattr(self._library, f"launch_{name}")(*sizes, *passed)
        if fault:
            raise LaunchError(f"{name}: {_FAULTS[fault]}")
