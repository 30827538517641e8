"""The verification folder is no installed package: it is imported from the repository."""

import sys
from pathlib import Path

# At the end, so that what is installed comes first.
sys.path.append(str(Path(__file__).parents[2]))
