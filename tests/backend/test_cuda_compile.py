"""The kernels compile for the GPUs from Volta to Blackwell, without one."""

import pytest

from neurosyn.backend import cuda
from tests.backend.nvrtc import CompileError, Nvrtc, find_library

ARCHITECTURES = (70, 75, 80, 90, 100, 120)


@pytest.fixture(scope="module")
def nvrtc():
    path = find_library()
    if path is None:
        pytest.skip("NVRTC is not installed: pip install 'neurosyn[test-cuda]'")
    return Nvrtc(path)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_kernels_compile(nvrtc, architecture):
    if architecture not in nvrtc.architectures():
        assert architecture not in (80, 90)
        pytest.skip(f"this NVRTC does not compile for sm_{architecture}")
    machine_code = nvrtc.compile(cuda.source(), cuda.options(), architecture)
    for name in cuda.KERNELS:
        assert f".text.{name}".encode() in machine_code
    # Nothing of a thread's variables had to leave its registers.
    assert b".local" not in machine_code


def test_mistakes_are_reported_by_file(nvrtc):
    with pytest.raises(CompileError, match=r"neuron\.cu\(\d+\): error: .*popcll_typo"):
        nvrtc.compile(cuda.source().replace("__popcll", "__popcll_typo"), cuda.options(), 80)
