"""The package ``campaigns`` is not installed; its tests import it from the checkout."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))


@pytest.fixture(scope="session")
def specimens(tmp_path_factory):
    """A small valid file of every format."""
    from campaigns.fuzz.specimens import make_specimens

    folder = tmp_path_factory.mktemp("campaign") / "specimens"
    make_specimens(folder)
    return folder
