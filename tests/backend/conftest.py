"""CUDA kernels on the CPU."""

import pytest

from tests.backend.cuda_host.host_module import COMPILER
from tests.backend.cuda_host.stand_in import StandIn, install


@pytest.fixture(scope="module")
def stand_in():
    """CuPy's stand-in for the tests of a module; they are skipped where there is no compiler."""
    if COMPILER is None:
        pytest.skip("there is no g++ to compile CUDA kernels for the CPU")
    with pytest.MonkeyPatch.context() as patch:
        module = StandIn()
        install(patch, module)
        yield module
