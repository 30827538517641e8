"""NVRTC through its C interface: compiles CUDA C for any GPU on a machine that has none."""

from __future__ import annotations

import ctypes
from importlib.util import find_spec
from pathlib import Path

_PLACES = ("nvidia/cuda_nvrtc/lib/libnvrtc.so.*", "nvidia/cu1?/lib/libnvrtc.so.*")
_OLD = "nvrtc: warning: Architectures prior to '<compute/sm>_75' are deprecated and may be removed in a future release"


class CompileError(Exception):
    """The compiler refuses the source, or warns of it."""


def find_library() -> Path | None:
    """The library of the wheel nvidia-cuda-nvrtc-cu12 or nvidia-cuda-nvrtc, or of an installed CUDA."""
    spec = find_spec("nvidia")
    roots = [Path(place).parent for place in (spec.submodule_search_locations or [])] if spec else []
    found = [path for root in roots for pattern in _PLACES for path in root.glob(pattern)]
    found += Path("/usr/local").glob("cuda*/lib64/libnvrtc.so.*")
    return min((path for path in found if "builtins" not in path.name), default=None)


class Nvrtc:
    """The compiler."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))

    def architectures(self) -> list[int]:
        """Compute capabilities that it compiles for, e.g. 90."""
        count = ctypes.c_int()
        self._library.nvrtcGetNumSupportedArchs(ctypes.byref(count))
        found = (ctypes.c_int * count.value)()
        self._library.nvrtcGetSupportedArchs(found)
        return list(found)

    def compile(self, code: str, options: tuple[str, ...], architecture: int) -> bytes:
        """Return the machine code for a GPU (an ELF file)."""
        program = ctypes.c_void_p()
        self._library.nvrtcCreateProgram(ctypes.byref(program), code.encode(), b"all.cu", 0, None, None)
        try:
            given = [option.encode() for option in (f"--gpu-architecture=sm_{architecture}", *options)]
            status = self._library.nvrtcCompileProgram(program, len(given), (ctypes.c_char_p * len(given))(*given))
            said = self._text(program, "ProgramLog").rstrip(b"\0").decode()
            # That a GPU is old is no warning of the source.
            if status or said.replace(_OLD, "").strip():
                raise CompileError(said)
            return self._text(program, "CUBIN")
        finally:
            self._library.nvrtcDestroyProgram(ctypes.byref(program))

    def _text(self, program: ctypes.c_void_p, what: str) -> bytes:
        size = ctypes.c_size_t()
        assert getattr(self._library, f"nvrtcGet{what}Size")(program, ctypes.byref(size)) == 0
        text = ctypes.create_string_buffer(size.value)
        assert getattr(self._library, f"nvrtcGet{what}")(program, text) == 0
        return text.raw
