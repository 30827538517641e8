from tests.cli.conftest import neurosyn

__all__ = ["neurosyn"]
