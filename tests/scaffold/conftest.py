"""The command line inside the test process, as in the tests of the command line."""

from tests.cli.conftest import neurosyn

__all__ = ["neurosyn"]
