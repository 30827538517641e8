"""Import of the verification folder, which is not installed, from the repository."""

import sys
from pathlib import Path

# At the end, so that what is installed comes first.
sys.path.append(str(Path(__file__).parents[2]))
