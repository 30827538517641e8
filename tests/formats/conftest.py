"""A small program in IBM's format, and the folder of such files."""

from pathlib import Path

import pytest

from neurosyn.formats.ibm.reader import read_cpe

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def two_cores():
    return read_cpe(DATA / "two_cores.json")


@pytest.fixture(scope="session")
def data():
    return DATA
