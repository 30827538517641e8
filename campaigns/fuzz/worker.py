"""A process that tries cases one after the other and prints a line for each; the campaign watches and restarts it."""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

from campaigns.fuzz.mutations import mutate
from campaigns.fuzz.readers import READERS, case_folder
from neurosyn.errors import NeurosynError

__all__ = ["HANG_S", "main"]

HANG_S = 20.0
"""Seconds of the processor that no case may take."""


def case_bytes(specimens: Path, name: str, seed: int, number: int) -> bytes:
    """Return the mutated file of a case."""
    reader = READERS[name]
    return mutate((specimens / reader.file).read_bytes(), random.Random(f"{name}/{seed}/{number}"), text=reader.text)


def attempt(specimens: Path, scratch: Path, name: str, seed: int, number: int) -> dict[str, object]:
    """Try one case and return its outcome: ``read``, ``refused`` or ``foreign``."""
    reader, content = READERS[name], case_bytes(specimens, name, seed, number)
    outcome: dict[str, object] = {"reader": name, "seed": seed, "number": number, "outcome": "read"}
    begun = time.process_time()
    with case_folder(specimens, scratch / f"case-{number}", reader, content) as folder:
        try:
            reader.read(folder)
        except NeurosynError as error:
            outcome["outcome"] = "refused"
            # A model may name a plugin that is not installed; any other fault of a plugin is none of a file's.
            if error.exit_code == 1 or (error.exit_code == 3 and "there is no plugin named" not in str(error)):
                outcome |= {"outcome": "foreign", "error": f"exit code {error.exit_code}: {error}"[:300]}
        except Exception as error:
            outcome |= {"outcome": "foreign", "error": f"{type(error).__name__}: {error}"[:300]}
    seconds = time.process_time() - begun
    if seconds > HANG_S:
        outcome |= {"outcome": "hang", "error": f"{seconds:.0f} s of the processor"}
    return outcome | {"s": round(seconds, 3)}


def main(specimens: str, memory_mib: str) -> None:
    """Read cases as JSON lines from standard input; print an outcome for each, and before it which case begins."""
    warnings.simplefilter("ignore")
    import neurosyn as ns  # noqa: F401

    limit = int(memory_mib) << 20
    with tempfile.TemporaryDirectory() as scratch:
        for line in sys.stdin:
            name, seed, number = json.loads(line)
            print(json.dumps({"begin": [name, seed, number]}), flush=True)
            outcome = attempt(Path(specimens), Path(scratch), name, seed, number)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
            if peak > limit:
                outcome |= {"outcome": "memory", "error": f"{peak >> 20} MiB"}
            print(json.dumps(outcome), flush=True)
            if peak > limit:
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
